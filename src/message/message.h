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
	/* Without -i: a line of one dot ends the message, ".." at a line's start loses one dot. */
	bool dot_ends;
	bool drain;    /* read the input to its end whatever happens (not for a terminal) */
	/* Octets of header and body as they are kept; 0: no limit; more is EX_UNAVAILABLE 5.3.4. */
	uint64_t size_max;
	const struct strlist *spool_directories;
};

/*
 * Reads a message: header and body as sendmail(8), MESSAGE, has them.  A line of the header
 * that is no field starts the body; one of nothing but CRs ends the header like an empty one.
 * EX_NOINPUT when the input cannot be read, EX_DATAERR for a header over its limit.  Before an
 * error is returned the input is read to its end (drain). Input behind the dot that ends a
 * message is dropped, with a log line.
 */
bool message_read(struct message *m, const struct message_source *source, struct error *err);

/*
 * Octets of header, empty line and body, as they would go to a server that needs nothing changed;
 * 0 of a message that was not read.
 */
uint64_t message_size(const struct message *m);

/*
 * The same for text that comes in blocks (-bs, queue files, tests): reader_begin with an empty
 * message, reader_add for each block, reader_end, which seals the body.  After false only
 * message_reader_release (and message_release) may follow; after reader_end too it is needed.
 * How the text is cut into blocks makes no difference.
 */
struct message_reader {
	struct message *message;
	const struct message_source *source;
	enum { READ_START, READ_FROM_LINE, READ_HEADER, READ_BODY, READ_DONE } state;
	struct buf line;      /* an unfinished line of the header */
	struct buf from_line; /* a first line "From ..." until the next shows what it was */
	struct buf out;	      /* body of the block in work, line ends done */
	uint64_t header_size; /* octets of the header so far, CR LF counted */
	uint64_t line_len;    /* octets of the unfinished line, without a CR held back */
	bool pending_cr;      /* the last octet was a CR, perhaps of CR LF */
	enum { DOT_NONE, DOT_ONE, DOT_CR } dot; /* what is held back at the start of a line */
	char utf8[4];	      /* a character that a block's end cut in two */
	unsigned utf8_len;
	bool dropped; /* something behind the end was dropped, and logged */
};

void message_reader_begin(
	struct message_reader *r, struct message *m, const struct message_source *source);
bool message_reader_add(struct message_reader *r, const char *data, size_t len, struct error *err);
bool message_reader_end(struct message_reader *r, struct error *err);
void message_reader_release(struct message_reader *r);

void message_release(struct message *m);

#endif
