/* SPDX-License-Identifier: ISC */
/*
 * `sendoff setup`: from a mail address to a configuration that works.  Finds
 * the server, asks for what nobody can know, tries it all, and only then
 * writes the file, for its owner alone.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "base/error.h"
#include "config/caller.h"

#include <stdbool.h>

/*
 * argv[0] is "setup"; file is -C's, NULL: the user's usual one.  False: *err is to be printed.
 * *status: that of the check where it failed and nothing was written.
 */
bool setup_command(struct caller *caller, const char *file, int argc, char **argv, int *status,
	struct error *err);

#endif
