/* SPDX-License-Identifier: ISC */
#include "cli/queue_list.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/units.h"
#include "cli/json.h"
#include "message/date.h"
#include "queue/origin.h"
#include "queue/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WIDTH = 80,
	RECIPIENTS_SHOWN = 5,
	INDENT = 6,
};

struct list {
	struct config *config;
	struct caller *caller;
	const struct queue_view *view;
	struct buf *out;
	bool has_any; /* to see, asked for or not */
	size_t count;
	uint64_t size;
};

/* A duration by its largest unit or two: "12s", "5m", "3h12m", "5d3h". */
static void add_age(struct buf *out, int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds >= 86400)
		seconds -= seconds % 3600;
	else if (seconds >= 60)
		seconds -= seconds % 60;
	units_add_duration(out, seconds);
}

/* Adds text made printable and cut to so many columns (characters). */
static void add_cut(struct buf *out, const char *text, size_t columns)
{
	struct buf line = BUF_INIT;
	size_t at = 0, shown = 0;

	buf_add_printable(&line, text, strlen(text));
	while (at < line.len && shown < columns) {
		at += utf8_length(line.data + at, line.len - at);
		shown++;
	}
	if (at < line.len) {
		while (at && (line.data[--at] & 0xc0) == 0x80)
			;
		buf_truncate(&line, at);
		buf_adds(&line, "\xe2\x80\xa6");
	}
	buf_adds(out, buf_str(&line));
	buf_release(&line);
}

static void add_indented(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_addf(out, "%*s%s", INDENT, "", before);
	add_cut(out, text, WIDTH - INDENT - strlen(before) - strlen(after));
	buf_addf(out, "%s\n", after);
}

/* Why it waits, NULL: there is nothing to say.  To be freed. */
static char *reason_of(const struct entry *e, const struct config *c, struct caller *caller)
{
	const struct error *last = entry_last_error(e);
	struct buf reason = BUF_INIT;

	if (e->damage)
		return alloc_string(e->damage);
	if (c->count && origin_is(c, caller, e) && e->account && !config_account(c, e->account))
		buf_addf(&reason, "the account '%s' is gone", e->account);
	else if (last)
		buf_adds(&reason, last->text);
	else
		return NULL;
	return buf_detach(&reason);
}

static void add_next(struct buf *out, const struct entry *e, bool is_held)
{
	int64_t left = e->next_try_s - clock_wall_s();

	if (is_held)
		buf_adds(out, "held");
	else if (left <= 0)
		buf_adds(out, "now");
	else
		add_age(out, left);
}

static void add_recipients(struct buf *out, const struct entry *e)
{
	size_t left = 0;

	for (size_t i = 0; i < e->envelope.count; i++) {
		if (e->recipients[i].fate == ENTRY_DONE)
			continue;
		if (left++ < RECIPIENTS_SHOWN)
			add_indented(out, "", e->envelope.recipients[i].address, "");
	}
	if (left > RECIPIENTS_SHOWN)
		buf_addf(out, "%*sand %zu more\n", INDENT, "", left - RECIPIENTS_SHOWN);
}

static void add_reason(struct list *l, const char *reason)
{
	bool colour = l->view->form == PRINT_COLOUR;

	if (!reason)
		return;
	buf_adds(l->out, colour ? "\033[31m" : "");
	add_indented(l->out, "(", reason, ")");
	buf_adds(l->out, colour ? "\033[0m" : "");
}

/* Who sends where no account can say it any more is not the null sender. */
static const char *shown_sender(const char *sender)
{
	return !sender ? "?" : *sender ? sender : "<>";
}

/* ID, size, age, attempts and next try, each in its column, and the sender in what is left. */
static void add_text(
	struct list *l, const struct entry *e, const char *sender, const char *reason, bool is_held)
{
	bool colour = l->view->form == PRINT_COLOUR;
	struct buf size = BUF_INIT, age = BUF_INIT, next = BUF_INIT;

	if (l->count == 0)
		buf_addf(l->out, "%s%-21s %9s %7s %5s %6s  FROM, TO, WHY%s\n",
			colour ? "\033[1m" : "", "ID", "SIZE", "AGE", "TRIES", "NEXT",
			colour ? "\033[0m" : "");
	units_add_size(&size, e->size);
	add_age(&age, clock_wall_s() - e->queued_at_ms / 1000);
	add_next(&next, e, is_held);
	buf_addf(l->out, "%-21s %9s %7s %5u %6s  ", e->id, buf_str(&size), buf_str(&age),
		e->attempts, buf_str(&next));
	add_cut(l->out, shown_sender(sender), WIDTH - 54);
	buf_addc(l->out, '\n');
	add_recipients(l->out, e);
	add_reason(l, reason);
	buf_release(&size);
	buf_release(&age);
	buf_release(&next);
}

static void add_json_recipients(struct buf *out, const struct entry *e)
{
	bool first = true;

	json_name(out, "recipients");
	buf_addc(out, '[');
	for (size_t i = 0; i < e->envelope.count; i++) {
		if (e->recipients[i].fate == ENTRY_DONE)
			continue;
		buf_adds(out, first ? "" : ",");
		json_value(out, e->envelope.recipients[i].address);
		first = false;
	}
	buf_addc(out, ']');
}

static void add_json(struct buf *out, const struct entry *e, const char *sender, const char *reason,
	bool is_held)
{
	json_begin(out);
	json_text(out, "id", e->id);
	json_text(out, "account", e->account);
	json_number(out, "uid", (int64_t)e->uid);
	json_number(out, "size", (int64_t)e->size);
	json_number(out, "queued_at", e->queued_at_ms / 1000);
	json_text(out, "sender", sender);
	add_json_recipients(out, e);
	json_number(out, "attempts", e->attempts);
	json_number(out, "next_try", e->next_try_s ? e->next_try_s : e->queued_at_ms / 1000);
	json_text(out, "last_error", reason);
	json_bool(out, "held", is_held);
	json_end(out);
}

static void show(struct list *l, const struct store *s, struct entry *e, bool is_failed)
{
	char *sender = origin_sender(e, l->config, l->caller), *reason;
	bool is_held;

	if (!e->damage)
		e->damage = store_noted_damage(s, e->id);
	is_held = is_failed || e->is_held || e->damage;
	reason = reason_of(e, l->config, l->caller);
	if (l->view->form == PRINT_JSON)
		add_json(l->out, e, sender, reason, is_held);
	else
		add_text(l, e, sender, reason, is_held);
	free(sender);
	free(reason);
	l->count++;
	l->size += e->size;
}

static void add_entry(struct list *l, const struct store *s, const char *id, bool is_failed)
{
	const struct queue_filter *filters = l->view->filters;
	struct entry e = ENTRY_INIT;

	if (store_read(s, id, &e) && store_is_permitted(s, &e, l->caller)) {
		l->has_any = true;
		if (!filters || selection_is_asked_for(filters, &e, l->config, l->caller))
			show(l, s, &e, is_failed);
	}
	entry_release(&e);
}

static bool add_store(struct list *l, const struct store *s, bool is_failed, struct error *err)
{
	struct strlist ids = STRLIST_INIT;
	bool ok = store_list(s, &ids, err);

	for (size_t i = 0; ok && i < ids.count; i++)
		add_entry(l, s, ids.items[i], is_failed);
	strlist_release(&ids);
	return ok;
}

static void add_total(struct list *l)
{
	if (l->view->form == PRINT_JSON)
		return;
	if (l->has_any) {
		buf_addf(l->out, "-- %zu messages, ", l->count);
		units_add_size(l->out, l->size);
	} else {
		buf_adds(l->out, "Mail queue is empty");
	}
	buf_addc(l->out, '\n');
}

bool queue_list(struct config *c, struct caller *caller, const struct queue_view *view,
	struct buf *out, struct error *err)
{
	struct list l = { .config = c, .caller = caller, .view = view, .out = out };
	struct store store = STORE_INIT, failed = STORE_INIT;
	bool ok = true;

	if (access(c->queue_dir, F_OK) == 0 || errno != ENOENT) {
		ok = store_open(&store, c, caller, STORE_EXISTING, err) &&
		     add_store(&l, &store, false, err);
		if (ok && store_open_failed(&failed, &store))
			ok = add_store(&l, &failed, true, err);
	}
	if (ok)
		add_total(&l);
	store_close(&failed);
	store_close(&store);
	return ok;
}

static void add_detail(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, "%s: ", name);
	buf_add_printable(out, text, strlen(text));
	buf_addc(out, '\n');
}

static void add_detail_recipients(const struct entry *e, struct buf *out)
{
	static const char *const fates[] = {
		[ENTRY_LEFT] = "left", [ENTRY_DONE] = "done", [ENTRY_FAILED] = "failed"
	};

	for (size_t i = 0; i < e->envelope.count; i++) {
		const struct entry_recipient *r = &e->recipients[i];

		buf_addf(out, "recipient (%s): ", fates[r->fate]);
		buf_add_printable(out, e->envelope.recipients[i].address,
			strlen(e->envelope.recipients[i].address));
		buf_addf(out, "%s%s\n", r->error ? ": " : "", r->error ? r->error->text : "");
	}
}

void queue_list_details(
	const struct entry *e, struct config *c, struct caller *caller, struct buf *out)
{
	char *sender = origin_sender(e, c, caller), *reason = reason_of(e, c, caller);

	add_detail(out, "id", e->id);
	add_detail(out, "account", e->account ? e->account : "");
	if (e->config_file)
		add_detail(out, "configuration", e->config_file);
	buf_addf(out, "uid: %lu\nsize: %llu\nqueued: ", (unsigned long)e->uid,
		(unsigned long long)e->size);
	date_add(out, e->queued_at_ms / 1000);
	buf_addf(out, "\nattempts: %u\nnext try: ", e->attempts);
	add_next(out, e, e->is_held || e->damage);
	buf_addc(out, '\n');
	add_detail(out, "sender", shown_sender(sender));
	add_detail_recipients(e, out);
	if (reason)
		add_detail(out, e->damage ? "damaged" : "last error", reason);
	free(sender);
	free(reason);
}
