/* SPDX-License-Identifier: ISC */
/*
 * The alias file (aliases(5) as Sendmail has it), read and kept as written:
 * names and the members behind them.  What a member means, and loops, is
 * message/expand.h's business.
 *
 * A line that begins with a blank, or follows one that ends with a backslash,
 * continues the entry before it; lines that begin with # are comments.
 */
#ifndef CONFIG_ALIASES_H
#define CONFIG_ALIASES_H

#include "base/error.h"
#include "base/strlist.h"

enum { ALIASES_MAX_BYTES = 1024 * 1024 };

struct alias {
	char *name; /* lower case, quotes removed; "default" for `*` too */
	/* addresses, ":include:/file", "/file", "|command", quotes removed from the last three */
	struct strlist members;
	unsigned line;
};

struct aliases {
	char *file;
	struct alias *entries; /* sorted by name */
	size_t count;
	/* "file:line: what is wrong with it"; such lines are passed over */
	struct strlist problems;
};

#define ALIASES_INIT { 0 }

/*
 * Reads the file; it must be root's or the caller's and writable by no one else; /dev/null
 * has no aliases.  False: EX_CONFIG when it cannot be read, EX_DATAERR beyond the limit; bad
 * lines are problems, not errors.
 */
bool aliases_read(struct aliases *a, const char *path, struct error *err);

/* The entry of a name, without case; NULL if there is none. */
const struct alias *aliases_find(const struct aliases *a, const char *name);

/*
 * The members of an :include: file (lists separated by commas and line ends, # comments),
 * checked as the alias file is, and read with the caller's rights only; no symbolic link: who
 * may write to its directory could lead us to a file that they may not read.  problems gets its
 * bad lines, which are passed over.
 */
bool aliases_include(
	struct strlist *members, const char *path, struct strlist *problems, struct error *err);

void aliases_release(struct aliases *a);

#endif
