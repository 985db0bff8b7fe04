/* SPDX-License-Identifier: ISC */
/*
 * What a process that serves one configuration may still open while it talks
 * to a server: the rules of its confinement, made from the settings, and the
 * reasons for which it is left out.
 */
#ifndef CONFIG_SANDBOX_H
#define CONFIG_SANDBOX_H

#include "config/config.h"

#include <stdbool.h>

/* What the process may still do with this configuration. */
enum sandbox_scope {
	SANDBOX_NONE,	 /* anything: it is not confined */
	SANDBOX_ACCOUNT, /* one message by an account and those that it falls back to */
	SANDBOX_ALL,	 /* messages by any account */
};

/* NULL: a process that uses the account can be confined.  Else why not, for `sendoff check`. */
const char *sandbox_reason(
	const struct config *c, const struct account *a, enum sandbox_scope scope);

/*
 * Does the secret of the account come from a command?  Then sandbox_begin may be called when it
 * has been run, else before anything is heard from the server.
 */
bool sandbox_waits(const struct account *a);

/*
 * Confines the process for good, where nothing speaks against it and it is not confined yet.
 * What cannot be done is left out: true says that it is confined now.
 */
bool sandbox_begin(const struct config *c, const struct account *a, enum sandbox_scope scope);

/* Can a file still be read that no rule names? */
bool sandbox_is_on(void);

#endif
