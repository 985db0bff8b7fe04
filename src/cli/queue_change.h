/* SPDX-License-Identifier: ISC */
/*
 * Single messages of the queue, shown and changed by hand, wherever in the
 * queue they lie.
 */
#ifndef CLI_QUEUE_CHANGE_H
#define CLI_QUEUE_CHANGE_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"

#include <stdbool.h>

/*
 * Each does its work for one id; queue_show prints it on stdout as it goes.  EX_USAGE: there is
 * no such message of this caller's; EX_TEMPFAIL: it is being sent just now; EX_DATAERR: it is
 * damaged.
 */
bool queue_show(struct config *c, struct caller *caller, const char *id, struct error *err);
bool queue_remove(struct config *c, struct caller *caller, const char *id, struct error *err);
bool queue_hold(struct config *c, struct caller *caller, const char *id, struct error *err);

/* Lets a held message go again, and one of failed/ as if it were new. */
bool queue_release(struct config *c, struct caller *caller, const char *id, struct error *err);

#endif
