/* SPDX-License-Identifier: ISC */
/*
 * `connections`: how many sessions with an account there may be at once from
 * this machine.  Hides the lock files in state_dir.
 */
#ifndef QUEUE_SLOT_H
#define QUEUE_SLOT_H

#include "base/error.h"
#include "config/config.h"

#include <stdbool.h>

struct slot {
	int fd; /* -1: none is held */
};

#define SLOT_INIT { .fd = -1 }

/*
 * Waits for a free slot, as long as the account's timeout; without a limit there is nothing to
 * wait for.  EX_TEMPFAIL (4.3.2) when none became free or the process was asked to stop.  Where
 * state_dir cannot be written nobody counts, and the mail goes out.
 */
bool slot_take(
	struct slot *slot, const struct account *a, const struct config *c, struct error *err);
void slot_release(struct slot *slot);

/* How many of the account's slots are held now; -1: state_dir cannot be written, nobody counts. */
int slot_count(const struct account *a, const struct config *c);

#endif
