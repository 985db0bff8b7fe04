/* SPDX-License-Identifier: ISC */
/*
 * `sendoff config`: the configuration in effect with the origin of each key,
 * every problem of its files, and one made from another program's.  Prints on stdout.
 */
#ifndef CLI_CONFIG_COMMAND_H
#define CLI_CONFIG_COMMAND_H

#include "cli/command.h"

#include <stdbool.h>

/*
 * *status stays.  False: *err is to be printed; EX_CONFIG too where lint has found problems,
 * which are then on stdout.
 */
bool config_command(const struct command_call *call, int *status, struct error *err);

#endif
