/* SPDX-License-Identifier: ISC */
/*
 * `sendoff setup`: from a mail address to a configuration that works.  Finds
 * the server, asks for what nobody can know, tries it all, and only then
 * writes the file, for its owner alone.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/command.h"

#include <stdbool.h>

/*
 * Writes the file of -C, else the user's usual one.  False: *err is to be printed.  *status: that
 * of the check where it failed and nothing was written.
 */
bool setup_command(const struct command_call *call, int *status, struct error *err);

#endif
