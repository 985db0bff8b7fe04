/* SPDX-License-Identifier: ISC */
/*
 * One address out of tokens: local part, domain, route (RFC 5322 sections
 * 3.4.1 and 4.4).  The inner half of message/address.h's list parser.
 */
#ifndef MESSAGE_ADDRESS_SPEC_H
#define MESSAGE_ADDRESS_SPEC_H

#include "base/buf.h"
#include "message/address.h"
#include "message/address_tokens.h"

/* What is in hand while a list is parsed. */
struct address_parser {
	struct mailboxes *out;
	const char *text;
	const struct token *tokens;
	const char *reason; /* why the last attempt failed */
};

/* Sets the reason.  Always returns false. */
bool address_malformed(struct address_parser *p, const char *reason);

/*
 * local or local@domain, all of the tokens from .. to - 1: local, domain, start and end of m are
 * set, the strings to be freed.  False: it is none, p->reason says why, m is untouched.
 */
bool address_spec(struct address_parser *p, size_t from, size_t to, struct mailbox *m);

/* The token behind a route "@a,@b:" that begins at token from; from itself if there is none. */
size_t address_route(struct address_parser *p, size_t from, size_t to);

/* Adds what a quoted string (with its quotes) stands for; a fold is the blank behind it. */
void address_unquote(struct buf *b, const char *s, size_t len);

#endif
