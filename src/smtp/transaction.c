/* SPDX-License-Identifier: ISC */
#include "smtp/transaction.h"

#include "smtp/attempt.h"

#include <stddef.h>

/* Attempts in order, oldest first. */
struct queue {
	struct attempt *first, **end; /* end NULL: empty since the start */
	size_t count;
};

/*
 * An attempt is in flight until its last reply was read.  Then it is done, or comes again: for the
 * recipients that were too many at once, or after a connection that had to be made anew.
 */
struct run {
	struct session *session;
	const struct mail_stream *stream;
	struct flight flight;
	struct queue flying, again;
	bool is_at_end;  /* next() has no more */
	bool is_without; /* the session could not be opened again; the error says where */
};

static void push(struct queue *q, struct attempt *a)
{
	if (!q->first)
		q->end = &q->first;
	a->next = NULL;
	*q->end = a;
	q->end = &a->next;
	q->count++;
}

static struct attempt *pop(struct queue *q)
{
	struct attempt *a = q->first;

	if (a) {
		q->first = a->next;
		q->count--;
	}
	return a;
}

static void finish(struct run *r, struct attempt *a)
{
	r->stream->done(r->stream->context, a->mail, a->results);
	attempt_free(a);
}

/* Those of which all is known, in the order in which they were sent. */
static void finish_done(struct run *r)
{
	while (r->flying.first && r->flying.first->is_done) {
		struct attempt *a = pop(&r->flying);

		if (delivery_result_has_untried(a->results))
			push(&r->again, a);
		else
			finish(r, a);
	}
}

/* The next to send: what has to come again first. */
static struct attempt *next_attempt(struct run *r)
{
	struct delivery_result *results;
	struct mail *mail;

	if (r->again.first)
		return pop(&r->again);
	mail = r->is_at_end ? NULL : r->stream->next(r->stream->context, &results);
	r->is_at_end = !mail;
	return mail ? attempt_new(mail, results) : NULL;
}

/* Reads replies until at most `count` attempts are in flight. */
static bool land(struct run *r, size_t count, struct error *err)
{
	while (r->flying.count > count) {
		if (!flight_read(&r->flight, err))
			return false;
		finish_done(r);
	}
	return true;
}

static size_t window(const struct run *r)
{
	unsigned both = OFFER_PIPELINING | OFFER_CHUNKING;
	bool may_overlap = (r->session->capabilities.offers & both) == both;

	return may_overlap && r->stream->window > 1 ? r->stream->window : 1;
}

/* When the last one fails half-way through its content: the replies to those before it. */
static void land_before(struct run *r)
{
	struct error ignored = ERROR_INIT;

	while (r->flying.count > 1 && flight_read(&r->flight, &ignored))
		finish_done(r);
}

static bool launch(struct run *r, struct attempt *a, struct error *err)
{
	bool ok;

	if (!attempt_prepare(a, r->session)) {
		finish(r, a);
		return true;
	}
	push(&r->flying, a);
	ok = attempt_send(a, &r->flight, err);
	if (!ok && a->is_done)
		land_before(r);
	finish_done(r);
	return ok;
}

/* A new connection, for what the one in hand can no longer do or where it must not be used. */
static bool reopen(struct run *r, struct error *err)
{
	flight_clear(&r->flight);
	r->is_without = !session_reopen(r->session, err);
	return !r->is_without;
}

static bool send_next(struct run *r, struct attempt *a, struct error *err)
{
	bool is_spent = session_is_spent(r->session);

	if (!land(r, is_spent ? 0 : window(r) - 1, err) || (is_spent && !reopen(r, err))) {
		push(&r->again, a);
		return false;
	}
	if (window(r) > 1)
		stream_acknowledge_all(&r->session->stream);
	return launch(r, a, err);
}

/*
 * BDAT was offered and is not known: the server may be taking content for commands.  Nothing more
 * is sent to it; all that is in flight comes again, by DATA, on a new connection.
 */
static bool start_anew(struct run *r, struct error *err)
{
	struct attempt *a;

	while ((a = pop(&r->flying)))
		push(&r->again, a);
	session_abort(r->session);
	return reopen(r, err);
}

/* Was the MAIL of the oldest refused?  What follows then only follows from that. */
static bool is_refused(const struct run *r, const struct attempt *a)
{
	return a == r->flying.first && !a->is_open && flight_next(&r->flight) > FLIGHT_MAIL;
}

/* Did one go out whole that the server may still take? */
static bool may_be_taken(const struct run *r)
{
	for (const struct attempt *a = r->flying.first; a; a = a->next)
		if (attempt_is_sent(a, r->session) && !is_refused(r, a))
			return true;
	return false;
}

static void lose_oldest(struct run *r, const struct error *err)
{
	struct attempt *a = pop(&r->flying);

	attempt_lost(a, r->session, err);
	finish(r, a);
}

/* A reply after which the connection is to end, and may still be well. */
static bool is_notice(const struct error *err)
{
	return err->code == EX_NOPERM || err->reply == 421;
}

/* The next reply to what is in flight; a message whose MAIL was refused is over with. */
static bool hear_next(struct run *r, const struct error *err, struct error *why)
{
	bool ok;

	if (!is_refused(r, r->flying.first)) {
		ok = flight_read(&r->flight, why) || is_notice(why);
		finish_done(r);
		return ok;
	}
	ok = flight_skip(&r->flight, r->flying.first, why);
	if (ok)
		lose_oldest(r, err);
	return ok;
}

/*
 * A login is wanted, or the server says 421 and yet goes on: what went out before that was known is
 * not left without its answer.  Where it went on, and then the connection broke, *err is that.
 */
static void hear_out(struct run *r, struct error *err)
{
	struct error why = ERROR_INIT;
	bool went_on = false;

	r->flight.is_ending = err->reply == 421;
	while (!flight_is_empty(&r->flight) && may_be_taken(r)) {
		if (!hear_next(r, err, &why)) {
			if (went_on && err->reply == 421)
				*err = why;
			return;
		}
		went_on = true;
	}
}

static void give_up(struct run *r, struct error *err)
{
	struct attempt *a;

	if (is_notice(err))
		hear_out(r, err);
	r->session->quit_sent = true; /* it would be taken for content */
	while (r->flying.first)
		lose_oldest(r, err);
	while ((a = pop(&r->again)))
		finish(r, a);
	if (!r->is_without)
		session_error(r->session, err);
}

static bool go(struct run *r, struct error *err)
{
	struct attempt *a = next_attempt(r);

	if (a)
		return send_next(r, a, err);
	return land(r, 0, err);
}

static bool is_over(const struct run *r)
{
	return r->is_at_end && !r->flying.first && !r->again.first;
}

bool transaction_stream(struct session *s, const struct mail_stream *stream, struct error *err)
{
	struct run r = {
		.session = s, .stream = stream, .flight = { .session = s, .answer = attempt_answer }
	};
	bool ok = true;

	while (ok && !is_over(&r)) {
		bool avoided = s->avoid_chunking;

		ok = go(&r, err);
		if (!ok) {
			flight_salvage(&r.flight, err);
			finish_done(&r);
		}
		/* cppcheck-suppress incorrectLogicOperator ; go may have set it */
		if (!ok && s->avoid_chunking && !avoided)
			ok = start_anew(&r, err);
	}
	if (!ok)
		give_up(&r, err);
	flight_release(&r.flight);
	return ok;
}

/* A stream of one mail. */
struct single {
	struct mail mail;
	struct delivery_result *results;
	bool is_taken;
};

static struct mail *single_next(void *context, struct delivery_result **results)
{
	struct single *single = context;

	if (single->is_taken)
		return NULL;
	single->is_taken = true;
	*results = single->results;
	return &single->mail;
}

static void single_done(void *context, struct mail *mail, struct delivery_result *results)
{
}

bool transaction_run(struct session *s, const struct mail *mail, struct delivery_result *results,
	struct error *err)
{
	struct single single = { .mail = *mail, .results = results };
	struct mail_stream stream = {
		.next = single_next, .done = single_done, .context = &single, .window = 1
	};

	return transaction_stream(s, &stream, err);
}
