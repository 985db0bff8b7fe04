/* SPDX-License-Identifier: ISC */
/*
 * Work that goes on after the caller has its exit status: a child that has
 * left the caller's session, terminal, directory and descriptors.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "submit.h"

/*
 * Delivers the caller's own due messages of the account over a session that is open still.
 * Takes the session: it is not to be used here any more.
 */
void background_flush(struct request *r, const struct account *a, struct session *session);

/*
 * Delivers what lies in the queue as o->queue_id.  Where no child can be made, the queue's next
 * run does it.
 */
void background_run(struct request *r, const struct outcome *o);

#endif
