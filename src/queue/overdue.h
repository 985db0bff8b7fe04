/* SPDX-License-Identifier: ISC */
/*
 * Does anybody run the queue?  Who makes queue_dir has to make the timer too.
 */
#ifndef QUEUE_OVERDUE_H
#define QUEUE_OVERDUE_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"

#include <stdbool.h>

/*
 * Is a message of the caller's due for longer than three times retry_min without a run since?
 * *warning then says for how long, its code is EX_OK.  A queue that is not there, or may not be
 * read, has no such message.
 */
bool queue_is_overdue(const struct config *c, struct caller *caller, struct error *warning);

#endif
