/* SPDX-License-Identifier: ISC */
/*
 * Accounts whose login was refused: noted in state_dir, so that messages wait
 * instead of locking the account at the server with one login after another.  A changed
 * configuration or secret forgets the refusal.
 */
#ifndef QUEUE_TROUBLE_H
#define QUEUE_TROUBLE_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"

#include <stdbool.h>

/* Is it the server's refusal of a login, the only trouble that is noted? */
bool trouble_is_refused_login(const struct error *err);

/*
 * Must this account wait?  Then *err is the refusal as it was noted.  Costs one open(2) where
 * there is no trouble.
 */
bool trouble_waits(
	const struct account *a, struct config *c, struct caller *caller, struct error *err);

/* Notes one more refusal; a state_dir that cannot be written changes nothing. */
void trouble_note(const struct account *a, struct config *c, struct caller *caller,
	const struct error *refusal);

/* A login was taken. */
void trouble_forget(const struct account *a, const struct config *c);

#endif
