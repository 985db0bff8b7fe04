/* SPDX-License-Identifier: ISC */
/*
 * What one pass over a body finds out, apart from its lines: octets that
 * decide how it must be encoded.  Fast, for every body goes through it.
 */
#ifndef MESSAGE_FACTS_H
#define MESSAGE_FACTS_H

#include "message/message.h"

/*
 * Adds a block to has_8bit, has_nul and is_utf8; a character cut by its end is kept in held (4
 * bytes).
 */
void facts_add(struct body_facts *f, char *held, unsigned *held_len, const char *data, size_t len);

/* The end: a character still cut is none. */
void facts_end(struct body_facts *f, unsigned held_len);

#endif
