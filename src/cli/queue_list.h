/* SPDX-License-Identifier: ISC */
/*
 * The list of queued messages, for people in 80 columns and as JSON.
 */
#ifndef CLI_QUEUE_LIST_H
#define CLI_QUEUE_LIST_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/print.h"
#include "config/caller.h"
#include "config/config.h"
#include "queue/runner.h"
#include "queue/store.h"

#include <stdbool.h>

struct queue_view {
	enum print_form form;
	const struct queue_filter *filters; /* QUEUE_PARTS of them; NULL: none */
};

/*
 * Adds all messages that the caller may see and asks for, those in failed/ too.  A directory that
 * is not there is an empty queue.
 */
bool queue_list(struct config *c, struct caller *caller, const struct queue_view *view,
	struct buf *out, struct error *err);

/* Adds what is known of one message, without the message. */
void queue_list_details(
	const struct entry *e, struct config *c, struct caller *caller, struct buf *out);

#endif
