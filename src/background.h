/* SPDX-License-Identifier: ISC */
/*
 * Work that goes on after the caller has its exit status: a child that has
 * left the caller's session, terminal, directory and descriptors.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "submit.h"

/* Delivers what lies in the queue as o->queue_id.  Where no child can be made, the queue's next run does it. */
void background_run(struct request *r, const struct outcome *o);

#endif
