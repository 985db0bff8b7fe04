/* SPDX-License-Identifier: ISC */
/*
 * A queue run: takes the messages that are due, account by account, over one
 * connection each, and settles every one as soon as its replies are read.
 */
#ifndef QUEUE_RUNNER_H
#define QUEUE_RUNNER_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"
#include "smtp/session.h"

#include <stdbool.h>

/* Which part of a queued message a filter looks at. */
enum queue_part { QUEUE_ID, QUEUE_RECIPIENT, QUEUE_SENDER, QUEUE_PARTS };

struct queue_filter {
	const char *text; /* what the part must contain, without case; NULL: no filter */
	bool is_negated;  /* must not contain */
};

enum run_extent {
	RUN_DUE, /* what is due; accounts whose login was refused wait */
	RUN_ALL, /* everything that is not held, at once */
};

struct run_params {
	struct config *config;
	struct caller *caller;
	enum run_extent extent;
	const char *account; /* only its messages; NULL: any */
	bool own_only;       /* only the caller's own messages, whatever else it may handle */
	const char *id;      /* only this message, whether it is due or not; NULL: any */
	struct queue_filter filters[QUEUE_PARTS];
	const struct session_trace *trace; /* NULL: silent */
	bool is_last; /* the process does nothing after this run: it may be confined */
	struct session *session; /* an open one, for account's messages; closed in the end */
};

/*
 * Makes one run.  True: it was made, whatever became of the messages.  False: the queue cannot be
 * used (EX_CANTCREAT, EX_IOERR).  process_stopped() ends it: what is in flight then may arrive
 * twice, as after a connection that was lost.
 */
bool run_queue(const struct run_params *p, struct error *err);

/* Is there any message that such a run would take?  A queue that cannot be read has none. */
bool run_has_work(const struct run_params *p);

#endif
