/* SPDX-License-Identifier: ISC */
/*
 * A header block as a list of fields, each kept as it was written; found by
 * name, changed, added and taken out without touching the others.
 */
#ifndef MESSAGE_HEADER_H
#define MESSAGE_HEADER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	HEADER_MAX_BYTES = 1024 * 1024,
	HEADER_NAME_MAX = 998, /* octets of a name with the blanks behind it: a line of RFC 5322 */
};

/*
 * text is "Name: value", folded lines joined by '\n' (a CR before it gone), no line end at the
 * end.
 */
struct field {
	struct buf text;
	size_t name_len; /* without blanks before the colon */
	size_t value;	 /* offset in text of the first byte behind the colon */
};

struct header {
	struct field *fields;
	size_t count, alloc;
};

#define HEADER_INIT { 0 }

/*
 * Is this line (no line end) the start of a field: a name of RFC 5322 section 2.2, blanks, a
 * colon?  *name_len (not NULL) is the name's length.  The colon must come within HEADER_NAME_MAX
 * octets.
 */
bool header_line_is_field(const char *line, size_t len, size_t *name_len);

/*
 * Adds a field from its first line, which is one (header_line_is_field); or continues the last
 * one with a folded line.  NUL and bare CR, which must not reach the wire, become blanks.
 */
void header_add_line(struct header *h, const char *line, size_t len);
void header_continue(struct header *h, const char *line, size_t len);

/*
 * Adds "name: value" at the end, or before field number at.  Line ends in value must be folds
 * ("\n ").
 */
void header_add(struct header *h, const char *name, const char *value);
void header_insert(struct header *h, size_t at, const char *name, const char *value);

/* Is the field called so (without case)? */
bool field_is(const struct field *f, const char *name);

/* What stands behind the colon, raw, with folds. */
const char *field_value(const struct field *f);
size_t field_value_len(const struct field *f);

void field_set_value(struct field *f, const char *value, size_t len); /* a blank is put before it */

/* The first field of that name from number `from` on; count if there is none. */
size_t header_find(const struct header *h, const char *name, size_t from);
bool header_has(const struct header *h, const char *name);

/* A copy of the first Message-ID, blanks and folds before it left out; NULL: there is none. */
char *header_message_id(const struct header *h);

/* Removes the fields of that name but number `which`; all of them where that is count. */
void header_keep(struct header *h, const char *name, size_t which);

/* An independent copy; to must be empty. */
void header_copy(struct header *to, const struct header *from);

/* Adds all fields with CR LF line ends, without the empty line. */
void header_write(const struct header *h, struct buf *out);

void header_release(struct header *h);

#endif
