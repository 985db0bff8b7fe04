/* SPDX-License-Identifier: ISC */
/*
 * A message as one server gets it: the header encoded and folded, the body
 * re-encoded where it must be and nowhere else, and its exact size.
 */
#ifndef MESSAGE_CONTENT_H
#define MESSAGE_CONTENT_H

#include "base/error.h"
#include "message/envelope.h"
#include "message/message.h"

#include <stdbool.h>
#include <stdint.h>

/* What a server offers that decides the form of a message; smtp/capabilities.h has more bits. */
enum {
	OFFER_8BITMIME = 1 << 0,
	OFFER_SMTPUTF8 = 1 << 1,
	OFFER_CHUNKING = 1 << 2,
};

struct content {
	struct buf header;	/* CR LF line ends, the empty line included */
	const struct spool *body; /* the message's own, or recoded */
	struct spool recoded;
	uint64_t size;	/* of header and body: the number for SIZE and BDAT */
	bool is_8bit;	/* BODY=8BITMIME is needed (and offered): 8-bit octets in body or header */
	bool needs_utf8; /* SMTPUTF8 is used: the header is sent as raw UTF-8 */
};

#define CONTENT_INIT { .recoded = SPOOL_INIT }

/*
 * Renders message with the given header (NULL: its own) for a server with these offers.  e tells
 * whether an address needs SMTPUTF8: it is used then and only then.  EX_DATAERR for what cannot
 * be made fit (5.6.0); the message must stay alive and unchanged as long as the content is used.
 */
bool content_render(struct content *c, const struct message *m, const struct header *header,
	const struct envelope *e, unsigned offers, struct error *err);

void content_release(struct content *c);

#endif
