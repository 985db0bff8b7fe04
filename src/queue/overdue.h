/* SPDX-License-Identifier: ISC */
/*
 * Does anybody run the queue?  Who makes queue_dir has to make the timer too.
 */
#ifndef QUEUE_OVERDUE_H
#define QUEUE_OVERDUE_H

#include "config/caller.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Is a message of the caller's due for longer than three times retry_min without a run since?
 * *since_s: for how long, in seconds.  A queue that is not there, or may not be read, has no such
 * message.
 */
bool queue_is_overdue(const struct config *c, struct caller *caller, int64_t *since_s);

#endif
