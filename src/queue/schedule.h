/* SPDX-License-Identifier: ISC */
/*
 * When a queued message is tried again, when it is too late for that, and
 * when its sender is told of the delay.  Pure functions of times in seconds since 1970.
 */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The next try after `attempts` failed ones: retry_min doubled for each after the first, at most
 * retry_max, with up to a quarter more for chance (any number); the last one when the message
 * expires.
 */
int64_t schedule_next(const struct config *c, int64_t queued_at_s, unsigned attempts, int64_t now_s,
	uint64_t chance);

/*
 * Is it time for that try?  Also where it lies further ahead than any is planned: the clock was
 * wrong when it was, as on machines that learn the time from the network.
 */
bool schedule_is_due(const struct config *c, int64_t next_try_s, int64_t now_s);

/*
 * How long a refused login keeps an account's messages waiting: doubling like the above, without
 * chance.
 */
int64_t schedule_pause(const struct config *c, unsigned refusals);

bool schedule_is_expired(const struct config *c, int64_t queued_at_s, int64_t now_s);

/* Is it time to say that the message is delayed? */
bool schedule_is_late(const struct config *c, int64_t queued_at_s, int64_t now_s);

#endif
