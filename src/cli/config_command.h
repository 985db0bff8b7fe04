/* SPDX-License-Identifier: ISC */
/*
 * `sendoff config`: the configuration in effect with the origin of each key,
 * every problem of its files, and one made from another program's.  Prints on stdout.
 */
#ifndef CLI_CONFIG_COMMAND_H
#define CLI_CONFIG_COMMAND_H

#include "base/error.h"
#include "config/caller.h"

#include <stdbool.h>

/*
 * argv[0] is "config"; file is -C's, NULL without.  False: *err is to be printed; EX_CONFIG too
 * where lint has found problems, which are then on stdout.
 */
bool config_command(
	struct caller *caller, const char *file, int argc, char **argv, struct error *err);

#endif
