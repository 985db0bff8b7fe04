/* SPDX-License-Identifier: ISC */
#include "queue/account_run.h"

#include "base/log.h"
#include "base/process.h"
#include "config/senders.h"
#include "queue/notify.h"
#include "queue/parcel.h"
#include "queue/reach.h"

#include <syslog.h>

enum {
	WINDOW = 10,   /* transactions in flight at most */
	FRUITLESS = 2, /* connections in a row that ended before any message had its reply */
};

struct run {
	const struct account_run_params *p;
	struct group *group;
	struct reach reach;
	struct parcel parcels[WINDOW];
	bool is_useless; /* a login is wanted that the account does not have */
	bool is_cautious; /* results were lost: one message at a time until a reply has come */
	bool is_single;   /* this stream has one message */
	bool is_answered; /* over this connection */
	struct candidate *suspect; /* the first message that a stream was lost with, untried */
	struct strlist reports;    /* made here and not yet in the group */
	unsigned handed, settled;  /* messages of this stream; of all */
	unsigned fruitless;
};

static struct finish finish_of(struct run *r, struct parcel *f)
{
	return (struct finish){
		.store = r->p->store,
		.config = r->p->config,
		.caller = f->caller,
		.account = r->reach.account,
		.route = &r->reach.route,
		.offers_dsn = r->reach.session->capabilities.offers & OFFER_DSN,
		.entry = &f->entry,
		.reports = &r->reports,
	};
}

static struct parcel *free_place(struct run *r)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (!r->parcels[i].candidate)
			return &r->parcels[i];
	return NULL;
}

/* Locks the message; false: this run has nothing to do with it, whatever the reason. */
static bool take(struct run *r, struct parcel *f, struct candidate *candidate)
{
	struct error err = ERROR_INIT;
	enum store_lock lock = store_lock(r->p->store, candidate->id, &f->entry, &err);

	candidate->is_out = true;
	if (lock == STORE_LOCKLESS)
		log_line(LOG_ERR, "%s: %s", candidate->id, err.text);
	if (lock == STORE_LOCKED) {
		parcel_take(f, candidate, r->p->run->caller);
		if (candidate->is_extra ? !f->entry.damage
					: selection_takes(r->p->store, r->p->run, &f->entry))
			return true;
		if (f->entry.damage) {
			struct finish finish = finish_of(r, f);

			notify_damaged(&finish);
		}
	}
	parcel_release(f);
	return false;
}

/* An attempt on the account that came to nothing counts as one on this message. */
static void charge_taken(struct parcel *f, const struct finish *finish, const struct error *err)
{
	struct finish_attempt attempt;

	parcel_prepare(f, finish->config, finish->account);
	for (size_t i = 0; i < f->results.count; i++)
		delivery_result_set(&f->results, i, FATE_DEFERRED, err);
	attempt = (struct finish_attempt){ f->numbers, &f->envelope, &f->results };
	finish_attempt(finish, &attempt);
}

/* It is not for the fallback in use, but does not wait for its own account for ever. */
static void wait_for_own(struct run *r, struct parcel *f)
{
	static const struct route nowhere;
	struct finish finish = finish_of(r, f);

	finish.account = r->reach.own;
	finish.route = &nowhere;
	if (finish_is_expired(r->p->config, &f->entry))
		charge_taken(f, &finish, &r->reach.trouble);
	else if (notify_is_late(r->p->config, r->reach.own, &f->entry))
		finish_late(&finish);
}

/* Is there anything to send?  What another process settled but did not end is ended here. */
static bool is_sendable(struct run *r, struct parcel *f)
{
	struct delivery_result nothing = DELIVERY_RESULT_INIT;
	struct envelope nobody = ENVELOPE_INIT;
	struct finish_attempt none = { .envelope = &nobody, .results = &nothing };
	struct finish finish = finish_of(r, f);

	if (!entry_count(&f->entry, ENTRY_LEFT))
		finish_attempt(&finish, &none);
	else if (r->reach.account == r->reach.own || !f->entry.is_partial)
		return true;
	else
		wait_for_own(r, f);
	return false;
}

static void done(void *context, struct mail *mail, struct delivery_result *results);

/*
 * Prepares the message for the account in use.  False: its owner may not use the sender there.
 * That ends it, unless it is a fallback's word alone; where it cannot be said, the message waits.
 */
static bool prepare(struct run *r, struct parcel *f)
{
	struct error err = ERROR_INIT;

	parcel_prepare(f, r->p->config, r->reach.account);
	if (f->entry.is_report ||
		senders_allow(r->reach.account, f->caller, f->envelope.sender, &err))
		return true;
	if (r->reach.account != r->reach.own) {
		wait_for_own(r, f);
		parcel_release(f);
		return false;
	}
	for (size_t i = 0; i < f->results.count; i++)
		delivery_result_set(&f->results, i,
			err.code == EX_CONFIG ? FATE_DEFERRED : FATE_REFUSED, &err);
	done(r, &f->mail, &f->results);
	return false;
}

static struct mail *next(void *context, struct delivery_result **results)
{
	struct run *r = context;
	struct parcel *f = free_place(r);
	struct candidate *candidate;

	if (!f || (r->is_single && r->handed) || process_stopped())
		return NULL;
	while ((candidate = group_next(r->group))) {
		if (candidate->is_suspect && r->handed)
			return NULL;
		if (!take(r, f, candidate))
			continue;
		r->is_single = r->is_single || candidate->is_suspect;
		if (!is_sendable(r, f)) {
			parcel_release(f);
		} else if (prepare(r, f)) {
			f->mail.is_last = !group_next(r->group);
			*results = &f->results;
			r->handed++;
			return &f->mail;
		}
	}
	return NULL;
}

static struct parcel *parcel_of(struct run *r, const struct mail *mail)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (r->parcels[i].candidate && &r->parcels[i].mail == mail)
			return &r->parcels[i];
	return NULL;
}

/* What the results tell about the account. */
static void judge(struct run *r, const struct delivery_result *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct result *one = &results->each[i];

		if (one->fate == FATE_UNKNOWN)
			r->is_cautious = true;
		else if (one->fate == FATE_ACCEPTED ||
			 (one->error && one->error->reply && one->error->reply != 421))
			r->is_answered = true;
	}
}

static bool is_untried(const struct delivery_result *results)
{
	for (size_t i = 0; i < results->count; i++)
		if (results->each[i].fate != FATE_NONE)
			return false;
	return true;
}

static void done(void *context, struct mail *mail, struct delivery_result *results)
{
	struct run *r = context;
	struct parcel *f = parcel_of(r, mail);
	struct finish finish = finish_of(r, f);
	struct finish_attempt attempt = {
		.numbers = f->numbers, .envelope = &f->envelope, .results = results
	};

	judge(r, results);
	reach_note_route(&r->reach);
	if (is_untried(results)) {
		group_put_back(r->group, f->candidate);
		r->suspect = r->suspect ? r->suspect : f->candidate;
	} else {
		r->settled++;
		if (finish_attempt(&finish, &attempt))
			group_put_back(r->group, f->candidate);
	}
	parcel_release(f);
}

/* One stream of messages over the open session.  False: the session ended with *err. */
static bool stream(struct run *r, struct error *err)
{
	struct mail_stream stream = { .next = next, .done = done, .context = r, .window = WINDOW };
	struct error trouble;
	bool ok;

	r->handed = 0;
	r->is_single = r->is_cautious;
	ok = transaction_stream(r->reach.session, &stream, err);
	if (!store_settle(r->p->store, &trouble))
		log_line(LOG_ERR, "%s", trouble.text);
	return ok;
}

/* charge_taken for one that is not in hand; false: it has nothing left, or is out of reach. */
static bool charge(struct run *r, struct candidate *candidate, const struct error *err)
{
	struct parcel *f = &r->parcels[0];
	bool has_left = take(r, f, candidate) && entry_count(&f->entry, ENTRY_LEFT) > 0;

	if (has_left) {
		struct finish finish = finish_of(r, f);

		charge_taken(f, &finish, err);
	}
	parcel_release(f);
	return has_left;
}

static void report_delay(struct run *r, struct candidate *candidate)
{
	struct parcel *f = &r->parcels[0];

	if (take(r, f, candidate)) {
		struct finish finish = finish_of(r, f);

		finish_late(&finish);
	}
	parcel_release(f);
}

/* The others wait without having been tried; one message stands for the attempt on the account. */
static void give_up(struct run *r, const struct error *err, bool is_charged)
{
	struct candidate *candidate;

	while ((candidate = group_next(r->group)) && !process_stopped()) {
		struct entry e = ENTRY_INIT;
		bool is_read = store_read(r->p->store, candidate->id, &e) && !e.damage;

		candidate->is_out = true;
		if (is_charged || (is_read && finish_is_expired(r->p->config, &e)))
			is_charged = !charge(r, candidate, err) && is_charged;
		else if (is_read && notify_is_late(r->p->config, r->reach.own, &e))
			report_delay(r, candidate);
		entry_release(&e);
	}
}

/* Reports that were made on the way go the same way, unless it was a fallback's. */
static void take_reports(struct run *r)
{
	for (size_t i = 0; i < r->reports.count && r->reach.account == r->reach.own; i++)
		group_add(r->group, r->reports.items[i])->is_extra = true;
	strlist_release(&r->reports);
}

/* Messages until the session ends or there are no more; a cautious stream is one message long. */
static bool use_session(struct run *r, struct error *err)
{
	unsigned before;
	bool ok;

	r->is_answered = false;
	do {
		before = r->settled;
		r->suspect = NULL;
		ok = stream(r, err);
		if (r->is_answered)
			r->is_cautious = false;
		if (!ok && r->settled == before && r->suspect && !process_stopped() &&
			charge(r, r->suspect, err)) {
			r->settled++; /* perhaps the server cannot bear it: the others go first */
			r->suspect = NULL;
		}
		take_reports(r);
	} while (ok && r->settled > before && !process_stopped() &&
		 group_next(r->group));
	r->fruitless = r->settled > before && (ok || r->is_answered) ? 0 : r->fruitless + 1;
	r->is_useless = !ok && err->code == EX_NOPERM;
	if (r->is_useless)
		reach_note_refusal(&r->reach, err);
	return ok;
}

/* Connections until all had their try; true: nothing was wrong with the account. */
static bool run_all(struct run *r, struct error *err)
{
	while (group_next(r->group) && !process_stopped()) {
		bool is_open = reach_open(&r->reach, err);
		bool ok = is_open && use_session(r, err);

		reach_close(&r->reach);
		if (!is_open || r->is_useless || r->fruitless == FRUITLESS)
			return ok;
	}
	return true;
}

static void run_init(struct run *r, const struct account_run_params *p, struct group *g,
	const struct account *own)
{
	*r = (struct run){ .p = p, .group = g };
	reach_init(&r->reach, p->run, p->config, own, p->session);
	r->reach.sandbox = p->sandbox;
	for (size_t i = 0; i < WINDOW; i++)
		r->parcels[i] = (struct parcel)PARCEL_INIT;
}

void account_run(const struct account_run_params *p, struct group *g)
{
	const struct account *own = g->account ? config_account(p->config, g->account) : NULL;
	struct error err = ERROR_INIT;
	struct run r;

	if (!own) {
		error_set(&err, EX_CONFIG, NULL, "the account '%s' is gone",
			g->account ? g->account : "");
		account_run_gone(p, g, &err);
		return;
	}
	run_init(&r, p, g, own);
	if (!run_all(&r, &err) && !process_stopped()) {
		log_line(LOG_WARNING, "account %s: %s", own->name, err.text);
		give_up(&r, &err, r.reach.is_tried && (!r.settled || (r.is_useless && r.suspect)));
	}
	strlist_release(&r.reports);
}

void account_run_gone(const struct account_run_params *p, struct group *g, const struct error *err)
{
	struct error ignored;
	struct run r;

	/* The default account is for the reports. */
	run_init(&r, p, g, config_choose(p->config, NULL, NULL, &ignored));
	log_line(LOG_WARNING, "messages wait: %s", err->text);
	give_up(&r, err, false);
	strlist_release(&r.reports);
}
