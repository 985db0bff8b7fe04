/* SPDX-License-Identifier: ISC */
#include "queue/overdue.h"

#include "base/clock.h"
#include "base/units.h"
#include "queue/store.h"

/* Since when the message waits for a run; the future for one that does not. */
static int64_t due_since(const struct store *s, const char *id, struct caller *caller)
{
	struct entry e = ENTRY_INIT;
	int64_t since = INT64_MAX;

	if (store_read(s, id, &e) && !e.damage && !e.is_held && store_is_permitted(s, &e, caller))
		since = e.next_try_s ? e.next_try_s : e.queued_at_ms / 1000;
	entry_release(&e);
	return since;
}

static void warn(struct error *warning, int64_t seconds)
{
	struct buf since = BUF_INIT;

	units_add_duration(&since, seconds - seconds % 60);
	error_set(warning, EX_OK, NULL, "messages are due, but the queue was not run for %s",
		buf_str(&since));
	error_hint(warning, "a timer has to call 'sendoff queue run'");
	buf_release(&since);
}

bool queue_is_overdue(const struct config *c, struct caller *caller, struct error *warning)
{
	struct store s = STORE_INIT;
	struct strlist ids = STRLIST_INIT;
	struct error err;
	int64_t last, waiting, oldest = INT64_MAX, now = clock_wall_s();

	if (!c->queue_dir || !store_open(&s, c, caller, STORE_EXISTING, &err))
		return false;
	store_list(&s, &ids, &err);
	for (size_t i = 0; i < ids.count; i++) {
		int64_t since = due_since(&s, ids.items[i], caller);

		oldest = since < oldest ? since : oldest;
	}
	last = store_last_run(&s);
	strlist_release(&ids);
	store_close(&s);
	waiting = now - (oldest > last ? oldest : last);
	if (oldest >= now || waiting <= 3 * c->retry_min_s)
		return false;
	warn(warning, waiting);
	return true;
}
