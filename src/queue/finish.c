/* SPDX-License-Identifier: ISC */
#include "queue/finish.h"

#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "message/header.h"
#include "queue/bounce.h"
#include "queue/notify.h"
#include "queue/schedule.h"

#include <stdlib.h>
#include <syslog.h>

static int64_t queued_at_s(const struct entry *e)
{
	return e->queued_at_ms / 1000;
}

static void plan_next(const struct finish *f)
{
	struct entry *e = f->entry;

	e->attempts++;
	e->next_try_s = schedule_next(
		f->config, queued_at_s(e), e->attempts, clock_wall_s(), chance_bits());
}

/* The last try was in vain: the error says since when it was tried. */
static void expire(const struct finish *f, size_t recipient, const struct error *err)
{
	struct error last = err ? *err : (struct error)ERROR_INIT;
	struct buf age = BUF_INIT;

	if (!err)
		error_set(&last, EX_TEMPFAIL, "4.4.7", "there was no way to try");
	units_add_duration(&age, f->config->expire_s);
	error_context(&last, "not delivered within %s", buf_str(&age));
	entry_set_recipient(f->entry, recipient, ENTRY_FAILED, &last);
	buf_release(&age);
}

static void settle_recipient(
	const struct finish *f, size_t recipient, const struct result *r, bool expired)
{
	switch (r->fate) {
	case FATE_NONE:
		break;
	case FATE_ACCEPTED:
		f->entry->is_partial = true;
		entry_set_recipient(f->entry, recipient, ENTRY_DONE, NULL);
		break;
	case FATE_REFUSED:
		entry_set_recipient(f->entry, recipient, ENTRY_FAILED, r->error);
		break;
	case FATE_UNKNOWN:
		f->entry->is_partial = true;
		/* fall through */
	case FATE_DEFERRED:
		entry_set_recipient(f->entry, recipient, ENTRY_LEFT, r->error);
		if (expired)
			expire(f, recipient, r->error);
		break;
	}
}

static void write_journal(const struct finish *f, const struct finish_attempt *a, bool expired)
{
	const struct entry *e = f->entry;
	char *message_id = header_message_id(&e->message.header);
	struct journal_entry line = {
		.id = e->id,
		.uid = e->uid,
		.account = f->account ? f->account->name : e->account,
		.route = f->route,
		.sender = a->envelope->sender,
		.message_id = message_id,
		.envelope = a->envelope,
		.results = a->results,
		.rest = expired ? JOURNAL_FAILED : JOURNAL_QUEUED,
		.size = e->size,
		.delay_ms = clock_wall_ms() - e->queued_at_ms,
		.try = e->attempts,
	};

	line.delay_ms = line.delay_ms > 0 ? line.delay_ms : 0;
	journal_write(&line);
	free(message_id);
}

static void log_error(const struct finish *f, const struct error *err)
{
	log_line(LOG_ERR, "%s: %s", f->entry->id, err->text);
}

/* What cannot be removed is at least not sent again. */
static void remove_entry(const struct finish *f)
{
	struct error err = ERROR_INIT;

	if (store_remove(f->store, f->entry, &err))
		return;
	log_error(f, &err);
	if (!store_update(f->store, f->entry, &err))
		log_error(f, &err);
}

static void fail_entry(const struct finish *f)
{
	struct error err = ERROR_INIT;

	log_line(LOG_ERR, "%s: not delivered, and there is nobody to tell: kept in %s/failed",
		f->entry->id, f->store->path);
	if (!store_fail(f->store, f->entry, &err)) {
		log_error(f, &err);
		f->entry->is_held = true;
		store_update(f->store, f->entry, &err);
	}
}

/* Makes the state durable, or ends the message. */
static void commit(const struct finish *f)
{
	struct error err = ERROR_INIT;

	if (entry_count(f->entry, ENTRY_LEFT)) {
		if (!store_update(f->store, f->entry, &err))
			log_error(f, &err);
	} else if (entry_count(f->entry, ENTRY_FAILED)) {
		fail_entry(f);
	} else {
		remove_entry(f);
	}
}

/* MAIL FROM:<> refused for good: such servers are given `from` once. */
static bool is_null_sender_refused(const struct finish *f, const struct finish_attempt *a)
{
	const struct entry *e = f->entry;

	if (!e->is_report || e->was_null_refused || !e->envelope.sender || *e->envelope.sender)
		return false;
	for (size_t i = 0; i < a->results->count; i++) {
		const struct result *r = &a->results->each[i];

		if (r->fate != FATE_REFUSED || !report_sender_is_refused(r->error))
			return false;
	}
	return true;
}

static bool note_null_refused(const struct finish *f)
{
	struct error err = ERROR_INIT;

	f->entry->was_null_refused = true;
	if (store_update(f->store, f->entry, &err))
		return true;
	log_error(f, &err);
	return false;
}

bool finish_attempt(const struct finish *f, const struct finish_attempt *a)
{
	bool expired = finish_is_expired(f->config, f->entry), again;
	size_t left = entry_count(f->entry, ENTRY_LEFT);

	if (is_null_sender_refused(f, a))
		return note_null_refused(f);
	for (size_t i = 0; i < a->results->count; i++)
		settle_recipient(f, a->numbers[i], &a->results->each[i], expired);
	plan_next(f);
	notify_failed(f);
	/* A server that breaks off each time after the same recipients is not asked for ever. */
	again = delivery_result_has_untried(a->results) && entry_count(f->entry, ENTRY_LEFT) < left;
	if (again)
		f->entry->next_try_s = 0;
	notify_relayed(f, a);
	notify_late(f);
	write_journal(f, a, expired);
	commit(f);
	return again;
}

void finish_late(const struct finish *f)
{
	notify_late(f);
	commit(f);
}

bool finish_is_expired(const struct config *c, const struct entry *e)
{
	return schedule_is_expired(c, queued_at_s(e), clock_wall_s());
}
