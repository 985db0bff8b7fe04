/* SPDX-License-Identifier: ISC */
/*
 * The tables of sendmail's options: what each takes, what it sets, what the
 * help says of it.  cli/options.c parses by them, cli/help.c prints them.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "cli/options.h"

enum option_takes {
	TAKES_NOTHING,
	TAKES_VALUE,	/* attached or the next word */
	TAKES_ATTACHED, /* attached or none */
};

enum option_effect {
	DOES_NOTHING, /* accepted because Sendmail has it */
	SETS_FLAG,    /* the bool at `target` of struct options */
	SETS_TEXT,    /* the const char * at `target` */
	SETS_MODE,    /* to `target` */
	CALLS,
};

typedef bool option_setter(struct options *o, const char *value, struct error *err);

struct option_row {
	const char *name; /* one letter, or a word that stands behind "--" */
	enum option_takes takes;
	enum option_effect effect;
	size_t target;
	option_setter *call;
	const char *value; /* what the help calls it; NULL: none to show */
	const char *help;
	bool only_send; /* known to `sendoff send` alone */
};

/* A letter behind -b. */
struct option_mode_row {
	char letter;
	enum options_mode mode;
	const char *help; /* what it does; for MODE_REFUSED what to use instead */
};

/* A letter behind -o, and its long name behind -O. */
struct option_setting_row {
	char letter;
	const char *name;
	option_setter *call;
	const char *value, *help;
};

/* Each ends with a row whose name or letter is zero. */
extern const struct option_row option_rows[];
extern const struct option_mode_row option_modes[];
extern const struct option_setting_row option_settings[];

/* Do these rows stand for a list of their own, option_modes or option_settings? */
bool option_has_modes(const struct option_row *row);
bool option_has_settings(const struct option_row *row);

/* Does what the row says; value is NULL where it takes none.  EX_USAGE for a bad value. */
bool option_apply(
	const struct option_row *row, struct options *o, const char *value, struct error *err);

#endif
