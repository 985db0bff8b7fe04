/* SPDX-License-Identifier: ISC */
/*
 * The list of queued messages, for people in 80 columns and as JSON.
 */
#ifndef CLI_QUEUE_LIST_H
#define CLI_QUEUE_LIST_H

#include "base/buf.h"
#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"
#include "queue/store.h"

#include <stdbool.h>

enum queue_form { QUEUE_FORM_TEXT, QUEUE_FORM_COLOUR, QUEUE_FORM_JSON };

/*
 * Adds all messages that the caller may see, those in failed/ too.  A directory that is not there
 * is an empty queue.
 */
bool queue_list(struct config *c, struct caller *caller, enum queue_form form, struct buf *out,
	struct error *err);

/* Adds what is known of one message, without the message. */
void queue_list_details(
	const struct entry *e, struct config *c, struct caller *caller, struct buf *out);

#endif
