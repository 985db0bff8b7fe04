/* SPDX-License-Identifier: ISC */
/*
 * One reply of an SMTP server (RFC 5321 section 4.2, RFC 2034): read whole,
 * judged by its code, turned into an error when it is not what was wanted.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/buf.h"
#include "base/error.h"
#include "net/stream.h"

enum {
	/* Bytes kept of a line, the longest challenge (RFC 4954 section 4); the rest is dropped. */
	REPLY_LINE_KEEP = 12288,
	REPLY_LINES_MAX = 1000, /* more lines, or REPLY_BYTES_MAX in all, are EX_PROTOCOL */
	REPLY_BYTES_MAX = 256 * 1024,
};

struct reply {
	int code; /* 200 to 599 */
	/* Enhanced status code of the last line with one that fits the code's class; else "". */
	char status[12];
	/* What the lines said, joined by '\n', without codes: the server's bytes, a NUL as '?'. */
	struct buf text;
};

#define REPLY_INIT { 0 }

/*
 * Reads one reply; the struct is used again for the next.  EX_TEMPFAIL for a lost connection,
 * EX_PROTOCOL for what is no reply.
 */
bool reply_read(struct reply *r, struct stream *s, int64_t deadline_ms, struct error *err);

/* 2 for 2yz to 5 for 5yz. */
int reply_class(const struct reply *r);

/* Is this the enhanced status code, whatever its class ("7.8" for 4.7.8 and 5.7.8)? */
bool reply_has_status(const struct reply *r, const char *subject_and_detail);

/*
 * The text on one line, printable; an enhanced status code that is repeated on each line stands
 * once.
 */
void reply_add_line(const struct reply *r, struct buf *line);

/* The same, the server's octets as they are. */
void reply_add_raw(const struct reply *r, struct buf *line);

/*
 * Says as an error what a 4yz, 5yz or misplaced reply to `command` means: 421 and 4yz EX_TEMPFAIL,
 * 5yz refused_code, anything else EX_PROTOCOL.  The text holds the server's own words and the code.
 * Always returns false.
 */
bool reply_error(const struct reply *r, const char *command, int refused_code, struct error *err);

void reply_release(struct reply *r);

#endif
