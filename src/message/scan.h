/* SPDX-License-Identifier: ISC */
/*
 * The parts of a message and what each holds, found in one pass over the body
 * (RFC 2046 section 5.1).  Memory depends on the number of parts, which is
 * limited, never on the size of the body.
 */
#ifndef MESSAGE_SCAN_H
#define MESSAGE_SCAN_H

#include "base/error.h"
#include "message/message.h"
#include "message/mime.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SCAN_PARTS = 10000,
	SCAN_DEPTH = 100, /* multiparts inside each other */
};

/*
 * A leaf, a multipart or a message; offsets are into the body.  Sealed parts and multiparts
 * without any part are leaves, whatever they hold.
 */
struct part {
	enum media_kind kind;
	enum transfer_encoding encoding;
	bool is_leaf;
	bool is_message; /* the outermost, or root of an embedded one: where MIME-Version belongs */
	bool has_type;	 /* a Content-Type field is there */
	uint64_t start;	 /* of its header; that of part 0 is not in the body: start, body are 0 */
	uint64_t body, end; /* of its content, the CR LF before a delimiter not in it */
	size_t next;	    /* number of the first part that is not inside this one */
	struct body_facts header; /* of the lines of its header */
	struct body_facts facts;  /* of a leaf's content; else of the lines between its parts */
};

/* In the order in which they begin; part 0 is the whole. */
struct scan {
	struct part *parts;
	size_t count, alloc;
	bool is_complete; /* false: a limit was passed, the parts are those up to there */
};

#define SCAN_INIT { 0 }

/*
 * Finds the parts of a body that belongs to header h.  Reads nothing where h says that there is
 * only one.  The facts of the whole say what to look for.  False only when the spool cannot be
 * read.
 */
bool scan_body(struct scan *s, const struct header *h, const struct spool *body,
	const struct body_facts *whole, struct error *err);

/*
 * Adds the fields of a part's header, the octets from start to body (or a stretch of whole lines
 * of them).
 */
void scan_header(struct header *h, const char *text, size_t len);

void scan_release(struct scan *s);

#endif
