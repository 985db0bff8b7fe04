/* SPDX-License-Identifier: ISC */
#include "queue/schedule.h"

/* retry_min doubled `doublings` times, at most retry_max; at least a second. */
static int64_t doubled(const struct config *c, unsigned doublings)
{
	int64_t delay = c->retry_min_s > 0 ? c->retry_min_s : 1;

	while (doublings-- && delay < c->retry_max_s)
		delay *= 2;
	if (delay > c->retry_max_s && c->retry_max_s >= c->retry_min_s)
		delay = c->retry_max_s > 0 ? c->retry_max_s : 1;
	return delay;
}

int64_t schedule_next(const struct config *c, int64_t queued_at_s, unsigned attempts, int64_t now_s,
	uint64_t chance)
{
	int64_t delay = doubled(c, attempts ? attempts - 1 : 0);
	int64_t next = now_s + delay + (int64_t)(chance % (uint64_t)(delay / 4 + 1));
	int64_t last = queued_at_s + c->expire_s;

	return now_s < last && next > last ? last : next;
}

bool schedule_is_due(const struct config *c, int64_t next_try_s, int64_t now_s)
{
	return next_try_s <= now_s || next_try_s - now_s > 2 * c->retry_max_s;
}

int64_t schedule_pause(const struct config *c, unsigned refusals)
{
	return doubled(c, refusals ? refusals - 1 : 0);
}

bool schedule_is_expired(const struct config *c, int64_t queued_at_s, int64_t now_s)
{
	return now_s - queued_at_s >= c->expire_s;
}

bool schedule_is_late(const struct config *c, int64_t queued_at_s, int64_t now_s)
{
	return now_s - queued_at_s >= c->delay_after_s;
}
