/* SPDX-License-Identifier: ISC */
#include "cli/check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "message/address.h"
#include "message/compose.h"
#include "message/content.h"
#include "net/tls.h"
#include "queue/trouble.h"
#include "smtp/path.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXPIRES_SOON_DAYS = 14 };

static const char *const step_names[] = {
	[STEP_LOOKUP] = "lookup",
	[STEP_CONNECT] = "connect",
	[STEP_GREETING] = "greeting",
	[STEP_HELLO] = "capabilities",
	[STEP_TLS] = "tls",
	[STEP_AUTH] = "auth",
	[STEP_READY] = "ready",
};

/* The reply on one line. */
static void say_reply(struct check *c, enum check_mark mark, const char *step, int64_t ms)
{
	struct buf line = BUF_INIT;

	reply_add_line(&c->session.reply, &line);
	check_say(c, mark, step, ms, NULL, "%d %s", c->session.reply.code, buf_str(&line));
	buf_release(&line);
}

/* What EHLO offers, the first line with the server's name left out. */
static void say_capabilities(struct check *c, int64_t ms)
{
	const char *text = buf_str(&c->session.reply.text), *rest = strchr(text, '\n');
	struct buf line = BUF_INIT;

	for (const char *at = rest ? rest + 1 : ""; *at;) {
		size_t len = strcspn(at, "\n");

		buf_adds(&line, line.len ? ", " : "");
		buf_add(&line, at, len);
		at += len + (at[len] == '\n');
	}
	check_say(c, MARK_OK, "capabilities", ms, NULL, "%s",
		!c->session.is_esmtp ? "none: the server knows HELO only"
		: line.len           ? buf_str(&line)
				     : "none");
	buf_release(&line);
}

static void say_certificate(struct check *c, const struct tls_info *info)
{
	int64_t days = (info->expires_s - clock_wall_s()) / 86400;
	time_t at = (time_t)info->expires_s;
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	check_say(c, days < EXPIRES_SOON_DAYS ? MARK_WARN : MARK_OK, "certificate", -1,
		days < EXPIRES_SOON_DAYS ? "the server's operator has to renew it soon" : NULL,
		"%s, for %s, issuer %s, expires %s (%lld days), %s%s, %s", info->subject,
		info->names, info->issuer, date, (long long)days,
		info->verified && strcmp(info->trust, "pinned") != 0 ? "trusted by " : "",
		info->trust, info->fingerprint);
}

static void say_tls(struct check *c, const struct session *s, int64_t ms)
{
	struct tls_info info;

	tls_describe(s->stream.tls, &info);
	check_say(c, MARK_OK, "tls", ms, NULL, "%s %s%s", info.version, info.cipher,
		info.resumed ? ", resumed" : "");
	say_certificate(c, &info);
}

static void say_login(struct check *c, const struct session *s, int64_t ms)
{
	struct buf offered = BUF_INIT;

	for (size_t i = 0; i < s->capabilities.auth.count; i++)
		buf_addf(&offered, "%s%s", i ? " " : "", s->capabilities.auth.items[i]);
	check_say(c, MARK_OK, "auth", ms, NULL, "%s as %s (offered: %s)", s->mechanism,
		c->account.user ? c->account.user : "the certificate says", buf_str(&offered));
	buf_release(&offered);
}

static void say_step(struct check *c, const struct session *s, enum session_step step, int64_t ms)
{
	switch (step) {
	case STEP_LOOKUP:
		if (!c->account.socket)
			check_say(c, MARK_OK, "lookup", ms, NULL, "%s: %s", s->host,
				s->peer.addresses);
		break;
	case STEP_CONNECT:
		c->turns = 0;
		c->round_trips += c->account.socket ? 0 : 1;
		if (c->account.socket)
			check_say(c, MARK_OK, "connect", ms, NULL, "%s", c->account.socket);
		else
			check_say(c, MARK_OK, "connect", ms, NULL, "%s port %u%s", s->peer.address,
				s->port, c->account.proxy ? " by way of the proxy" : "");
		break;
	case STEP_GREETING:
		say_reply(c, MARK_OK, "greeting", ms);
		break;
	case STEP_HELLO:
		say_capabilities(c, ms);
		break;
	case STEP_TLS:
		say_tls(c, s, ms);
		break;
	case STEP_AUTH:
		say_login(c, s, ms);
		break;
	case STEP_READY:
		break;
	}
}

static void observe(void *context, const struct session *s, enum session_step step, int64_t ms,
	const struct error *err)
{
	struct check *c = context;

	if (err)
		check_fail(c, step_names[step], ms, err);
	else
		say_step(c, s, step, ms);
}

/* A step of the check's own: a command and its reply, which must be 2yz. */
static bool ask(struct check *c, const char *step, const char *line, enum session_login login)
{
	struct session *s = &c->session;
	int64_t begun_ms = clock_now_ms();
	struct error err = ERROR_INIT;
	struct buf shown = BUF_INIT;
	bool ok = session_command(s, &err, "%s", line);

	if (ok && reply_class(&s->reply) == 2) {
		say_reply(c, MARK_OK, step, clock_now_ms() - begun_ms);
		return true;
	}
	if (strcmp(step, "rcpt") == 0)
		buf_addf(&shown, "%.*s>", (int)strcspn(line, ">"), line);
	else
		buf_adds(&shown, "MAIL FROM");
	if (ok)
		session_refused(s, buf_str(&shown),
			strcmp(step, "rcpt") == 0 ? EX_NOUSER : EX_UNAVAILABLE, login, &err);
	buf_release(&shown);
	session_error(s, &err);
	return check_fail(c, step, clock_now_ms() - begun_ms, &err);
}

/* The sender, and --rcpt's recipient, completed as the program would. */
static bool make_envelope(struct check *c, struct envelope *e, struct error *err)
{
	char *to, *full;
	bool ok;

	e->sender = alloc_string(c->sender);
	if (!c->params->rcpt)
		return true;
	to = address_parse_sender(c->params->rcpt, err);
	if (!to)
		return false;
	full = compose_complete(to, &c->config);
	ok = *full ? envelope_add(e, full, NULL, err)
		   : error_set(err, EX_DATAERR, "5.1.3", "'%s' is no address", c->params->rcpt);
	free(full);
	free(to);
	return ok;
}

/* MAIL, RCPT where there is one, RSET: no message is sent. */
static bool try_envelope(struct check *c)
{
	struct envelope e = { .sender = NULL };
	struct content content = CONTENT_INIT;
	struct buf mail = BUF_INIT, rcpt = BUF_INIT;
	struct error err = ERROR_INIT;
	bool ok = make_envelope(c, &e, &err);

	content.needs_utf8 = ok && c->session.capabilities.offers & OFFER_SMTPUTF8 &&
			     (address_needs_utf8(e.sender) ||
				     (e.count && address_needs_utf8(e.recipients[0].address)));
	ok = ok && path_mail(&mail, &c->session, &e, &content, &err);
	if (ok && e.count)
		ok = path_rcpt(&rcpt, &c->session, &e.recipients[0], content.needs_utf8, &err);
	if (!ok)
		check_fail(c, "mail", -1, &err);
	ok = ok && ask(c, "mail", buf_str(&mail), LOGIN_CODES_COUNT);
	ok = ok && (!e.count || ask(c, "rcpt", buf_str(&rcpt), LOGIN_CODES_DO_NOT));
	if (ok)
		session_command(&c->session, &err, "RSET");
	buf_release(&mail);
	buf_release(&rcpt);
	envelope_release(&e);
	return ok;
}

/* Servers may keep silent about addresses and commands: whatever they say is information. */
static bool inquire(struct check *c, const char *step, const char *line)
{
	int64_t begun_ms = clock_now_ms();
	struct error err = ERROR_INIT;

	if (!session_command(&c->session, &err, "%s", line))
		return check_fail(c, step, clock_now_ms() - begun_ms, &err);
	say_reply(c, MARK_INFO, step, clock_now_ms() - begun_ms);
	return true;
}

static bool inquire_all(struct check *c)
{
	struct buf line = BUF_INIT;
	bool ok = true;

	if (c->params->vrfy) {
		buf_addf(&line, "VRFY %s", c->params->vrfy);
		ok = inquire(c, "vrfy", buf_str(&line));
	}
	buf_release(&line);
	return ok && (!c->params->server_help || inquire(c, "help", "HELP"));
}

bool check_server(struct check *c)
{
	const struct session_observer observer = { .step = observe, .context = c };
	const struct session_params params = { .account = &c->account,
		.config = &c->config,
		.caller = c->params->caller,
		.observer = &observer };
	struct error err = ERROR_INIT;
	int64_t begun_ms = clock_now_ms();
	bool ok = session_open(&c->session, &params, &err);

	c->status = ok ? EX_OK : err.code;
	if (ok)
		trouble_forget(config_account(&c->config, c->account.name), &c->config);
	ok = ok && try_envelope(c) && inquire_all(c);
	if (ok)
		check_say_total(c, clock_now_ms() - begun_ms);
	session_close(&c->session);
	return ok;
}
