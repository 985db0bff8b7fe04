/* SPDX-License-Identifier: ISC */
/*
 * What an attempt means for a queued message: who is done, who is told, when
 * it is tried again, or that this was the end; made durable, and logged.
 */
#ifndef QUEUE_FINISH_H
#define QUEUE_FINISH_H

#include "config/caller.h"
#include "config/config.h"
#include "queue/entry.h"
#include "queue/store.h"
#include "smtp/journal.h"
#include "smtp/transaction.h"

/* A locked message and how it was tried; nothing is owned. */
struct finish {
	struct store *store;
	struct config *config;
	struct caller *caller;         /* whose message it is */
	const struct account *account; /* the one tried; NULL: it is gone */
	const struct route *route;
	bool offers_dsn; /* the server makes the reports about what it took */
	struct entry *entry;
	struct strlist *reports; /* gets the ids of reports that were kept */
};

/*
 * An attempt, for the recipients with these numbers in the entry, one for each in envelope and
 * results.
 */
struct finish_attempt {
	const size_t *numbers;
	const struct envelope *envelope;
	const struct delivery_result *results;
};

/*
 * Settles an attempt.  True: the message wants another one at once (its null sender was refused,
 * or recipients were not reached while others were settled for good).
 */
bool finish_attempt(const struct finish *f, const struct finish_attempt *a);

/* Does what a message's age alone asks for: reports the delay. */
void finish_late(const struct finish *f);

/* Is an entry's time up? */
bool finish_is_expired(const struct config *c, const struct entry *e);

#endif
