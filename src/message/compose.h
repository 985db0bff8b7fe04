/* SPDX-License-Identifier: ISC */
/*
 * From what was piped in to what is submitted, as far as no server is
 * concerned: who gets it, what is taken out of the header, joined, completed
 * and added (interface section 5).
 */
#ifndef MESSAGE_COMPOSE_H
#define MESSAGE_COMPOSE_H

#include "config/caller.h"
#include "config/config.h"
#include "message/envelope.h"
#include "message/message.h"

/*
 * Adds the recipients that the header names: of every To, Cc, Bcc, or of the newest Resent- block.  EX_DATAERR for
 * a malformed one, naming field and text.  Bare names are added bare.
 */
bool compose_recipients(const struct header *h, struct envelope *e, struct error *err);

/* The completed first address of From (Resent-From), for the choice of an account; NULL if there is none.  To be freed. */
char *compose_author(const struct header *h, struct config *c);

struct compose_params {
	struct config *config;
	struct caller *caller;
	const char *full_name; /* -F, NULL: none */
};

/*
 * What no account has a say in: Bcc, Return-Path and their kind out, fields that may stand once joined, bare names
 * completed, Date and Message-ID (right side: sender's domain) added.  Done once; the same at every try.
 */
void compose_message(struct message *m, const char *sender, const struct compose_params *p);

/*
 * What the account says: out becomes a copy of the header with From made or replaced, *sender the envelope sender
 * (e->sender NULL: the account's `from`; replaced as from_override says).  To be freed.
 */
void compose_for_account(const struct header *in, const struct envelope *e, const struct account *a,
	const struct compose_params *p, struct header *out, char **sender);

/* More than 100 Received fields: a loop (EX_DATAERR, 5.4.6). */
bool compose_check_loop(const struct header *h, struct error *err);

#endif
