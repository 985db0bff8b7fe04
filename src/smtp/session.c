/* SPDX-License-Identifier: ISC */
#include "smtp/session.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "message/idna.h"
#include "net/tls.h"
#include "smtp/hello.h"
#include "smtp/hint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void trace(const struct session *s, char direction, const char *text, size_t len)
{
	const struct session_trace *t = s->params->trace;

	if (t && t->line)
		t->line(t->context, direction, text, len);
}

void session_remark(struct session *s, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	if (!s->params->trace || !s->params->trace->line)
		return;
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	trace(s, '=', buf_str(&text), text.len);
	buf_release(&text);
}

static void tell_step(const struct session *s, int64_t now_ms, const struct error *err)
{
	const struct session_observer *o = s->params->observer;

	if (o)
		o->step(o->context, s, s->step, now_ms - s->step_begun_ms, err);
}

void session_enter(struct session *s, enum session_step step, int64_t now_ms)
{
	if (step == s->step)
		return;
	tell_step(s, now_ms, NULL);
	s->step = step;
	s->step_begun_ms = now_ms;
}

bool session_send(struct session *s, const char *line, const char *shown, struct error *err)
{
	size_t len = strlen(line);

	if (ascii_has_line_break(line, len))
		return error_set(err, EX_SOFTWARE, "5.5.2", "a command would hold a line break");
	if (!shown)
		shown = line;
	trace(s, '>', shown, strlen(shown));
	return stream_write(&s->stream, line, len, err) && stream_write(&s->stream, "\r\n", 2, err);
}

/* Shows a reply as it came, a line at a time; the challenges of a login are not shown. */
static void trace_reply(const struct session *s)
{
	const char *text = buf_str(&s->reply.text);
	struct buf line = BUF_INIT;

	for (bool more = true; more && s->params->trace;) {
		size_t len = strcspn(text, "\n");

		more = text[len] == '\n';
		buf_truncate(&line, 0);
		buf_addf(&line, "%d%c", s->reply.code, more ? '-' : ' ');
		if (s->reply.code == 334)
			buf_adds(&line, "***");
		else
			buf_add(&line, text, len);
		trace(s, '<', buf_str(&line), line.len);
		text += len + more;
	}
	buf_release(&line);
}

bool session_reply(struct session *s, int64_t timeout_ms, struct error *err)
{
	/*
	 * A server that refuses and hangs up breaks the write; what it said has been received all
	 * the same.
	 */
	if (!stream_flush(&s->stream, err) && !stream_has_input(&s->stream))
		return false;
	if (!reply_read(&s->reply, &s->stream, clock_now_ms() + timeout_ms, err))
		return false;
	trace_reply(s);
	return true;
}

bool session_is_quiet(struct session *s, struct error *err)
{
	if (!stream_has_input(&s->stream) || s->owes_greeting || s->owes_hello)
		return true;
	return session_reply(s, s->params->account->timeout_ms, err) &&
	       reply_error(&s->reply, "unasked", EX_PROTOCOL, err);
}

bool session_command(struct session *s, struct error *err, const char *format, ...)
{
	struct buf line = BUF_INIT;
	va_list args;
	bool ok;

	va_start(args, format);
	buf_vaddf(&line, format, args);
	va_end(args);
	ok = session_is_quiet(s, err) && session_send(s, buf_str(&line), NULL, err) &&
	     session_reply(s, s->params->account->timeout_ms, err);
	if (!ok)
		error_context(err, "%.*s", (int)strcspn(buf_str(&line), " :"), buf_str(&line));
	buf_release(&line);
	return ok;
}

bool session_refused(const struct session *s, const char *command, int refused_code,
	enum session_login login, struct error *err)
{
	const struct reply *r = &s->reply;
	bool is_code = r->code == 530 || r->code == 534 || r->code == 535 || r->code == 538;
	bool is_status = reply_has_status(r, "7.8") || reply_has_status(r, "7.9");

	reply_error(r, command, refused_code, err);
	if (reply_class(r) == 5 && ((is_code && login == LOGIN_CODES_COUNT) || is_status)) {
		err->code = EX_NOPERM;
		error_scope(err, ERROR_OF_ROUTE);
	}
	hint_for_reply(s, err);
	return false;
}

bool session_error(const struct session *s, struct error *err)
{
	struct buf place = BUF_INIT;

	if (s->params->account->socket)
		buf_adds(&place, s->params->account->socket);
	else
		buf_add_host_port(&place, s->host, s->port);
	error_context(err, "%s", buf_str(&place));
	buf_release(&place);
	return false;
}

/* Everything that belongs to one connection; what was learnt of the server stays. */
static void forget_connection(struct session *s)
{
	if (s->host) {
		snprintf(s->last.host, sizeof s->last.host, "%s", s->host);
		snprintf(s->last.ip, sizeof s->last.ip, "%s", s->peer.address);
	}
	stream_close(&s->stream);
	capabilities_release(&s->capabilities);
	reply_release(&s->reply);
	alloc_free(&s->host);
	alloc_free(&s->hello_name);
	*s = (struct session){ .params = s->params,
		.stream = STREAM_INIT,
		.step = s->step,
		.last = s->last,
		.avoid_chunking = s->avoid_chunking };
}

static bool connect_to(struct session *s, const char *host, struct error *err)
{
	s->host = idna_to_ascii(host);
	if (!s->host)
		s->host = alloc_string(host);
	s->port = s->params->account->port;
	s->step = STEP_LOOKUP;
	s->step_begun_ms = clock_now_ms();
	if (hello_connect(s, err))
		return true;
	session_error(s, err);
	tell_step(s, clock_now_ms(), err);
	return false;
}

/* A resumed TLS session shows the certificate of the day its ticket was made on, not today's. */
static bool is_refusal_of_ticket(const struct session *s)
{
	struct tls_info info;

	if (s->step != STEP_TLS || !s->stream.tls)
		return false;
	tls_summarize(s->stream.tls, &info);
	return info.resumed;
}

/*
 * What was remembered of a server (a ticket, that it may be spoken to early) may hold no more; it
 * is forgotten by now.
 */
static bool open_at(struct session *s, const char *host, struct error *err)
{
	if (connect_to(s, host, err))
		return true;
	if (!is_refusal_of_ticket(s) && (!s->is_early || err->code == EX_NOPERM))
		return false;
	session_remark(s, "what was remembered of the server does not hold; once more without it");
	forget_connection(s);
	s->avoid_early = true;
	return connect_to(s, host, err);
}

/* Another host does not help against a refused login or a mistake in the configuration. */
static bool may_try_another(const struct error *err)
{
	return err->scope == ERROR_OF_ROUTE && err->code != EX_NOPERM;
}

/* Of two hosts' failures the one that leaves hope counts. */
static void keep_hopeful(struct error *kept, const struct error *err)
{
	if (kept->code != EX_TEMPFAIL || !may_try_another(err))
		*kept = *err;
}

bool session_open(struct session *s, const struct session_params *params, struct error *err)
{
	const struct account *a = params->account;
	size_t count = a->socket || !a->hosts.count ? 1 : a->hosts.count;
	struct error kept = ERROR_INIT;

	s->params = params;
	for (size_t i = 0; i < count; i++) {
		struct error failed = ERROR_INIT;

		if (open_at(s, a->hosts.count ? a->hosts.items[i] : "localhost", &failed))
			return true;
		session_close(s);
		keep_hopeful(&kept, &failed);
		if (!may_try_another(&failed))
			break;
	}
	*err = kept;
	return false;
}

bool session_reopen(struct session *s, struct error *err)
{
	session_close(s);
	return session_open(s, s->params, err);
}

bool session_is_spent(const struct session *s)
{
	uint64_t max = s->capabilities.mail_max;

	return s->stream.fd < 0 || s->stream.is_broken || s->quit_sent ||
	       (max && s->transactions >= max);
}

void session_close(struct session *s)
{
	struct error ignored = ERROR_INIT;

	if (s->stream.fd >= 0 && !s->stream.is_broken && !s->quit_sent)
		session_send(s, "QUIT", NULL, &ignored);
	if (s->stream.fd >= 0 && !s->stream.is_broken)
		stream_flush(&s->stream, &ignored);
	session_abort(s);
}

void session_abort(struct session *s)
{
	forget_connection(s);
}
