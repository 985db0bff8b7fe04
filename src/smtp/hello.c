/* SPDX-License-Identifier: ISC */
#include "smtp/hello.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "message/idna.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/tls_check.h"
#include "smtp/auth.h"
#include "smtp/early.h"
#include "smtp/hint.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static bool connect_to(struct session *s, int64_t deadline_ms, struct error *err)
{
	const struct account *a = s->params->account;
	struct dial_params to = {
		.host = s->host,
		.port = s->port,
		.source_address = a->source_address,
		.proxy = a->proxy,
		.socket = a->socket,
		.deadline_ms = deadline_ms,
	};
	int fd;

	fd = dial(&to, &s->peer, err);
	if (s->peer.resolved_ms || a->socket)
		session_enter(s, STEP_CONNECT,
			s->peer.resolved_ms ? s->peer.resolved_ms : s->step_begun_ms);
	if (fd < 0)
		return false;
	stream_open(&s->stream, fd, a->timeout_ms);
	return true;
}

static bool handshake(struct session *s, int64_t deadline_ms, struct error *err)
{
	const struct account *a = s->params->account;
	struct tls_params p = {
		.name = a->tls_name ? a->tls_name : s->host,
		.port = s->port,
		.is_implicit = a->tls == TLS_IMPLICIT,
		.verify = a->tls_verify,
		.trust_file = a->tls_trust,
		.fingerprints = &a->tls_fingerprints,
		.certificate = a->tls_cert,
		.key = a->tls_key,
		.priority = a->tls_priority,
		.ticket_directory = a->tls_resume ? s->params->config->state_dir : NULL,
		.deadline_ms = deadline_ms,
	};
	struct tls_info info;

	session_enter(s, STEP_TLS, clock_now_ms());
	if (!a->tls_verify)
		log_line(LOG_WARNING,
			"account '%s': the server's certificate is not checked (tls_verify = no)",
			a->name);
	if (!tls_start(&s->stream, &p, err))
		return false;
	if (s->params->trace) {
		tls_summarize(s->stream.tls, &info);
		session_remark(
			s, "%s %s%s", info.version, info.cipher, info.resumed ? ", resumed" : "");
	}
	return true;
}

/* What is wrong in the greeting and with EHLO is wrong with the server, not with a message. */
static bool serves_nobody(struct session *s, const char *step, struct error *err)
{
	session_refused(s, step, EX_UNAVAILABLE, LOGIN_CODES_COUNT, err);
	return error_scope(err, ERROR_OF_ROUTE);
}

static bool greeting(struct session *s, struct error *err)
{
	session_enter(s, STEP_GREETING, clock_now_ms());
	if (!session_reply(s, s->params->account->timeout_ms, err)) {
		error_context(err, "greeting");
		return hint_for_greeting(s, err);
	}
	return reply_class(&s->reply) == 2 || serves_nobody(s, "greeting", err);
}

/*
 * The configured name in A-labels; an address as RFC 5321 section 4.1.3 writes it, that of our end
 * where the configuration knows none.
 */
static char *hello_name(struct session *s)
{
	const char *name = config_hostname(s->params->config), *local = s->peer.local;
	struct buf literal = BUF_INIT;
	char *ascii = name ? idna_to_ascii(name) : NULL;
	char text[INET6_ADDRSTRLEN];
	union net_address address;

	if (ascii && !address_parse(ascii, &address))
		return ascii;
	if (ascii) {
		address_print(&address, text);
		local = text;
	}
	free(ascii);
	buf_addf(&literal, strchr(local, ':') ? "[IPv6:%s]" : "[%s]", *local ? local : "127.0.0.1");
	return buf_detach(&literal);
}

/* Takes what the reply to EHLO offers. */
static void take_offers(struct session *s)
{
	s->is_esmtp = reply_class(&s->reply) == 2;
	capabilities_parse(&s->capabilities, s->is_esmtp ? buf_str(&s->reply.text) : "");
	early_remember(s);
	if (s->avoid_chunking)
		s->capabilities.offers &= ~(unsigned)OFFER_CHUNKING;
	s->recipients_max = s->capabilities.rcpt_max;
}

static bool hello(struct session *s, struct error *err)
{
	session_enter(s, STEP_HELLO, clock_now_ms());
	if (!session_command(s, err, "EHLO %s", s->hello_name))
		return false;
	take_offers(s);
	if (s->is_esmtp)
		return true;
	if (reply_class(&s->reply) != 5)
		return serves_nobody(s, "EHLO", err);
	if (!session_command(s, err, "HELO %s", s->hello_name))
		return false;
	return reply_class(&s->reply) == 2 || serves_nobody(s, "HELO", err);
}

static bool hello_early(struct session *s, bool has_greeting, struct error *err)
{
	struct buf line = BUF_INIT;
	bool ok;

	s->is_early = s->owes_hello = true;
	s->owes_greeting = has_greeting;
	buf_addf(&line, "EHLO %s", s->hello_name);
	ok = session_send(s, buf_str(&line), NULL, err);
	buf_release(&line);
	return ok;
}

bool hello_catch_up(struct session *s, struct error *err)
{
	bool owes_greeting = s->owes_greeting, owes_hello = s->owes_hello;
	enum session_step step = s->step;

	s->owes_greeting = s->owes_hello = false;
	if (owes_greeting && !greeting(s, err))
		return false;
	if (!owes_hello)
		return true;
	s->step = STEP_HELLO;
	if (!session_reply(s, s->params->account->timeout_ms, err))
		return error_context(err, "EHLO");
	take_offers(s);
	if (!(s->capabilities.offers & OFFER_PIPECONNECT))
		return error_set(err, EX_TEMPFAIL, "4.5.0",
			"the server does not offer PIPECONNECT any more");
	s->step = step;
	return true;
}

/* Greeting (not after STARTTLS) and EHLO; early, where the server is known to like that. */
static bool meet(struct session *s, bool has_greeting, struct error *err)
{
	if (!s->hello_name)
		s->hello_name = hello_name(s);
	if (early_recall(s) && !s->avoid_early)
		return hello_early(s, has_greeting, err);
	return (!has_greeting || greeting(s, err)) && hello(s, err);
}

static bool start_tls(struct session *s, struct error *err)
{
	int64_t timeout_ms = s->params->account->timeout_ms;

	if (!hello_catch_up(s, err))
		return false;
	session_enter(s, STEP_TLS, clock_now_ms());
	if (!(s->capabilities.offers & OFFER_STARTTLS)) {
		error_set(err, EX_PROTOCOL, "5.7.10", "the server does not offer STARTTLS");
		return hint_for_tls(s, err);
	}
	if (!session_command(s, err, "STARTTLS"))
		return false;
	if (s->reply.code != 220)
		return session_refused(s, "STARTTLS", EX_PROTOCOL, LOGIN_CODES_DO_NOT, err);
	/* RFC 3207 section 4.2: what was said in clear is forgotten. */
	capabilities_release(&s->capabilities);
	return handshake(s, clock_now_ms() + timeout_ms, err) && meet(s, false, err);
}

bool hello_connect(struct session *s, struct error *err)
{
	const struct account *a = s->params->account;
	int64_t deadline_ms = clock_now_ms() + a->timeout_ms;
	bool ok;

	sandbox_begin(s->params->config, a, s->params->sandbox);
	ok = a->tls == TLS_OFF || tls_check_priority(a->tls_priority, err);
	ok = ok && connect_to(s, deadline_ms, err);
	if (a->tls == TLS_IMPLICIT)
		ok = ok && handshake(s, deadline_ms, err);
	ok = ok && meet(s, true, err);
	if (a->tls == TLS_STARTTLS)
		ok = ok && start_tls(s, err);
	ok = ok && auth_login(s, err);
	ok = ok && hello_catch_up(s, err);
	if (ok)
		session_enter(s, STEP_READY, clock_now_ms());
	return ok;
}
