/* SPDX-License-Identifier: ISC */
/*
 * From what was piped in to what is submitted, as far as no server is
 * concerned: who gets it, what is taken out of the header, joined, completed
 * and added (sendmail(8), MESSAGE).
 */
#ifndef MESSAGE_COMPOSE_H
#define MESSAGE_COMPOSE_H

#include "config/caller.h"
#include "config/config.h"
#include "message/envelope.h"
#include "message/message.h"

/*
 * Adds the recipients that the header names: of every To, Cc, Bcc, or of the newest Resent-
 * block (message/resent.h) where that has some.  EX_DATAERR for a malformed one and for "<>",
 * naming field and text.  Bare names are added bare.
 */
bool compose_recipients(const struct header *h, struct envelope *e, struct error *err);

/*
 * The completed first address of From (Resent-From), for the choice of an account; NULL if there
 * is none.  To be freed.
 */
char *compose_author(const struct header *h, struct config *c);

struct compose_params {
	struct config *config;
	struct caller *caller;
	const char *full_name; /* -F, NULL: none */
};

/*
 * The envelope sender as the account wants it, complete or "": e->sender (which may be bare; NULL:
 * the account's `from`), replaced as from_override says.  To be freed.
 */
char *compose_sender(
	const struct envelope *e, const struct account *a, const struct compose_params *p);

/*
 * What no account has a say in: Bcc, Return-Path and their kind out, fields that may stand once
 * joined, bare names completed (but those of From and Resent-From, which the account may
 * replace), Date and Message-ID (right side: the domain of sender) added.  Done once, so that it
 * is the same at every try; what it changes is logged.
 */
void compose_message(struct message *m, const char *sender, const struct compose_params *p);

/*
 * What the account says.  out, which must be empty, becomes a copy of the header with From made,
 * replaced as from_override says, or completed.  *sender is compose_sender's.
 */
void compose_for_account(const struct header *in, const struct envelope *e, const struct account *a,
	const struct compose_params *p, struct header *out, char **sender);

/* More than 100 Received fields: a loop (EX_DATAERR, 5.4.6). */
bool compose_check_loop(const struct header *h, struct error *err);

/*
 * Inserts "@domain" behind each bare name in the fields of this name; one that does not parse is
 * left as it is.
 */
void compose_complete_fields(struct header *h, const char *name, const char *domain);

/* An envelope address with config_domain where it is bare; "" stays.  To be freed. */
char *compose_complete(const char *address, struct config *c);

#endif
