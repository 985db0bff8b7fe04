/* SPDX-License-Identifier: ISC */
#include "settle.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "outcome.h"
#include "queue/bounce.h"
#include "queue/store.h"

#include <stdio.h>
#include <stdlib.h>

bool settle_keep(struct request *r, struct outcome *o)
{
	struct store store = STORE_INIT;
	struct envelope envelope = ENVELOPE_INIT;
	struct keep keep = {
		.account = o->chosen->name,
		.full_name = r->full_name,
		.caller = r->caller,
		.envelope = &envelope,
		.message = &r->message,
		.results = r->delivery == DELIVERY_INTERACTIVE ? &o->results : NULL,
		.is_report = r->is_report,
	};
	struct error err = ERROR_INIT;
	char id[QUEUE_ID_SIZE];
	bool ok;

	/* The sender as the caller gave it: each try completes it as its account says. */
	envelope_copy(&envelope, &o->envelope);
	free(envelope.sender);
	envelope.sender = alloc_string(r->envelope.sender);
	ok = store_open(&store, r->config, r->self, STORE_CREATE, &err) &&
	     store_keep(&store, &keep, r->config, id, &err);
	if (ok)
		snprintf(o->queue_id, sizeof o->queue_id, "%s", id);
	else
		o->keep_error = err;
	envelope_release(&envelope);
	store_close(&store);
	return ok;
}

/* Those who were refused, by the server or because an alias leads nowhere. */
struct refused {
	struct report_recipient *list;
	struct recipient *names; /* of those that are in no envelope */
	size_t count;
};

static void refused_collect(struct refused *refused, const struct outcome *o)
{
	size_t all = o->results.count + o->expansion.count;

	*refused = (struct refused){ .list = alloc_zero(all, sizeof *refused->list),
		.names = alloc_zero(all, sizeof *refused->names) };
	for (size_t i = 0; i < o->results.count; i++)
		if (o->results.each[i].fate == FATE_REFUSED)
			refused->list[refused->count++] =
				(struct report_recipient){ &o->envelope.recipients[i],
					o->results.each[i].error };
	for (size_t i = 0; i < o->expansion.count; i++) {
		const struct expansion_failure *failure = &o->expansion.failures[i];

		if (failure->error.code == EX_OK)
			continue;
		refused->names[i].address = failure->address;
		refused->list[refused->count++] =
			(struct report_recipient){ &refused->names[i], &failure->error };
	}
}

static void refused_release(struct refused *refused)
{
	free(refused->list);
	free(refused->names);
}

/* Sends a report the way of any message. */
static bool submit_report(struct request *r, struct outcome *o, struct message *report,
	const struct envelope *to, struct error *err)
{
	struct request request = REQUEST_INIT;
	struct outcome outcome = OUTCOME_INIT;
	const struct error *why;

	request.config = r->config;
	request.caller = r->caller;
	request.self = r->self;
	request.account = o->account->name;
	request.expand = false;
	if (!o->route.is_open) /* nor will it be for the report */
		request.delivery = DELIVERY_QUEUE;
	request.is_report = true;
	request.trace = r->trace;
	request.sandbox = r->sandbox;
	envelope_copy(&request.envelope, to);
	request.message = *report;
	submit(&request, &outcome);
	*report = request.message;
	why = outcome_error(&outcome);
	if (why)
		*err = *why;
	envelope_release(&request.envelope);
	outcome_release(&outcome);
	return !why;
}

/* A server that refuses the null sender for good is given `from` once. */
static bool send_report(
	struct request *r, struct outcome *o, struct message *report, struct envelope *to)
{
	struct error err = ERROR_INIT;

	if (submit_report(r, o, report, to, &err))
		return true;
	if (!report_sender_is_refused(&err))
		return false;
	free(to->sender);
	to->sender = account_from(o->account, r->config, r->caller);
	return submit_report(r, o, report, to, &err);
}

static bool report_refused(struct request *r, struct outcome *o)
{
	struct envelope to = ENVELOPE_INIT;
	struct message message = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct report report = {
		.action = REPORT_FAILED,
		.account = o->account,
		.config = r->config,
		.caller = r->caller,
		.to = &to,
		.envelope = &o->envelope,
		.message = &r->message,
		.host = o->route.is_open ? o->route.host : "",
		.arrived_s = clock_wall_s(),
	};
	struct refused refused;
	bool ok;

	refused_collect(&refused, o);
	report.recipients = refused.list;
	report.count = refused.count;
	ok = !r->is_report &&
	     report_address(&to, r->envelope.sender, o->account, r->config, r->caller, &err) &&
	     report_make(&message, &report, &err) && send_report(r, o, &message, &to);
	refused_release(&refused);
	message_release(&message);
	envelope_release(&to);
	return ok;
}

static bool wants_report(const struct request *r, const struct outcome *o,
	const struct outcome_counts *n, bool keeps_others)
{
	bool mode = r->error_mode == ERRORS_MAIL || r->error_mode == ERRORS_MAIL_EXIT_0 ||
		    (r->error_mode == ERRORS_REPLY && n->accepted);

	return n->refused && ((mode && o->route.is_open) || keeps_others);
}

void settle(struct request *r, struct outcome *o)
{
	struct outcome_counts n = outcome_count(o);
	bool keeps = n.deferred && o->has_queue && process_stopped() != STOP_DROP;

	if (wants_report(r, o, &n, keeps))
		o->report_taken = report_refused(r, o);
	if (keeps && (!n.refused || o->report_taken))
		settle_keep(r, o);
}
