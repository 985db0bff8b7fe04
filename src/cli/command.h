/* SPDX-License-Identifier: ISC */
/*
 * `sendoff COMMAND`: the table of commands for people, their common -C, and
 * their help.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/error.h"
#include "config/caller.h"

#include <stdbool.h>

/* One call of a command. */
struct command_call {
	struct caller *caller;
	const char *config_file; /* -C's; NULL: the usual ones */
	int argc;
	char **argv; /* [0] is the command's name; -C is taken out */
};

/*
 * Runs argv[1] of `sendoff COMMAND …`, or shows help or version; *status is the exit status.
 * `send` is the road of the program itself: it gets argv from "send" on.  False: *err is to be
 * printed, its code is the exit status.
 */
bool command_run(
	int argc, char **argv, int (*send)(int argc, char **argv), int *status, struct error *err);

#endif
