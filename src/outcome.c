/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More distinct reasons than these are not told one by one. */
enum { ERRORS_PRINTED = 20 };

struct outcome_counts outcome_count(const struct outcome *o)
{
	struct outcome_counts n = { .all = o->results.count + o->expansion.count };

	for (size_t i = 0; i < o->results.count; i++) {
		n.accepted += o->results.each[i].fate == FATE_ACCEPTED;
		n.refused += o->results.each[i].fate == FATE_REFUSED;
	}
	for (size_t i = 0; i < o->expansion.count; i++) {
		bool dropped = o->expansion.failures[i].error.code == EX_OK;

		n.accepted += dropped;
		n.refused += !dropped;
	}
	n.deferred = n.all - n.accepted - n.refused;
	return n;
}

static bool has_reason(const struct result *r)
{
	return r->error && r->error->code != EX_OK;
}

/*
 * The first error of a recipient whose fate is, or is not, FATE_REFUSED.  EX_NOUSER says that the
 * others have the message: one that was refused as a whole is another matter.
 */
static const struct error *first_error(const struct outcome *o, bool refused)
{
	const struct error *first = NULL;

	for (size_t i = 0; i < o->results.count; i++) {
		const struct result *result = &o->results.each[i];

		if (!has_reason(result) || (result->fate == FATE_REFUSED) != refused)
			continue;
		if (!first || (first->code == EX_NOUSER && result->error->code != EX_NOUSER))
			first = result->error;
	}
	for (size_t i = 0; refused && !first && i < o->expansion.count; i++)
		if (o->expansion.failures[i].error.code != EX_OK)
			first = &o->expansion.failures[i].error;
	return first;
}

static bool is_kept(const struct outcome *o, const struct outcome_counts *n)
{
	return n->deferred == 0 || *o->queue_id;
}

const struct error *outcome_error(const struct outcome *o)
{
	/* The promise follows from the fates, also where nobody said why. */
	static const struct error unsaid = {
		.code = EX_SOFTWARE,
		.text = "internal error: nobody said what became of a recipient",
	};
	const struct error *deferred = *o->queue_id ? NULL : first_error(o, false);
	const struct error *refused = first_error(o, true);
	struct outcome_counts n = outcome_count(o);

	if (o->error.code != EX_OK)
		return &o->error;
	if (o->keep_error.code != EX_OK)
		return &o->keep_error;
	if (o->has_queue && refused)
		return refused;
	if (deferred || refused)
		return deferred ? deferred : refused;
	return n.refused || !is_kept(o, &n) ? &unsaid : NULL;
}

int outcome_exit(const struct outcome *o, enum error_mode mode)
{
	const struct error *err = outcome_error(o);
	struct outcome_counts n = outcome_count(o);
	bool told = o->report_taken && is_kept(o, &n);

	if (!err)
		return EX_OK;
	if (told && (mode == ERRORS_MAIL_EXIT_0 || n.accepted || n.deferred))
		return EX_OK;
	return err->code;
}

static void print_line(const char *account, const char *text, const char *hint)
{
	struct buf lines = BUF_INIT;

	buf_addf(&lines, "sendmail: %s%s", account ? account : "", account ? ": " : "");
	buf_add_printable(&lines, text, strlen(text));
	buf_addc(&lines, '\n');
	if (*hint)
		buf_addf(&lines, "hint: %s\n", hint);
	file_write_all(STDERR_FILENO, lines.data, lines.len);
	buf_release(&lines);
}

void outcome_print_error(const struct error *err, const char *account)
{
	print_line(account, err->text, err->hint);
}

/* Each reason once, those of the recipients that got nothing and are in no queue. */
static void print_reasons(const struct outcome *o, const char *account)
{
	const struct error *whole = outcome_error(o), *last = NULL;
	size_t printed = 0;

	if (o->keep_error.code != EX_OK)
		outcome_print_error(&o->keep_error, account);
	for (size_t i = 0; i < o->results.count && printed < ERRORS_PRINTED; i++) {
		const struct result *result = &o->results.each[i];
		bool queued = *o->queue_id && result->fate != FATE_REFUSED;

		if (result->fate == FATE_ACCEPTED || queued || !has_reason(result) ||
			result->error == last)
			continue;
		last = result->error;
		outcome_print_error(last, account);
		printed++;
	}
	for (size_t i = 0; i < o->expansion.count && printed < ERRORS_PRINTED; i++)
		if (o->expansion.failures[i].error.code != EX_OK) {
			outcome_print_error(&o->expansion.failures[i].error, account);
			printed++;
		}
	if (!printed && whole && o->keep_error.code == EX_OK)
		outcome_print_error(whole, account);
}

static void add_name(struct buf *list, const char *name)
{
	if (list->len)
		buf_adds(list, ", ");
	buf_adds(list, name);
}

/* "2 of 3 recipients got the message; send again only to …" */
static void print_partial(
	const struct outcome *o, const struct outcome_counts *n, const char *account)
{
	bool queued = *o->queue_id;
	struct buf names = BUF_INIT, line = BUF_INIT;
	size_t got = n->accepted + (queued ? n->deferred : 0);

	for (size_t i = 0; i < o->results.count; i++) {
		enum fate fate = o->results.each[i].fate;

		if (fate == FATE_REFUSED || (fate != FATE_ACCEPTED && !queued))
			add_name(&names, o->envelope.recipients[i].address);
	}
	for (size_t i = 0; i < o->expansion.count; i++)
		if (o->expansion.failures[i].error.code != EX_OK)
			add_name(&names, o->expansion.failures[i].address);
	buf_addf(&line, "%zu of %zu recipients got the message; send again only to %s", got, n->all,
		buf_str(&names));
	print_line(account, buf_str(&line), "");
	buf_release(&line);
	buf_release(&names);
}

static void print_queued(const struct outcome *o, const char *account)
{
	const struct error *why = first_error(o, false);
	struct buf line = BUF_INIT;

	buf_addf(&line, "queued as %s%s%s", o->queue_id, why ? ": " : "", why ? why->text : "");
	print_line(account, buf_str(&line), "");
	buf_release(&line);
}

void outcome_print(const struct outcome *o, enum error_mode mode)
{
	const char *account = o->account ? o->account->name : NULL;
	struct outcome_counts n = outcome_count(o);

	if (mode == ERRORS_QUIET)
		return;
	if (o->error.code != EX_OK) {
		outcome_print_error(&o->error, account);
		return;
	}
	if (*o->queue_id && isatty(STDERR_FILENO))
		print_queued(o, account);
	if (outcome_exit(o, mode) == EX_OK)
		return;
	print_reasons(o, account);
	if (n.accepted || (*o->queue_id && n.deferred))
		print_partial(o, &n, account);
}

/* A message that never came to a recipient's fate still leaves its line. */
static void log_failure(const struct outcome *o, const struct request *r)
{
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct journal_entry entry = {
		.uid = r->caller->uid,
		.account = o->account ? o->account->name : NULL,
		.route = &o->route,
		.sender = r->envelope.sender,
		.envelope = &r->envelope,
		.results = &results,
		.rest = JOURNAL_FAILED,
		.error = &o->error,
		.size = message_size(&r->message),
		.try = 1,
		.exit = o->error.code,
	};

	delivery_result_init(&results, r->envelope.count);
	journal_write(&entry);
	delivery_result_release(&results);
}

/* Those whom an alias leads nowhere were never tried, and stand in no envelope. */
static void log_nowhere(const struct outcome *o, const struct journal_entry *attempt)
{
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct envelope envelope = ENVELOPE_INIT;
	struct journal_entry entry = *attempt;
	static const struct route none;
	struct error ignored = ERROR_INIT;

	entry.id = NULL;
	entry.route = &none;
	entry.envelope = &envelope;
	entry.results = &results;
	delivery_result_init(&results, o->expansion.count);
	for (size_t i = 0; i < o->expansion.count; i++) {
		const struct expansion_failure *failure = &o->expansion.failures[i];

		if (failure->error.code != EX_OK &&
			envelope_add(&envelope, failure->address, NULL, &ignored))
			delivery_result_set(
				&results, envelope.count - 1, FATE_REFUSED, &failure->error);
	}
	results.count = envelope.count;
	if (results.count)
		journal_write(&entry);
	delivery_result_release(&results);
	envelope_release(&envelope);
}

void outcome_log(const struct outcome *o, const struct request *r)
{
	bool is_open = !o->envelope.sender &&
		       o->account; /* queued untried: the account will say who sends */
	char *from = is_open ? account_from(o->account, r->config, r->caller) : NULL;
	struct journal_entry entry = {
		.id = *o->queue_id ? o->queue_id : NULL,
		.uid = r->caller->uid,
		.account = o->account ? o->account->name : NULL,
		.route = &o->route,
		.sender = from ? from : o->envelope.sender,
		.message_id = o->message_id,
		.envelope = &o->envelope,
		.results = &o->results,
		.rest = *o->queue_id ? JOURNAL_QUEUED : JOURNAL_FAILED,
		.size = o->size,
		.delay_ms = clock_now_ms() - o->started_ms,
		.try = 1,
		.exit = outcome_exit(o, r->error_mode),
	};

	if (o->error.code != EX_OK) {
		log_failure(o, r);
	} else {
		journal_write(&entry);
		log_nowhere(o, &entry);
	}
	free(from);
}

void outcome_release(struct outcome *o)
{
	envelope_release(&o->envelope);
	delivery_result_release(&o->results);
	expansion_release(&o->expansion);
	free(o->message_id);
}
