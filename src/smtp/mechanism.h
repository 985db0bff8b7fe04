/* SPDX-License-Identifier: ISC */
/*
 * SASL mechanisms as we rank them (never as the library or the server
 * does), and the choice of those that fit an account and a server.
 */
#ifndef SMTP_MECHANISM_H
#define SMTP_MECHANISM_H

#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

enum { MECHANISMS_MAX = 32 };

/* A row of our table: the mechanism's name and what it needs. */
struct mechanism {
	const char *name;
	bool is_automatic; /* considered with auth = auto, in the table's order */
	bool needs_user, needs_secret;
	bool has_initial_response; /* the client speaks first */
	bool binds_channel;        /* needs a channel binding of TLS */
	bool answers_failure; /* a challenge after its last message tells of one, and is answered */
};

extern const struct mechanism mechanisms[]; /* ends with a NULL name */

/* Does the account ask for a login at all? */
bool mechanism_is_wanted(const struct account *a);

/*
 * Puts those to try into list, in order, and their number into *count: what the account names, or
 * the automatic ones, as far as the server offers them and a channel binding can be had.  EX_CONFIG
 * for a name that nobody knows, EX_NOPERM when none is left.
 */
bool mechanism_choose(const struct account *a, const struct strlist *offered, bool can_bind,
	const struct mechanism *list[MECHANISMS_MAX], size_t *count, struct error *err);

#endif
