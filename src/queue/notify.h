/* SPDX-License-Identifier: ISC */
/*
 * Reports about queued messages: what of an entry is to be told, to whom, and
 * kept in the queue like any mail.
 */
#ifndef QUEUE_NOTIFY_H
#define QUEUE_NOTIFY_H

#include "queue/finish.h"

/*
 * Reports all recipients that failed: who is reported, or wants no report, is done.  Where there
 * is nobody to tell they stay failed; where the report cannot be kept for now they are left, to
 * be tried and reported again.
 */
void notify_failed(const struct finish *f);

/* Reports those who asked to be told of success and whose server will not tell. */
void notify_relayed(const struct finish *f, const struct finish_attempt *a);

/* Reports a delay, once, to who asked for that; and is that to be done? */
void notify_late(const struct finish *f);
bool notify_is_late(const struct config *c, const struct account *a, const struct entry *e);

/* Tells the postmaster, once, of a message that cannot be trusted, and the log each time. */
void notify_damaged(const struct finish *f);

#endif
