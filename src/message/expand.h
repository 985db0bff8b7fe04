/* SPDX-License-Identifier: ISC */
/*
 * From what was asked for to who gets it: aliases, :include: files, adminaddr
 * and the completion of bare names (sendmail(8), ALIASES).
 */
#ifndef MESSAGE_EXPAND_H
#define MESSAGE_EXPAND_H

#include "config/aliases.h"
#include "config/config.h"
#include "message/envelope.h"

/* One recipient that an alias leads nowhere for, or /dev/null swallowed. */
struct expansion_failure {
	char *address;
	struct error error; /* EX_NOUSER; code EX_OK: dropped on purpose, counts as taken */
};

struct expansion {
	struct expansion_failure *failures;
	size_t count, alloc;
};

#define EXPANSION_INIT { 0 }

enum {
	EXPAND_LEVELS_MAX = 20,	     /* aliases and :include: files inside one another */
	EXPAND_STEPS_MAX = 1000000, /* members looked at in all: more is EX_DATAERR */
	EXPAND_WARNINGS_MAX = 1000, /* of what is wrong, so many are logged */
};

/*
 * Replaces envelope's recipients by what they expand to; completes what stays bare.  Those that
 * lead nowhere are listed, once each; other members of such an alias are served.  What DSN asks
 * goes on to the new recipients, with the old address (completed) as `original`.  `aliases` is
 * NULL with -n or where there is no file.  False only for errors of the whole (limits,
 * EX_DATAERR), envelope is then as it was.  Alias lines that are bad, and what each name became,
 * go to the log.
 */
bool expand_recipients(struct envelope *e, const struct aliases *aliases, struct config *c,
	struct expansion *x, struct error *err);

void expansion_release(struct expansion *x);

#endif
