/* SPDX-License-Identifier: ISC */
/*
 * The queue for people: `sendoff queue …`, `mailq` and `sendmail -q`.  Prints
 * on stdout.
 */
#ifndef CLI_QUEUE_COMMAND_H
#define CLI_QUEUE_COMMAND_H

#include "cli/command.h"
#include "config/config.h"
#include "queue/runner.h"

#include <stdint.h>

/*
 * `sendoff queue [list|run|show|remove|hold|release] …`.  False: *err is to be printed.  What is
 * wrong with an id, or in a run, is on stderr, and *status what the first of them says.
 */
bool queue_command(const struct command_call *call, int *status, struct error *err);

/* `mailq`, `sendmail -bp`: what passes the filters, QUEUE_PARTS of them; needs no account. */
bool queue_print(struct config *c, struct caller *caller, const struct queue_filter *filters,
	struct error *err);

/* Who makes queue_dir makes the runner too: says on stderr when nobody has. */
void queue_warn_if_overdue(struct config *c, struct caller *caller);

/*
 * `sendmail -q…`: one run, or with interval_s over 0 one after another until SIGTERM.  Errors are
 * on stderr; returns the exit status.
 */
int queue_run_command(const struct run_params *run, int64_t interval_s);

#endif
