/* SPDX-License-Identifier: ISC */
#include "cli/queue_change.h"

#include "base/ascii.h"
#include "cli/queue_list.h"
#include "queue/store.h"

#include <string.h>

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
	struct place *p, const struct queue_change *c, const char *id, struct error *err)
{
	enum store_lock lock = STORE_GONE;

	if (queue_id_is_valid(id, strlen(id))) {
		if (!store_open(&p->store, c->config, c->caller, STORE_EXISTING, err))
			return false;
		lock = lock_anywhere(p, id, c->caller, err);
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

static void add_text(struct buf *out, const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		size_t shown = line && text[line - 1] == '\r' ? line - 1 : line;

		buf_add_printable(out, text, shown);
		buf_addc(out, '\n');
		text += line + (end ? 1 : 0);
		len -= line + (end ? 1 : 0);
	}
}

static bool add_message(const struct message *m, struct buf *out, struct error *err)
{
	struct buf text = BUF_INIT;
	char block[4096];
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	header_write(&m->header, &text);
	buf_adds(&text, "\r\n");
	while ((n = spool_look(&m->body, at, block, sizeof block, &data, err)) > 0) {
		buf_add(&text, data, (size_t)n);
		at += (uint64_t)n;
	}
	add_text(out, text.data, text.len);
	buf_release(&text);
	return n == 0;
}

bool queue_show(const struct queue_change *c, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, id, err);

	if (ok) {
		queue_list_details(&p.entry, c->config, c->caller, c->out);
		buf_addc(c->out, '\n');
		ok = add_message(&p.entry.message, c->out, err);
	}
	place_release(&p);
	return ok;
}

bool queue_remove(const struct queue_change *c, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, id, err) && store_remove(store_of(&p), &p.entry, err) &&
		  store_settle(store_of(&p), err);

	place_release(&p);
	return ok;
}

bool queue_hold(const struct queue_change *c, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, id, err) && is_whole(&p, err);

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

bool queue_release(const struct queue_change *c, const char *id, struct error *err)
{
	struct place p = PLACE_INIT;
	bool ok = place_find(&p, c, id, err) && is_whole(&p, err);

	p.entry.is_held = false;
	if (ok)
		ok = p.is_failed ? revive(&p, err) : store_update(&p.store, &p.entry, err);
	place_release(&p);
	return ok;
}
