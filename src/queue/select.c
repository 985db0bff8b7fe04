/* SPDX-License-Identifier: ISC */
#include "queue/select.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "queue/origin.h"
#include "queue/schedule.h"

#include <stdlib.h>
#include <string.h>

static bool contains(const char *text, const char *part)
{
	for (; *text; text++)
		if (ascii_starts_with(text, part))
			return true;
	return !*part;
}

static bool has_recipient(const struct entry *e, const char *part)
{
	for (size_t i = 0; i < e->envelope.count; i++)
		if (e->recipients[i].fate != ENTRY_DONE &&
			contains(e->envelope.recipients[i].address, part))
			return true;
	return false;
}

static bool has_sender(
	const struct entry *e, const char *part, struct config *c, struct caller *caller)
{
	char *sender = origin_sender(e, c, caller);
	bool has = contains(sender ? sender : "", part);

	free(sender);
	return has;
}

bool selection_is_asked_for(const struct queue_filter filters[QUEUE_PARTS], const struct entry *e,
	struct config *c, struct caller *caller)
{
	const char *id = filters[QUEUE_ID].text, *recipient = filters[QUEUE_RECIPIENT].text,
		   *sender = filters[QUEUE_SENDER].text;

	return (!id || contains(e->id, id) != filters[QUEUE_ID].is_negated) &&
	       (!recipient || has_recipient(e, recipient) != filters[QUEUE_RECIPIENT].is_negated) &&
	       (!sender || has_sender(e, sender, c, caller) != filters[QUEUE_SENDER].is_negated);
}

bool selection_is_own_only(const struct run_params *p)
{
	return p->own_only || (p->caller->set_id && p->caller->uid != 0);
}

static bool may_handle(const struct store *store, const struct run_params *p, const struct entry *e)
{
	return selection_is_own_only(p) ? e->owner == p->caller->uid
					: store_is_permitted(store, e, p->caller);
}

bool selection_takes(const struct store *store, const struct run_params *p, const struct entry *e)
{
	if (!may_handle(store, p, e) || e->damage)
		return false;
	if (e->is_held || (p->account && (!e->account || !ascii_equal(p->account, e->account))))
		return false;
	if (p->id)
		return strcmp(p->id, e->id) == 0;
	return selection_is_asked_for(p->filters, e, p->config, p->caller) &&
	       (p->extent == RUN_ALL || schedule_is_due(p->config, e->next_try_s, clock_wall_s()));
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct group *group_of(struct selection *s, const struct entry *e, bool is_own)
{
	struct group *g;

	for (size_t i = 0; i < s->count; i++) {
		g = &s->groups[i];
		if (is_same(g->account, e->account) && is_same(g->config_file, e->config_file) &&
			(g->is_own == is_own || !g->config_file))
			return g;
	}
	s->groups = alloc_grow(s->groups, s->count + 1, sizeof *s->groups);
	g = &s->groups[s->count++];
	*g = (struct group){
		.account = alloc_string(e->account),
		.config_file = alloc_string(e->config_file),
		.is_own = is_own,
	};
	return g;
}

struct candidate *group_add(struct group *g, const char *id)
{
	struct candidate *c;

	g->list = alloc_more(g->list, g->count, &g->alloc, sizeof *g->list);
	c = &g->list[g->count++];
	*c = (struct candidate){ 0 };
	memcpy(c->id, id, QUEUE_ID_SIZE);
	return c;
}

/* A session ended with it, and may again: lost, in nonsense, or in a login that is wanted. */
static bool is_suspect(const struct entry *e)
{
	const struct error *last = entry_last_error(e);

	if (!e->attempts || !last)
		return false;
	return last->code == EX_PROTOCOL ||
	       (last->reply ? last->code == EX_NOPERM : strcmp(last->status, "4.4.2") == 0);
}

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->is_suspect != y->is_suspect ? x->is_suspect - y->is_suspect
					      : strcmp(x->id, y->id);
}

/* What is another's to handle is not even looked into. */
static bool read_entry(
	const struct store *store, const struct run_params *p, const char *id, struct entry *e)
{
	return (!selection_is_own_only(p) || store_is_owned(store, id, p->caller->uid)) &&
	       store_read(store, id, e);
}

static void consider(
	struct selection *s, const struct store *store, const struct run_params *p, const char *id)
{
	struct entry e = ENTRY_INIT;

	if (read_entry(store, p, id, &e)) {
		if (e.damage && may_handle(store, p, &e))
			strlist_add(&s->damaged, id);
		else if (selection_takes(store, p, &e))
			group_add(group_of(s, &e, e.owner == p->caller->uid), id)->is_suspect =
				is_suspect(&e);
	}
	entry_release(&e);
}

bool selection_make(struct selection *s, const struct store *store, const struct run_params *p,
	struct error *err)
{
	struct strlist ids = STRLIST_INIT;
	bool ok = true;

	if (p->id)
		strlist_add(&ids, p->id);
	else
		ok = store_list(store, &ids, err);
	for (size_t i = 0; i < ids.count; i++)
		consider(s, store, p, ids.items[i]);
	for (size_t i = 0; i < s->count; i++)
		qsort(s->groups[i].list, s->groups[i].count, sizeof *s->groups[i].list, compare);
	strlist_release(&ids);
	return ok;
}

bool selection_has_any(const struct store *store, const struct run_params *p)
{
	struct strlist ids = STRLIST_INIT;
	struct error ignored = ERROR_INIT;
	bool found = false;

	store_list(store, &ids, &ignored);
	for (size_t i = 0; i < ids.count && !found; i++) {
		struct entry e = ENTRY_INIT;

		found = read_entry(store, p, ids.items[i], &e) && selection_takes(store, p, &e);
		entry_release(&e);
	}
	strlist_release(&ids);
	return found;
}

void selection_release(struct selection *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->groups[i].account);
		free(s->groups[i].config_file);
		free(s->groups[i].list);
	}
	free(s->groups);
	strlist_release(&s->damaged);
	*s = (struct selection)SELECTION_INIT;
}

struct candidate *group_next(struct group *g)
{
	while (g->first < g->count && g->list[g->first].is_out)
		g->first++;
	return g->first < g->count ? &g->list[g->first] : NULL;
}

void group_put_back(struct group *g, struct candidate *c)
{
	size_t at = (size_t)(c - g->list);

	c->is_out = false;
	if (at < g->first)
		g->first = at;
}
