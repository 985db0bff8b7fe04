/* SPDX-License-Identifier: ISC */
/*
 * A message as it came in: the header as fields, the body in a spool with its
 * line ends made CR LF, and what one pass over it found out.
 */
#ifndef MESSAGE_MESSAGE_H
#define MESSAGE_MESSAGE_H

#include "base/error.h"
#include "message/header.h"
#include "message/spool.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known of a body after it was read once. */
struct body_facts {
	uint64_t longest; /* octets of its longest line, CR LF not counted */
	bool has_8bit;
	bool has_nul;
	bool has_bare_cr;
	bool is_utf8; /* valid as a whole, or ASCII */
};

struct message {
	struct header header;
	struct spool body; /* every line ends in CR LF; a last one without is completed */
	struct body_facts facts;
};

#define MESSAGE_INIT { .body = SPOOL_INIT }

struct message_source {
	int fd;
	bool dot_ends; /* without -i: a line of one dot ends the message, ".." at a line's start loses one dot */
	bool drain;    /* read the input to its end whatever happens (not for a terminal) */
	uint64_t size_max; /* 0: no limit; more is EX_UNAVAILABLE 5.3.4 */
	const struct strlist *spool_directories;
};

/*
 * Reads a message: header and body as interface section 5 separates them.  EX_NOINPUT when the input cannot be
 * read, EX_DATAERR for a header over its limit.  Before an error is returned the input is read to its end (drain).
 */
bool message_read(struct message *m, const struct message_source *source, struct error *err);

/*
 * The same for text that comes in blocks (-bs, queue files, tests): reader_begin, reader_add for each block, reader_end.
 */
struct message_reader {
	struct message *message;
	const struct message_source *source;
	struct buf line; /* an unfinished header line */
	uint64_t line_len;
	enum { READ_START, READ_HEADER, READ_BODY, READ_DONE } state;
	unsigned char utf8_state[4];
	unsigned utf8_len;
	bool pending_cr;
	unsigned leading; /* dots held back at the start of a line */
};

void message_reader_begin(struct message_reader *r, struct message *m, const struct message_source *source);
bool message_reader_add(struct message_reader *r, const char *data, size_t len, struct error *err);
bool message_reader_end(struct message_reader *r, struct error *err);

void message_release(struct message *m);

#endif
