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
 * Takes argv[1] out where it is no option, for commands whose first word says what to do; NULL:
 * there is none.
 */
const char *words_take_first(int *argc, char ***argv);

/*
 * Parses argv[1] and on by a table that ends with a NULL name; the last of several counts.
 * EX_USAGE for every other word, a value that is missing, and a line break in any.
 */
bool words_parse(const struct word *table, int argc, char **argv, struct error *err);

#endif
