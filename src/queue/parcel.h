/* SPDX-License-Identifier: ISC */
/*
 * A queued message in hand: locked, read, and made ready for the account that
 * it goes through.
 */
#ifndef QUEUE_PARCEL_H
#define QUEUE_PARCEL_H

#include "queue/finish.h"
#include "queue/select.h"

struct parcel {
	struct candidate *candidate; /* NULL: this place is free */
	struct entry entry;
	struct caller other; /* whose message it is, if not the run's caller's */
	struct caller *caller;
	struct envelope envelope; /* of those left, with the sender that the account gives */
	size_t *numbers;          /* theirs in the entry */
	struct header header;
	struct delivery_result results;
	struct mail mail;
};

#define PARCEL_INIT { .entry = ENTRY_INIT }

/* Takes a locked entry whose caller is the run's (`own`) or another. */
void parcel_take(struct parcel *f, struct candidate *candidate, struct caller *own);

/* Makes the mail of it, also anew; without an account (NULL) one that only tells of it. */
void parcel_prepare(struct parcel *f, struct config *c, const struct account *a);

/* Ends the lock and frees the place. */
void parcel_release(struct parcel *f);

#endif
