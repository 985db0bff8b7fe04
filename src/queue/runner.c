/* SPDX-License-Identifier: ISC */
#include "queue/runner.h"

#include "base/process.h"
#include "queue/account_run.h"
#include "queue/notify.h"
#include "queue/origin.h"
#include "queue/parcel.h"
#include "queue/select.h"
#include "queue/store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct run {
	const struct run_params *params;
	struct store store;
	struct origins origins;
	struct selection selection;
};

static void report_one(struct run *r, const char *id, struct strlist *reports)
{
	static const struct route nowhere;
	struct candidate candidate = { .is_out = true };
	struct parcel f = PARCEL_INIT;
	struct error err;
	struct finish finish = {
		.store = &r->store,
		.config = r->params->config,
		.caller = r->params->caller,
		.route = &nowhere,
		.account = config_choose(r->params->config, NULL, NULL, &err),
		.entry = &f.entry,
		.reports = reports,
	};

	if (store_lock(&r->store, id, &f.entry, &err) == STORE_LOCKED) {
		parcel_take(&f, &candidate, r->params->caller);
		if (f.entry.damage)
			notify_damaged(&finish);
	}
	parcel_release(&f);
}

/* Tells of messages that were found damaged; true: there are new messages in the queue. */
static bool report_damage(struct run *r)
{
	struct strlist reports = STRLIST_INIT;
	bool any;

	for (size_t i = 0; i < r->selection.damaged.count; i++)
		report_one(r, r->selection.damaged.items[i], &reports);
	any = reports.count > 0;
	strlist_release(&reports);
	return any;
}

/* What to do, reports of damage among it. */
static bool make_selection(struct run *r, struct error *err)
{
	if (!selection_make(&r->selection, &r->store, r->params, err))
		return false;
	if (!report_damage(r))
		return true;
	selection_release(&r->selection);
	return selection_make(&r->selection, &r->store, r->params, err);
}

/*
 * A file that a message names is read only for its owner, and with no more rights than that owner
 * has: root's runner would run that user's commands.
 */
static bool may_read(const struct run *r, const struct group *g)
{
	if (!g->config_file || origins_is_current(&r->origins, g->config_file))
		return true;
	return g->is_own && geteuid() == getuid() && getegid() == getgid();
}

static struct config *config_of(struct run *r, const struct group *g, struct error *err)
{
	if (may_read(r, g))
		return origins_find(&r->origins, g->config_file, err);
	error_set(err, EX_CONFIG, NULL, "'%s' is not read from this queue", g->config_file);
	return NULL;
}

static bool is_open_for(const struct session *s, const struct group *g)
{
	return s && s->stream.fd >= 0 && g->account &&
	       strcmp(s->params->account->name, g->account) == 0;
}

/* Other configurations' files can no longer be read in a process that is confined by this one. */
static enum sandbox_scope scope_of(const struct run *r)
{
	for (size_t i = 0; i < r->selection.count; i++)
		if (!origins_is_current(&r->origins, r->selection.groups[i].config_file))
			return SANDBOX_NONE;
	return r->params->is_last ? SANDBOX_ALL : SANDBOX_NONE;
}

static void run_group(struct run *r, struct group *g)
{
	struct error err = ERROR_INIT;
	struct config *config = config_of(r, g, &err);
	struct account_run_params params = { .run = r->params,
		.store = &r->store,
		.config = config ? config : r->params->config,
		.sandbox = scope_of(r) };

	if (config == r->params->config && is_open_for(r->params->session, g))
		params.session = r->params->session;
	if (config)
		account_run(&params, g);
	else
		account_run_gone(&params, g, &err);
}

static void run_groups(struct run *r)
{
	for (size_t i = 0; i < r->selection.count && !process_stopped(); i++) {
		struct group *g = &r->selection.groups[i];

		if (!sandbox_is_on() || origins_is_current(&r->origins, g->config_file))
			run_group(r, g);
	}
}

bool run_queue(const struct run_params *p, struct error *err)
{
	struct run r = { .params = p, .store = STORE_INIT };
	bool ok;

	if (access(p->config->queue_dir, F_OK) < 0 && errno == ENOENT)
		return true;
	if (!store_open(&r.store, p->config, p->caller, STORE_EXISTING, err))
		return false;
	if (!p->id && !selection_is_own_only(p)) {
		store_tidy(&r.store);
		store_note_run(&r.store);
	}
	origins_init(&r.origins, p->config, p->caller);
	ok = make_selection(&r, err);
	if (ok)
		run_groups(&r);
	if (p->session)
		session_close(p->session);
	selection_release(&r.selection);
	origins_release(&r.origins);
	store_close(&r.store);
	return ok;
}

bool run_has_work(const struct run_params *p)
{
	struct store store = STORE_INIT;
	struct error ignored = ERROR_INIT;
	bool found = store_open(&store, p->config, p->caller, STORE_EXISTING, &ignored) &&
		     selection_has_any(&store, p);

	store_close(&store);
	return found;
}
