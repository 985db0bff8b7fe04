/* SPDX-License-Identifier: ISC */
/*
 * From files to struct config: read, checked for owner and mode, merged key by
 * key, converted, completed by providers and defaults, and looked over for
 * what does not fit together.  config.c decides which files.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/caller.h"
#include "config/config.h"
#include "config/problems.h"

struct load_files {
	const char *system; /* NULL: none; it need not exist */
	const char *user;   /* NULL: none */
	bool user_must_exist; /* -C */
	const char *system_state, *system_queue; /* where the system's state and queue lie */
	char *account; /* takes the place of the files' default account; NULL: nothing does */
};

/* Goes on after a problem. */
void load_config(struct config *c, struct caller *caller, const struct load_files *f,
	struct problems *p);

/* What only all files together can show: hosts, secrets, references, circles of fallbacks. */
void check_config(const struct config *c, const struct caller *caller, struct problems *p);

/* What the keys lead to: the alias file and the password files. */
void lint_named_files(const struct config *c, struct caller *caller, struct problems *p);

#endif
