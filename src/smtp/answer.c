/* SPDX-License-Identifier: ISC */
#include "smtp/attempt.h"

#include <stdlib.h>

static bool answer_reset(struct session *s, struct error *err)
{
	return reply_class(&s->reply) == 2 || reply_error(&s->reply, "RSET", EX_PROTOCOL, err);
}

/*
 * A refusal that ends the session: 421, a login that is wanted or no good, a reply that is none.
 * Once the server took MAIL what it says of logins is about this message: the next may do.
 */
static bool ends_session(
	const struct session *s, enum session_login login, const struct error *err)
{
	bool is_login = err->code == EX_NOPERM && login == LOGIN_CODES_COUNT;

	return s->reply.code == 421 || is_login || err->code == EX_PROTOCOL;
}

/*
 * The message as a whole is refused, for now or for good; what only follows from an earlier refusal
 * changes nothing. False, with *err: the session ends with it.
 */
static bool fail(struct attempt *a, struct session *s, const char *command,
	enum session_login login, struct error *err)
{
	bool follows = a->failure.code || (login == LOGIN_CODES_DO_NOT && !a->taken);
	struct error refusal;

	session_refused(s, command, EX_UNAVAILABLE, login, &refusal);
	if (ends_session(s, login, &refusal) &&
		!(follows && s->reply.code != 421 && reply_class(&s->reply) == 5)) {
		*err = refusal;
		return false;
	}
	if (!follows) {
		a->failure = refusal;
		session_error(s, &a->failure);
	}
	return true;
}

static bool answer_mail(struct attempt *a, struct session *s, struct error *err)
{
	a->is_open = reply_class(&s->reply) == 2;
	return a->is_open || fail(a, s, "MAIL FROM", LOGIN_CODES_COUNT, err);
}

/*
 * RFC 5321 section 4.5.3.1.10: 552 and 5.5.3 mean 452, and 452 without a reason most often "too
 * many recipients".
 */
static bool is_about_number(const struct reply *r)
{
	bool is_code = r->code == 452 || r->code == 552;

	return reply_has_status(r, "5.3") || (is_code && !r->status[0]);
}

static void soften(struct error *err)
{
	if (err->status[0] == '5')
		err->status[0] = '4';
	err->code = EX_TEMPFAIL;
	error_scope(err, ERROR_OF_ROUTE);
}

static bool refuse_recipient(
	struct attempt *a, size_t recipient, struct session *s, struct error *err)
{
	struct buf command = BUF_INIT;
	struct error refusal;

	buf_addf(&command, "RCPT TO:<%s>", a->mail->envelope->recipients[recipient].address);
	session_refused(s, buf_str(&command), EX_NOUSER, LOGIN_CODES_DO_NOT, &refusal);
	buf_release(&command);
	if (ends_session(s, LOGIN_CODES_DO_NOT, &refusal)) {
		a->turns[recipient] = TURN_NONE;
		*err = refusal;
		return false;
	}
	if (s->reply.code == 552 || reply_has_status(&s->reply, "5.3"))
		soften(&refusal);
	session_error(s, &refusal);
	delivery_result_set(a->results, recipient, attempt_fate(&refusal), &refusal);
	return true;
}

static bool answer_rcpt(struct attempt *a, size_t recipient, struct session *s, struct error *err)
{
	if (a->failure.code && s->reply.code != 421)
		return true;
	if (reply_class(&s->reply) == 2) {
		a->turns[recipient] = TURN_TAKEN;
		a->taken++;
		return true;
	}
	if (!a->taken || !is_about_number(&s->reply))
		return refuse_recipient(a, recipient, s, err);
	/*
	 * It stays without a fate for the next turn; what the server took is what it takes at once.
	 */
	if (!a->is_full)
		s->recipients_max = a->taken;
	a->is_full = true;
	a->turns[recipient] = TURN_LEFT;
	return true;
}

static bool answer_data(struct attempt *a, struct session *s, struct error *err)
{
	a->may_send = s->reply.code == 354;
	return a->may_send || fail(a, s, "DATA", LOGIN_CODES_DO_NOT, err);
}

static void take_accepted(struct attempt *a, struct session *s)
{
	struct buf words = BUF_INIT;

	for (size_t i = 0; i < a->results->count; i++)
		if (a->turns[i] == TURN_TAKEN)
			delivery_result_set(a->results, i, FATE_ACCEPTED, NULL);
	reply_add_raw(&s->reply, &words);
	free(a->results->accepted_reply);
	a->results->accepted_reply = buf_detach(&words);
	a->results->accepted_code = s->reply.code;
	memcpy(a->results->accepted_status, s->reply.status, sizeof s->reply.status);
}

bool attempt_is_sent(const struct attempt *a, const struct session *s)
{
	return a->content_end && s->stream.sent >= a->content_end;
}

/* 221 answers the QUIT behind the message, and leaves that without an answer. */
static bool is_farewell(const struct session *s, const char *command, struct error *err)
{
	if (s->reply.code != 221)
		return false;
	error_set(err, EX_TEMPFAIL, "4.4.2",
		"%s: the server says goodbye, and not what became of it", command);
	return true;
}

/* The reply to the message: the moment of truth. */
static bool answer_message(
	struct attempt *a, const char *command, struct session *s, struct error *err)
{
	bool is_accepted = reply_class(&s->reply) == 2 && a->taken && !a->failure.code;
	bool ok = true;

	if (is_accepted && is_farewell(s, command, err))
		return false;
	if (is_accepted && !attempt_is_sent(a, s))
		return error_set(err, EX_PROTOCOL, "5.5.0",
			"the server takes a message that was not sent yet");
	if (is_accepted)
		take_accepted(a, s);
	else if (reply_class(&s->reply) != 2)
		ok = fail(a, s, command, LOGIN_CODES_DO_NOT, err);
	if (s->reply.code == 421 && a->taken && !a->failure.code) {
		a->failure = *err;
		session_error(s, &a->failure);
	}
	if (a->failure.code)
		attempt_decide(a, &a->failure);
	s->needs_reset = s->needs_reset || (!is_accepted && a->is_open);
	a->is_done = ok || s->reply.code == 421;
	return ok;
}

/* RFC 3030 says 503 for a BDAT that is out of place; these mean that it is not known. */
static bool answer_chunk(struct attempt *a, struct session *s, struct error *err)
{
	int code = s->reply.code;

	if (code != 500 && code != 502 && code != 504)
		return answer_message(a, "BDAT", s, err);
	s->avoid_chunking = true;
	return reply_error(&s->reply, "BDAT", EX_PROTOCOL, err);
}

bool attempt_answer(const struct flight_entry *entry, struct session *s, struct error *err)
{
	struct attempt *a = entry->owner;

	switch (entry->command) {
	case FLIGHT_RSET:
		return answer_reset(s, err);
	case FLIGHT_MAIL:
		return answer_mail(a, s, err);
	case FLIGHT_RCPT:
		return answer_rcpt(a, entry->index, s, err);
	case FLIGHT_DATA:
		return answer_data(a, s, err);
	case FLIGHT_BDAT:
		return answer_chunk(a, s, err);
	case FLIGHT_DOT:
		return answer_message(a, "message", s, err);
	}
	return error_set(err, EX_SOFTWARE, NULL, "a reply to an unknown command");
}

/*
 * Was the message, with somebody to get it, wholly in the server's hands, and no word of it came
 * back?
 */
static bool is_unknown(const struct attempt *a, const struct session *s, const struct error *err)
{
	bool was_answered = err->reply == 421 || (err->code == EX_NOPERM && !a->is_open);

	return attempt_is_sent(a, s) && !a->failure.code && !was_answered;
}

void attempt_lost(struct attempt *a, const struct session *s, const struct error *err)
{
	struct error unknown = *err;

	if (a->failure.code)
		attempt_decide(a, &a->failure);
	if (a->is_done || !is_unknown(a, s, err))
		return;
	error_context(&unknown, "message may be delivered twice");
	session_error(s, &unknown);
	for (size_t i = 0; i < a->results->count; i++) {
		bool was_asked = a->turns[i] == TURN_ASKED || a->turns[i] == TURN_TAKEN;

		if (was_asked && a->results->each[i].fate == FATE_NONE)
			delivery_result_set(a->results, i, FATE_UNKNOWN, &unknown);
	}
}
