/* SPDX-License-Identifier: ISC */
#include "submit.h"

#include "background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "config/aliases.h"
#include "config/senders.h"
#include "message/address.h"
#include "message/compose.h"
#include "outcome.h"
#include "queue/runner.h"
#include "queue/slot.h"
#include "queue/store.h"
#include "queue/trouble.h"
#include "settle.h"
#include "smtp/session.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

bool request_has_recipients(const struct request *r, struct error *err)
{
	if (r->envelope.count)
		return true;
	error_set(err, EX_USAGE, "5.5.4", "no recipients");
	return error_hint(err,
		r->take_recipients
			? "the message names none in To, Cc or Bcc"
			: "name them on the command line, or use -t to take them from the header");
}

static bool take_recipients(struct request *r, struct error *err)
{
	if (r->take_recipients && !compose_recipients(&r->message.header, &r->envelope, err))
		return false;
	for (size_t i = 0; i < r->envelope.count; i++)
		if (r->envelope.recipients[i].notify == NOTIFY_DEFAULT)
			r->envelope.recipients[i].notify = r->notify;
	return request_has_recipients(r, err);
}

/* Reads the alias file only where a name in the envelope could stand in it. */
static bool aliases_matter(const struct request *r)
{
	for (size_t i = 0; r->expand && i < r->envelope.count; i++) {
		const char *domain = address_domain(r->envelope.recipients[i].address);

		if (!domain || config_is_own_host(r->config, domain))
			return true;
	}
	return false;
}

static bool expand(struct request *r, struct outcome *o)
{
	const char *file = aliases_matter(r) ? config_aliases(r->config) : NULL;
	struct aliases aliases = ALIASES_INIT;
	bool ok = !file || aliases_read(&aliases, file, &o->error);

	envelope_copy(&o->envelope, &r->envelope);
	ok = ok && expand_recipients(&o->envelope, file ? &aliases : NULL, r->config, &o->expansion,
			   &o->error);
	aliases_release(&aliases);
	return ok;
}

/*
 * The complete address that an account is chosen by; "" for the null sender, NULL when nobody is
 * named.  The envelope's own sender stays bare: from_override must see that it is local.
 */
static char *author_of(const struct request *r)
{
	return r->envelope.sender ? compose_complete(r->envelope.sender, r->config)
				  : compose_author(&r->message.header, r->config);
}

static bool choose_account(struct request *r, struct outcome *o)
{
	char *author = author_of(r);

	o->chosen = config_choose(r->config, r->account, author, &o->error);
	o->account = o->chosen;
	free(author);
	return o->chosen != NULL;
}

bool submit_prepare(struct request *r, struct outcome *o)
{
	o->started_ms = clock_now_ms();
	return take_recipients(r, &o->error) && compose_check_loop(&r->message.header, &o->error) &&
	       expand(r, o) && choose_account(r, o);
}

static void compose(struct request *r, struct outcome *o, const struct compose_params *params)
{
	char *sender = compose_sender(&r->envelope, o->account, params);

	compose_message(&r->message, sender, params);
	o->message_id = header_message_id(&r->message.header);
	o->size = message_size(&r->message);
	free(sender);
}

/*
 * May the caller use the sender that this account makes of theirs?  Reports are the program's
 * own.
 */
static bool may_send(const struct request *r, const struct account *a,
	const struct compose_params *params, struct error *err)
{
	struct header header = HEADER_INIT;
	char *sender;
	bool ok;

	if (!a->senders || r->is_report)
		return true;
	compose_for_account(&r->message.header, &r->envelope, a, params, &header, &sender);
	ok = senders_allow(a, r->caller, sender, err);
	header_release(&header);
	free(sender);
	return ok;
}

/* A connection that is kept for what waits in the queue, and what it needs. */
struct line {
	struct session_params params;
	struct session session;
	struct slot slot;
};

static void line_close(struct line *l)
{
	session_close(&l->session);
	slot_release(&l->slot);
}

/* Does the caller have mail in the queue that could go over the same connection? */
static bool has_more(const struct request *r, const struct outcome *o)
{
	struct run_params run = { .config = r->config,
		.caller = r->self,
		.extent = RUN_DUE,
		.account = o->account->name,
		.own_only = true };

	return o->has_queue && !r->is_report && run_has_work(&run);
}

/*
 * A queue that is made when it is needed first could not be made any more in a process that is
 * confined.
 */
static void make_queue(struct request *r)
{
	struct store store = STORE_INIT;
	struct error ignored = ERROR_INIT;

	if (access(r->config->queue_dir, F_OK) < 0 &&
		store_open(&store, r->config, r->self, STORE_CREATE, &ignored))
		store_close(&store);
}

/* One account's try.  Recipients not settled stay FATE_NONE. */
static bool attempt(struct request *r, struct outcome *o, const struct mail *mail, struct line *l,
	struct error *err)
{
	bool ok;

	l->params = (struct session_params){
		.account = o->account,
		.config = r->config,
		.caller = r->self,
		.trace = r->trace,
		.sandbox = r->sandbox,
	};
	if (r->sandbox && o->has_queue)
		make_queue(r);
	if (o->has_queue && trouble_waits(o->account, r->config, r->self, err))
		return false;
	if (!slot_take(&l->slot, o->account, r->config, err))
		return false;
	ok = session_open(&l->session, &l->params, err);
	route_note(&o->route, &l->session);
	if (ok) {
		trouble_forget(o->account, r->config);
		ok = transaction_run(&l->session, mail, &o->results, err);
	}
	/* A session that goes on had a good login, whatever is said of the message. */
	if (!ok && l->session.stream.fd < 0 && trouble_is_refused_login(err))
		trouble_note(o->account, r->config, r->self, err);
	return ok;
}

/* The message as this account sends it: its sender and From. */
static bool attempt_by(struct request *r, struct outcome *o, const struct compose_params *params,
	struct error *err)
{
	struct line line = { .session = SESSION_INIT, .slot = SLOT_INIT };
	struct header header = HEADER_INIT;
	bool more = has_more(r, o);
	struct mail mail = { .envelope = &o->envelope,
		.message = &r->message,
		.header = &header,
		.is_last = !more };
	bool ok;

	free(o->envelope.sender);
	compose_for_account(
		&r->message.header, &r->envelope, o->account, params, &header, &o->envelope.sender);
	ok = attempt(r, o, &mail, &line, err);
	if (ok && more)
		background_flush(r, o->account, &line.session);
	line_close(&line);
	header_release(&header);
	return ok;
}

/* Is there somebody left to try, and has nobody got it, or perhaps got it? */
static bool may_go_elsewhere(const struct outcome *o)
{
	size_t left = 0;

	for (size_t i = 0; i < o->results.count; i++) {
		enum fate fate = o->results.each[i].fate;

		if (fate == FATE_ACCEPTED || fate == FATE_UNKNOWN)
			return false;
		left += fate != FATE_REFUSED;
	}
	return left > 0;
}

/* What was never tried shares the fate of the session. */
static void settle_untried(struct outcome *o, const struct error *err)
{
	enum fate fate = err->scope == ERROR_OF_ROUTE ? FATE_DEFERRED : FATE_REFUSED;

	for (size_t i = 0; i < o->results.count; i++)
		if (o->results.each[i].fate == FATE_NONE)
			delivery_result_set(&o->results, i, fate, err);
}

/* The next account to try; NULL: there is none for this caller. */
static const struct account *fallback_of(const struct request *r, const struct outcome *o,
	const struct compose_params *params, const struct error *why)
{
	const struct account *next = config_account(r->config, o->account->fallback);
	struct error err = ERROR_INIT;

	if (why->scope != ERROR_OF_ROUTE || !may_go_elsewhere(o) || !next || process_stopped())
		return NULL;
	if (!may_send(r, next, params, &err)) {
		log_line(LOG_WARNING, "account %s: not falling back to %s: %s", o->account->name,
			next->name, err.text);
		return NULL;
	}
	log_line(LOG_WARNING, "account %s: %s; falling back to %s", o->account->name, why->text,
		next->name);
	return next;
}

/* The account, and while nobody was reached the ones it falls back to. */
static void deliver(struct request *r, struct outcome *o, const struct compose_params *params)
{
	for (;;) {
		const struct account *next;
		struct error err = ERROR_INIT;
		bool ok;

		delivery_result_init(&o->results, o->envelope.count);
		ok = attempt_by(r, o, params, &err);
		next = ok ? NULL : fallback_of(r, o, params, &err);
		if (!next) {
			settle_untried(o, &err);
			return;
		}
		delivery_result_release(&o->results);
		o->account = next;
	}
}

/* Now, unless it is to wait and can. */
static void send_or_keep(struct request *r, struct outcome *o, const struct compose_params *params)
{
	if (r->delivery == DELIVERY_INTERACTIVE || !o->has_queue) {
		deliver(r, o, params);
		settle(r, o);
		return;
	}
	delivery_result_init(&o->results, o->envelope.count);
	if (settle_keep(r, o) && r->delivery == DELIVERY_BACKGROUND)
		background_run(r, o);
}

void submit(struct request *r, struct outcome *o)
{
	struct compose_params params = {
		.config = r->config, .caller = r->caller, .full_name = r->full_name
	};

	o->has_queue = queue_is_on(r->config);
	if (submit_prepare(r, o)) {
		compose(r, o, &params);
		if (may_send(r, o->account, &params, &o->error) && o->envelope.count)
			send_or_keep(r, o, &params);
	}
	outcome_log(o, r);
}

void request_release(struct request *r)
{
	envelope_release(&r->envelope);
	message_release(&r->message);
}
