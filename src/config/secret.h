/* SPDX-License-Identifier: ISC */
/*
 * The password or access token of an account: from its key, its command or
 * its file; in memory only as long as it is needed.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "base/buf.h"
#include "config/config.h"

struct secret {
	struct buf bytes; /* without its line end; never printed */
};

#define SECRET_INIT { 0 }

/*
 * Gets the secret.  A password_command runs under /bin/sh -c with /dev/null as its input, within
 * the account's timeout, and counts only if it exits 0.  EX_NOPERM when it cannot be had;
 * EX_CONFIG when the account has none.
 */
bool secret_get(
	struct secret *s, const struct account *a, struct caller *caller, struct error *err);

/* Is one of the three keys set? */
bool secret_is_configured(const struct account *a);

/*
 * Keeps it with the account, as long as that lives, for a process that can run no command any
 * more: secret_get gives it again.  The account must be one of c's.
 */
void secret_keep(struct config *c, const struct account *a, const struct secret *s);

/* Overwrites and frees. */
void secret_release(struct secret *s);

#endif
