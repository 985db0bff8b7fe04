/* SPDX-License-Identifier: ISC */
#include "smtp/attempt.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/units.h"
#include "smtp/data.h"
#include "smtp/path.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

struct attempt *attempt_new(struct mail *mail, struct delivery_result *results)
{
	struct attempt *a = alloc_zero(1, sizeof *a);

	a->mail = mail;
	a->results = results;
	a->content = (struct content)CONTENT_INIT;
	a->recipients = alloc_zero(results->count, sizeof *a->recipients);
	a->turns = alloc_zero(results->count, sizeof *a->turns);
	return a;
}

void attempt_free(struct attempt *a)
{
	content_release(&a->content);
	buf_release(&a->mail_line);
	free(a->recipients);
	free(a->turns);
	free(a);
}

/* Nothing of an earlier turn. */
static void clear(struct attempt *a)
{
	content_release(&a->content);
	a->content = (struct content)CONTENT_INIT;
	buf_truncate(&a->mail_line, 0);
	memset(a->turns, 0, a->results->count * sizeof *a->turns);
	a->count = a->taken = 0;
	a->failure = (struct error)ERROR_INIT;
	a->content_end = 0;
	a->is_open = a->is_full = a->may_send = a->is_done = false;
}

enum fate attempt_fate(const struct error *err)
{
	bool may_pass = err->code == EX_TEMPFAIL || err->code == EX_IOERR ||
			err->code == EX_OSERR || err->code == EX_CANTCREAT ||
			err->code == EX_NOPERM;

	return may_pass ? FATE_DEFERRED : FATE_REFUSED;
}

void attempt_decide(struct attempt *a, const struct error *err)
{
	for (size_t i = 0; i < a->results->count; i++)
		if (a->results->each[i].fate == FATE_NONE)
			delivery_result_set(a->results, i, attempt_fate(err), err);
}

static bool is_too_large(const struct attempt *a, const struct session *s, struct error *err)
{
	uint64_t theirs = s->capabilities.size, ours = s->params->config->max_message_size;
	bool is_ours = ours && a->content.size > ours;
	struct buf size = BUF_INIT;

	if (!is_ours && (!theirs || a->content.size <= theirs))
		return false;
	units_add_size(&size, a->content.size);
	buf_adds(&size, is_ours ? ", max_message_size allows " : ", the server takes at most ");
	units_add_size(&size, is_ours ? ours : theirs);
	error_set(err, EX_UNAVAILABLE, "5.3.4", "the message is too large: %s", buf_str(&size));
	buf_release(&size);
	return true;
}

/*
 * Those without a fate, as many as the server takes at once; addresses that it cannot take are
 * refused here.
 */
static void choose_recipients(struct attempt *a, const struct session *s)
{
	const struct envelope *e = a->mail->envelope;
	struct buf line = BUF_INIT;
	struct error err;

	for (size_t i = 0; i < e->count; i++) {
		if (a->results->each[i].fate != FATE_NONE)
			continue;
		if (s->recipients_max && a->count >= s->recipients_max)
			break;
		buf_truncate(&line, 0);
		if (path_rcpt(&line, s, &e->recipients[i], a->content.needs_utf8, &err)) {
			a->recipients[a->count++] = i;
		} else {
			session_error(s, &err);
			delivery_result_set(a->results, i, FATE_REFUSED, &err);
		}
	}
	buf_release(&line);
}

static bool asks_for_notices(const struct envelope *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->recipients[i].notify)
			return true;
	return e->ret != RETURN_DEFAULT || e->envid;
}

bool attempt_prepare(struct attempt *a, struct session *s)
{
	const struct mail *m = a->mail;
	unsigned offers = s->capabilities.offers;
	struct error err = ERROR_INIT;

	clear(a);
	if (!content_render(&a->content, m->message, m->header, m->envelope, offers, &err) ||
		is_too_large(a, s, &err) ||
		!path_mail(&a->mail_line, s, m->envelope, &a->content, &err)) {
		session_error(s, &err);
		attempt_decide(a, &err);
		return false;
	}
	choose_recipients(a, s);
	if (a->count && !(offers & OFFER_DSN) && asks_for_notices(m->envelope))
		log_line(LOG_INFO,
			"account '%s': the server does not offer DSN, no notices are asked for",
			s->params->account->name);
	return a->count > 0;
}

static bool add(struct attempt *a, struct flight *f, enum flight_command command, const char *line,
	struct error *err)
{
	struct flight_entry entry = { .command = command, .owner = a };

	return flight_add(f, &entry, line, err);
}

static bool add_recipients(struct attempt *a, struct flight *f, struct error *err)
{
	struct buf line = BUF_INIT;
	bool ok = true;

	for (size_t i = 0; ok && i < a->count && !a->failure.code && !a->is_full; i++) {
		struct flight_entry entry = {
			.command = FLIGHT_RCPT, .owner = a, .index = a->recipients[i]
		};
		const struct recipient *r = &a->mail->envelope->recipients[entry.index];

		a->turns[entry.index] = TURN_ASKED;
		buf_truncate(&line, 0);
		ok = path_rcpt(&line, f->session, r, a->content.needs_utf8, err) &&
		     flight_add(f, &entry, buf_str(&line), err);
	}
	buf_release(&line);
	return ok;
}

/* RSET, where the transaction before may still stand open, costs no round trip of its own here. */
static bool add_envelope(struct attempt *a, struct flight *f, struct error *err)
{
	struct session *s = f->session;
	bool needs_reset = s->needs_reset || !flight_is_empty(f);

	s->needs_reset = false;
	if (needs_reset && !add(a, f, FLIGHT_RSET, "RSET", err))
		return false;
	s->transactions++;
	return add(a, f, FLIGHT_MAIL, buf_str(&a->mail_line), err) && add_recipients(a, f, err);
}

/* Not while replies to several RCPT are to come: some may ask for a further transaction. */
static bool may_quit(const struct attempt *a, const struct session *s)
{
	size_t left = 0, open = 0;

	for (size_t i = 0; i < a->results->count; i++) {
		left += a->results->each[i].fate == FATE_NONE;
		open += a->results->each[i].fate == FATE_NONE && a->turns[i] != TURN_TAKEN;
	}
	return a->mail->is_last && s->capabilities.offers & OFFER_PIPELINING &&
	       (!open || left == 1);
}

/* Our own reading failed in the middle: the session is lost, the message waits. */
static bool give_up(struct attempt *a, struct session *s, const struct error *err)
{
	a->failure = *err;
	session_error(s, &a->failure);
	attempt_decide(a, &a->failure);
	a->is_done = true;
	return false;
}

/* Behind the last message goes QUIT, whose reply nobody waits for. */
static bool add_quit(struct attempt *a, struct session *s, struct error *err)
{
	if (!may_quit(a, s))
		return true;
	s->quit_sent = true;
	return session_send(s, "QUIT", NULL, err);
}

static bool write_content(
	struct attempt *a, struct session *s, enum data_form form, struct error *err)
{
	alloc_reserve();
	if (!data_write(s, &a->content, form, err))
		return err->code == EX_IOERR ? give_up(a, s, err) : false;
	a->content_end = s->stream.sent + s->stream.out.len;
	return add_quit(a, s, err);
}

static bool send_chunk(struct attempt *a, struct flight *f, struct error *err)
{
	struct buf line = BUF_INIT;
	bool ok;

	buf_addf(&line, "BDAT %llu LAST", (unsigned long long)a->content.size);
	ok = add(a, f, FLIGHT_BDAT, buf_str(&line), err) &&
	     write_content(a, f->session, DATA_RAW, err);
	buf_release(&line);
	return ok;
}

/* Everything that will be known is known without the content being sent. */
static bool finish_unsent(struct attempt *a, struct session *s)
{
	if (a->failure.code)
		attempt_decide(a, &a->failure);
	s->needs_reset = s->needs_reset || a->is_open;
	a->is_done = true;
	return true;
}

static bool send_by_chunk(struct attempt *a, struct flight *f, struct error *err)
{
	bool may_go_blindly = f->session->capabilities.offers & OFFER_PIPELINING &&
			      a->content.size <= ATTEMPT_SMALL;

	if (!may_go_blindly && !flight_land(f, err))
		return false;
	if (flight_is_empty(f) && !a->taken)
		return finish_unsent(a, f->session);
	return send_chunk(a, f, err) && (may_go_blindly || flight_land(f, err));
}

/*
 * A server that says 354 although it took no recipient gets an empty message (RFC 2920 section
 * 3.1).
 */
static bool send_data(struct attempt *a, struct flight *f, struct error *err)
{
	struct flight_entry dot = { .command = FLIGHT_DOT, .owner = a };
	bool ok;

	if (!session_is_quiet(f->session, err))
		return false;
	flight_expect(f, &dot);
	if (a->taken)
		ok = write_content(a, f->session, DATA_DOTTED, err);
	else
		ok = session_send(f->session, ".", NULL, err) && add_quit(a, f->session, err);
	return ok && flight_land(f, err);
}

static bool send_by_data(struct attempt *a, struct flight *f, struct error *err)
{
	if (flight_is_empty(f) && !a->taken)
		return finish_unsent(a, f->session);
	if (!add(a, f, FLIGHT_DATA, "DATA", err) || !flight_land(f, err))
		return false;
	return a->may_send ? send_data(a, f, err) : finish_unsent(a, f->session);
}

bool attempt_send(struct attempt *a, struct flight *f, struct error *err)
{
	if (!add_envelope(a, f, err))
		return false;
	if (f->session->capabilities.offers & OFFER_CHUNKING)
		return send_by_chunk(a, f, err);
	return send_by_data(a, f, err);
}
