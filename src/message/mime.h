/* SPDX-License-Identifier: ISC */
/*
 * What the fields Content-Type and Content-Transfer-Encoding say (RFC 2045,
 * 2046, 2231), read as tolerantly as mail programs do.
 */
#ifndef MESSAGE_MIME_H
#define MESSAGE_MIME_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum transfer_encoding {
	ENCODING_NONE, /* no field */
	ENCODING_7BIT,
	ENCODING_8BIT,
	ENCODING_BINARY,
	ENCODING_QP,
	ENCODING_BASE64,
	ENCODING_UUENCODE, /* and its other names: no encoding can be put over it */
	ENCODING_UNKNOWN,  /* "8-bit", "utf-8" …: read as no encoding, as everybody does */
};

/* How a part is treated; the table is in mime.c. */
enum media_kind {
	MEDIA_TEXT,
	MEDIA_OTHER,
	MEDIA_MULTIPART,
	MEDIA_MESSAGE, /* message/rfc822 and message/global: header and body of their own */
	/* Signed, encrypted, or a message/… that may have no encoding (RFC 2045 section 6.4). */
	MEDIA_SEALED,
};

struct media_type {
	enum media_kind kind;
	bool is_digest;	     /* parts without a type are messages (RFC 2046 section 5.1.5) */
	struct buf boundary; /* "" where there is none that can be used */
};

#define MEDIA_TYPE_INIT { 0 }

/*
 * Reads a Content-Type; what is not one is text/plain (RFC 2045 section 5.2).  What *t held
 * before is released.
 */
void media_type_parse(struct media_type *t, const char *value, size_t len);
void media_type_release(struct media_type *t);

enum transfer_encoding mime_encoding(const char *value, size_t len);

/*
 * A parameter's place in a field's value: "name=value" from start to end, the value from
 * value_at on, quotes included.
 */
struct mime_param {
	size_t start, name_len, value_at, end;
};

/*
 * The next parameter from *at on, which is moved behind it; a value without quotes may hold
 * blanks.
 */
bool mime_param_next(const char *value, size_t len, size_t *at, struct mime_param *p);

/* Adds the parameter's value without quotes, backslashes and folds. */
void mime_param_text(const char *value, const struct mime_param *p, struct buf *out);

#endif
