/* SPDX-License-Identifier: ISC */
/*
 * What is done about recipients that did not get a message: those refused are
 * reported to the sender, those deferred are kept in the queue.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include "submit.h"

/* After the delivery was tried: report and queue as error mode and configuration say. */
void settle(struct request *r, struct outcome *o);

/* Keeps what has no final answer; o->queue_id or o->keep_error says what came of it. */
bool settle_keep(struct request *r, struct outcome *o);

#endif
