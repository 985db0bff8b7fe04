/* SPDX-License-Identifier: ISC */
/*
 * `sendoff COMMAND`: the table of commands for people, their common -C, and
 * the help of everything.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/*
 * Runs argv[1] of `sendoff COMMAND …`, or shows help or version; *status is the exit status.
 * `send` is the road of the program itself: it gets argv from "send" on.  False: *err is to be
 * printed, its code is the exit status.
 */
bool command_run(
	int argc, char **argv, int (*send)(int argc, char **argv), int *status, struct error *err);

/*
 * Prints the help of sendmail's options or, where program is "sendoff", of the commands.
 * EX_IOERR.
 */
bool help_print(const char *program, struct error *err);

/*
 * Prints on stdout what b holds and releases it.  EX_IOERR, but not when nobody reads it any more,
 * as `head` does when it has enough.
 */
bool print_out(struct buf *b, struct error *err);

#endif
