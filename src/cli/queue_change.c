/* SPDX-License-Identifier: ISC */
#include "cli/queue_change.h"

#include "base/ascii.h"
#include "cli/print.h"
#include "cli/queue_list.h"
#include "queue/store.h"

#include <string.h>
#include <sys/file.h>

/* A locked message and where it lies. */
struct place {
	struct store store, failed; /* failed is open where there is one */
	bool is_failed;
	struct entry entry;
};

#define PLACE_INIT { .store = STORE_INIT, .failed = STORE_INIT, .entry = ENTRY_INIT }

static struct store *store_of(struct place *p)
{
	return p->is_failed ? &p->failed : &p->store;
}

static void place_release(struct place *p)
{
	entry_release(&p->entry);
	store_close(&p->failed);
	store_close(&p->store);
}

/* Who may not change a message may not lock it either: its sender would wait for them. */
static enum store_lock lock_own(const struct store *s, const char *id, const struct caller *caller,
	struct entry *e, struct error *err)
{
	struct entry seen = ENTRY_INIT;
	bool ok = store_read(s, id, &seen) && store_is_permitted(s, &seen, caller);

	entry_release(&seen);
	return ok ? store_lock(s, id, e, err) : STORE_GONE;
}

static enum store_lock lock_anywhere(
	struct place *p, const char *id, const struct caller *caller, struct error *err)
{
	enum store_lock lock = lock_own(&p->store, id, caller, &p->entry, err);

	if (lock != STORE_GONE || !store_open_failed(&p->failed, &p->store))
		return lock;
	p->is_failed = true;
	return lock_own(&p->failed, id, caller, &p->entry, err);
}

static bool place_find(
	struct place *p, struct config *c, struct caller *caller, const char *id, struct error *err)
{
	enum store_lock lock = STORE_GONE;

	if (queue_id_is_valid(id, strlen(id))) {
		if (!store_open(&p->store, c, caller, STORE_EXISTING, err))
			return false;
		lock = lock_anywhere(p, id, caller, err);
	}
	if (lock == STORE_BUSY)
		return error_set(err, EX_TEMPFAIL, NULL, "message '%s' is being sent just now", id);
	if (lock == STORE_LOCKLESS)
		return false;
	if (lock == STORE_GONE)
		return error_set(err, EX_USAGE, NULL, "there is no message '%s' in the queue", id);
	return true;
}

static bool is_whole(const struct place *p, struct error *err)
{
	if (!p->entry.damage)
		return true;
	error_set(
		err, EX_DATAERR, NULL, "message '%s' is damaged: %s", p->entry.id, p->entry.damage);
	return error_hint(err, "it can only be looked at and removed");
}

/* Moves whole lines, made printable; at the end, and of a very long line, what there is. */
static void move_lines(struct buf *text, bool is_end, struct buf *out)
{
	enum { LONG = 64 * 1024 };
	const char *at = text->data, *end = text->data + text->len, *lf;

	while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
		buf_add_printable(out, at, (size_t)(lf - at) - (lf > at && lf[-1] == '\r'));
		buf_addc(out, '\n');
		at = lf + 1;
	}
	if (is_end || end - at > LONG) {
		buf_add_printable(out, at, (size_t)(end - at));
		buf_adds(out, is_end && end > at ? "\n" : "");
		at = end;
	}
	buf_remove(text, 0, (size_t)(at - text->data));
}

/* Prints what is in out, and the message behind it, which may be larger than memory. */
static bool print_message(const struct message *m, struct buf *out, struct error *err)
{
	struct buf text = BUF_INIT;
	uint64_t at = 0;
	ssize_t n;
	bool ok;

	header_write(&m->header, &text);
	buf_adds(&text, "\r\n");
	do {
		const char *data;

		n = spool_look(&m->body, at, &data, err);
		if (n > 0)
			buf_add(&text, data, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
		move_lines(&text, n <= 0, out);
		ok = n >= 0 && print_out(out, err);
	} while (ok && n > 0);
	buf_release(&text);
	return ok;
}

bool queue_show(struct config *c, struct caller *caller, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	struct buf out = BUF_INIT;
	bool ok = place_find(&p, c, caller, id, err);

	if (ok) {
		/* Who reads slowly keeps nobody from sending it. */
		flock(p.entry.lock, LOCK_UN);
		queue_list_details(&p.entry, c, caller, &out);
		buf_addc(&out, '\n');
		ok = print_message(&p.entry.message, &out, err);
	}
	buf_release(&out);
	place_release(&p);
	return ok;
}

bool queue_remove(struct config *c, struct caller *caller, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, caller, id, err) && store_remove(store_of(&p), &p.entry, err) &&
		  store_settle(store_of(&p), err);

	place_release(&p);
	return ok;
}

bool queue_hold(struct config *c, struct caller *caller, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, caller, id, err) && is_whole(&p, err);

	p.entry.is_held = true;
	ok = ok && (p.is_failed || store_update(&p.store, &p.entry, err));
	place_release(&p);
	return ok;
}

/* Those that failed are left again. */
static bool revive(struct place *p, struct error *err)
{
	for (size_t i = 0; i < p->entry.envelope.count; i++)
		if (p->entry.recipients[i].fate == ENTRY_FAILED)
			entry_set_recipient(&p->entry, i, ENTRY_LEFT, p->entry.recipients[i].error);
	p->entry.next_try_s = 0;
	return store_return(&p->store, &p->failed, &p->entry, err);
}

bool queue_release(struct config *c, struct caller *caller, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, caller, id, err) && is_whole(&p, err);

	p.entry.is_held = false;
	if (ok)
		ok = p.is_failed ? revive(&p, err) : store_update(&p.store, &p.entry, err);
	place_release(&p);
	return ok;
}
