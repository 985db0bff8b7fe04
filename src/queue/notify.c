/* SPDX-License-Identifier: ISC */
#include "queue/notify.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "queue/bounce.h"
#include "queue/schedule.h"
#include "smtp/journal.h"

#include <stdlib.h>
#include <syslog.h>

enum { DAMAGE_REPORT = 3, KINDS = 4 }; /* what reports on one attempt are told apart by */

/* Recipients of an entry that one report is about. */
struct subjects {
	struct report_recipient *list;
	size_t *numbers;
	size_t count;
};

static void subjects_init(struct subjects *s, const struct entry *e)
{
	*s = (struct subjects){ .list = alloc_zero(e->envelope.count, sizeof *s->list),
		.numbers = alloc_zero(e->envelope.count, sizeof *s->numbers) };
}

static void subjects_add(
	struct subjects *s, const struct entry *e, size_t number, const struct error *err)
{
	s->list[s->count] = (struct report_recipient){ &e->envelope.recipients[number], err };
	s->numbers[s->count++] = number;
}

static void subjects_release(struct subjects *s)
{
	free(s->list);
	free(s->numbers);
}

static bool keep_report(const struct finish *f, const struct envelope *to,
	const struct message *message, unsigned kind, struct error *err)
{
	char wanted[QUEUE_ID_SIZE], id[QUEUE_ID_SIZE];
	struct keep keep = {
		.account = f->account ? f->account->name : f->entry->account,
		.caller = f->caller,
		.envelope = to,
		.message = message,
		.is_report = true,
		.id = wanted,
	};

	queue_id_derive(wanted, f->entry->id, f->entry->attempts * KINDS + kind);
	if (!store_keep(f->store, &keep, f->config, id, err))
		return false;
	strlist_add(f->reports, id);
	log_line(LOG_INFO, "%s: reported to <%s> as %s", f->entry->id, to->recipients[0].address,
		id);
	return true;
}

static bool find_addressee(const struct finish *f, struct envelope *to)
{
	struct error err = ERROR_INIT;

	if (!f->entry->is_report && report_address(to, f->entry->envelope.sender, f->account,
					    f->config, f->caller, &err))
		return true;
	if (err.code)
		log_line(LOG_WARNING, "%s: %s", f->entry->id, err.text);
	return false;
}

enum told { TOLD, NOBODY_TO_TELL, NOT_KEPT };

/* Makes and keeps a report. */
static enum told tell(const struct finish *f, enum report_action action, const struct subjects *s)
{
	struct envelope to = ENVELOPE_INIT;
	struct message message = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct report report = {
		.action = action,
		.account = f->account,
		.config = f->config,
		.caller = f->caller,
		.to = &to,
		.envelope = &f->entry->envelope,
		.recipients = s->list,
		.count = s->count,
		.message = &f->entry->message,
		.host = f->route->is_open ? f->route->host : "",
		.queue_id = f->entry->id,
		.arrived_s = f->entry->queued_at_ms / 1000,
		.expires_s = f->entry->queued_at_ms / 1000 + f->config->expire_s,
	};
	bool ok;

	if (!s->count || !find_addressee(f, &to))
		return NOBODY_TO_TELL;
	ok = report_make(&message, &report, &err) && keep_report(f, &to, &message, action, &err);
	if (!ok)
		log_line(action == REPORT_FAILED ? LOG_ERR : LOG_WARNING,
			"%s: the report cannot be kept: %s", f->entry->id, err.text);
	message_release(&message);
	envelope_release(&to);
	return ok ? TOLD : NOT_KEPT;
}

void notify_failed(const struct finish *f)
{
	struct entry *e = f->entry;
	struct subjects s;
	enum told told;

	subjects_init(&s, e);
	for (size_t i = 0; i < e->envelope.count; i++) {
		if (e->recipients[i].fate != ENTRY_FAILED)
			continue;
		if (e->is_report ||
			report_is_wanted(&e->envelope.recipients[i], f->account, REPORT_FAILED))
			subjects_add(&s, e, i, e->recipients[i].error);
		else
			entry_set_recipient(e, i, ENTRY_DONE, e->recipients[i].error);
	}
	told = tell(f, REPORT_FAILED, &s);
	for (size_t i = 0; i < s.count && told != NOBODY_TO_TELL; i++)
		entry_set_recipient(
			e, s.numbers[i], told == TOLD ? ENTRY_DONE : ENTRY_LEFT, s.list[i].error);
	subjects_release(&s);
}

void notify_relayed(const struct finish *f, const struct finish_attempt *a)
{
	struct subjects s;

	if (f->offers_dsn)
		return;
	subjects_init(&s, f->entry);
	for (size_t i = 0; i < a->results->count; i++)
		if (a->results->each[i].fate == FATE_ACCEPTED &&
			report_is_wanted(&a->envelope->recipients[i], f->account, REPORT_RELAYED))
			subjects_add(&s, f->entry, a->numbers[i], NULL);
	tell(f, REPORT_RELAYED, &s);
	subjects_release(&s);
}

bool notify_is_late(const struct config *c, const struct account *a, const struct entry *e)
{
	bool late = !e->was_delay_reported && !e->is_report &&
		    schedule_is_late(c, e->queued_at_ms / 1000, clock_wall_s());

	for (size_t i = 0; late && i < e->envelope.count; i++)
		if (e->recipients[i].fate == ENTRY_LEFT &&
			report_is_wanted(&e->envelope.recipients[i], a, REPORT_DELAYED))
			return true;
	return false;
}

void notify_late(const struct finish *f)
{
	struct entry *e = f->entry;
	struct subjects s;

	if (!notify_is_late(f->config, f->account, e))
		return;
	subjects_init(&s, e);
	for (size_t i = 0; i < e->envelope.count; i++)
		if (e->recipients[i].fate == ENTRY_LEFT &&
			report_is_wanted(&e->envelope.recipients[i], f->account, REPORT_DELAYED))
			subjects_add(&s, e, i, e->recipients[i].error);
	e->was_delay_reported = tell(f, REPORT_DELAYED, &s) == TOLD;
	subjects_release(&s);
}

static void add_damage_words(const struct finish *f, struct buf *text)
{
	const struct entry *e = f->entry;

	buf_addf(text,
		"The message %s in the queue %s cannot be trusted:\n"
		"%s.\n\n"
		"It is held and will not be sent.  What can be read of it is shown by\n"
		"\"sendoff queue show %s\"; \"sendoff queue remove %s\" removes it.\n",
		e->id, f->store->path, e->damage, e->id, e->id);
}

/* What can be read of it. */
static void log_held(const struct finish *f)
{
	static const struct route nowhere;
	const struct entry *e = f->entry;
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct error why = ERROR_INIT;
	struct journal_entry line = {
		.id = e->id,
		.uid = e->uid,
		.account = e->account,
		.route = &nowhere,
		.sender = e->envelope.sender,
		.envelope = &e->envelope,
		.results = &results,
		.rest = JOURNAL_HELD,
		.error = &why,
		.size = e->size,
		.delay_ms = e->queued_at_ms ? clock_wall_ms() - e->queued_at_ms : 0,
		.try = e->attempts,
	};

	line.delay_ms = line.delay_ms > 0 ? line.delay_ms : 0;
	error_set(&why, EX_DATAERR, NULL, "%s", e->damage);
	delivery_result_init(&results, e->envelope.count);
	journal_write(&line);
	delivery_result_release(&results);
}

void notify_damaged(const struct finish *f)
{
	struct envelope to = ENVELOPE_INIT;
	struct message message = MESSAGE_INIT;
	struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	struct report report = {
		.account = f->account, .config = f->config, .caller = f->caller, .to = &to
	};
	char *noted = store_noted_damage(f->store, f->entry->id);
	bool ok;

	log_held(f);
	if (noted) {
		free(noted);
		return;
	}
	add_damage_words(f, &text);
	ok = report_address_postmaster(&to, f->account, f->config, f->caller, &err) &&
	     report_make_notice(
		     &message, &report, "Damaged message in the queue", buf_str(&text), &err) &&
	     keep_report(f, &to, &message, DAMAGE_REPORT, &err) &&
	     store_note_damage(f->store, f->entry, &err);
	if (!ok)
		log_line(LOG_ERR, "%s: %s", f->entry->id, err.text);
	buf_release(&text);
	message_release(&message);
	envelope_release(&to);
}
