/* SPDX-License-Identifier: ISC */
/*
 * The options of `sendoff COMMAND`: long names, a value behind '=' or as the
 * next word; single letters likewise, with their value attached or not.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "base/error.h"

#include <stdbool.h>

struct word {
	const char *name;   /* "--rcpt", "-a" */
	const char **value; /* where its value goes; NULL: it has none */
	bool *flag;         /* set to true; NULL: it has a value */
};

/*
 * Parses argv[1] and on by a table that ends with a NULL name; the last of several counts.
 * EX_USAGE for every other word and for a value that is missing.
 */
bool words_parse(const struct word *table, int argc, char **argv, struct error *err);

#endif
