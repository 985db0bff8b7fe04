/* SPDX-License-Identifier: ISC */
/*
 * The queue for people: `sendoff queue …`, `mailq` and `sendmail -q`.  Prints
 * on stdout, errors on stderr; returns the exit status.
 */
#ifndef CLI_QUEUE_COMMAND_H
#define CLI_QUEUE_COMMAND_H

#include "config/caller.h"
#include "config/config.h"
#include "queue/runner.h"

#include <stdint.h>

/*
 * `sendoff queue [list|run|show|remove|hold|release] …`: argv[0] is "queue"; -C was taken out and
 * read before.
 */
int queue_command(struct config *c, struct caller *caller, int argc, char **argv);

/* `mailq`, `sendmail -bp`: what passes the filters, QUEUE_PARTS of them; needs no account. */
int queue_print(
	struct config *c, struct caller *caller, const struct queue_filter *filters);

/* Who makes queue_dir makes the runner too: says on stderr when nobody has. */
void queue_warn_if_overdue(struct config *c, struct caller *caller);

/* `sendmail -q…`: one run, or with interval_s over 0 one after another until SIGTERM. */
int queue_run_command(const struct run_params *run, int64_t interval_s);

#endif
