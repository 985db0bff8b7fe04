/* SPDX-License-Identifier: ISC */
#include "smtp/auth.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/clock.h"
#include "net/tls.h"
#include "smtp/credentials.h"
#include "smtp/hello.h"
#include "smtp/mechanism.h"
#include "smtp/oauth.h"

#include <gsasl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the attempt with one mechanism ended. */
enum verdict {
	VERDICT_IN,   /* logged in */
	VERDICT_NEXT, /* this mechanism will not do, another may */
	VERDICT_STOP, /* no other is tried; *err says why */
};

struct login {
	struct session *session;
	Gsasl *library;
	Gsasl_session *sasl; /* of the mechanism being tried */
	const struct mechanism *mechanism;
	struct credentials credentials;
	int rc; /* of the last step: GSASL_OK when, for the library, the exchange is complete */
	struct buf output;    /* of the last step, in base64; wiped */
	struct buf challenge; /* the server's last, decoded */
	char told[256];       /* what a failure's challenge said (RFC 7628 section 3.2.3) */
};

bool auth_scram_is_excessive(const char *challenge, size_t len)
{
	const char *count = len ? memmem(challenge, len, ",i=", 3) : NULL;
	size_t digits;

	if (!count || strncmp(challenge, "r=", 2) != 0)
		return false;
	count += 3;
	count += strspn(count, "0");
	digits = strspn(count, "0123456789");
	return digits > 7 || (digits == 7 && strncmp(count, "1000000", 7) > 0);
}

/* One step of the library; input NULL for the first.  The output is kept in base64. */
static void step(struct login *l, const struct buf *input)
{
	char *output = NULL;
	size_t len = 0;

	buf_wipe(&l->output);
	l->rc = gsasl_step(
		l->sasl, input ? buf_str(input) : NULL, input ? input->len : 0, &output, &len);
	if (l->rc != GSASL_OK && l->rc != GSASL_NEEDS_MORE)
		return;
	buf_reserve(&l->output, (len + 2) / 3 * 4);
	base64_encode(&l->output, output, len);
	if (output)
		explicit_bzero(output, len);
	gsasl_free(output);
}

/* Sends a line that holds credentials and leaves no copy of it in the output buffer. */
static bool send_secret(struct login *l, const char *line, const char *shown, struct error *err)
{
	struct session *s = l->session;
	bool ok;

	buf_reserve(&s->stream.out, strlen(line) + 2);
	ok = session_is_quiet(s, err) && session_send(s, line, shown, err) &&
	     stream_flush(&s->stream, err);
	buf_wipe(&s->stream.out);
	return ok;
}

/*
 * AUTH, with the initial response where it fits into a command line (RFC 4954 section 4); *sent
 * says whether it went.
 */
static bool send_auth(struct login *l, bool *sent, struct error *err)
{
	const char *name = l->mechanism->name;
	struct buf line = BUF_INIT, shown = BUF_INIT;
	bool ok;

	*sent = l->mechanism->has_initial_response &&
		strlen(name) + l->output.len + sizeof "AUTH  \r" <= AUTH_LINE_MAX;
	buf_reserve(&line, strlen(name) + l->output.len + 16);
	buf_addf(&line, "AUTH %s", name);
	if (*sent)
		buf_addf(&line, " %s", l->output.len ? l->output.data : "=");
	buf_addf(&shown, "AUTH %s%s", name, *sent ? " ***" : "");
	ok = send_secret(l, buf_str(&line), buf_str(&shown), err);
	buf_wipe(&line);
	buf_release(&shown);
	return ok;
}

static bool next_reply(struct login *l, struct error *err)
{
	if (!hello_catch_up(l->session, err))
		return false;
	return session_reply(l->session, l->session->params->account->timeout_ms, err) ||
	       error_context(err, "AUTH");
}

/* Gives the exchange up (RFC 4954 section 4); what the server says to that does not count. */
static enum verdict cancel(struct login *l, enum verdict verdict)
{
	struct error ignored = ERROR_INIT;

	if (!session_send(l->session, "*", NULL, &ignored) || !next_reply(l, &ignored))
		return VERDICT_STOP;
	return verdict;
}

static enum verdict protocol_error(struct login *l, const char *what, struct error *err)
{
	cancel(l, VERDICT_STOP);
	error_set(err, EX_PROTOCOL, "5.7.0", "AUTH %s: %s", l->mechanism->name, what);
	return VERDICT_STOP;
}

/*
 * A failed step before the server was told anything, or of a password that the mechanism cannot
 * take.
 */
static enum verdict local_trouble(struct login *l, struct error *err)
{
	error_set(
		err, EX_NOPERM, "5.7.4", "AUTH %s: %s", l->mechanism->name, gsasl_strerror(l->rc));
	if (l->rc == GSASL_SASLPREP_ERROR)
		error_hint(err, "the user or the secret holds characters that %s does not know",
			l->mechanism->name);
	if (l->rc == GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR)
		error_hint(err, "is there a Kerberos ticket? klist shows it, kinit gets one");
	return VERDICT_NEXT;
}

/* 504 and 534 speak of the mechanism, everything else of the login. */
static enum verdict refused(struct login *l, struct error *err)
{
	int code = l->session->reply.code;
	struct buf command = BUF_INIT;

	buf_addf(&command, l->told[0] ? "AUTH %s (%s)" : "AUTH %s", l->mechanism->name, l->told);
	session_refused(l->session, buf_str(&command), EX_NOPERM, LOGIN_CODES_COUNT, err);
	buf_release(&command);
	if (code == 535 && l->mechanism->answers_failure)
		error_hint(err, "the server does not take this access token: get a new one, made "
				"for sending mail");
	return code == 504 || code == 534 ? VERDICT_NEXT : VERDICT_STOP;
}

static enum verdict success(struct login *l, struct error *err)
{
	/* Mutual mechanisms: who says "welcome" before the proof is not who we think. */
	if (l->rc != GSASL_OK) {
		error_set(err, EX_PROTOCOL, "5.7.0",
			"AUTH %s: the server accepted the login without proving itself",
			l->mechanism->name);
		return VERDICT_STOP;
	}
	snprintf(l->session->mechanism, sizeof l->session->mechanism, "%s", l->mechanism->name);
	return VERDICT_IN;
}

static void keep_words(struct login *l)
{
	struct buf line = BUF_INIT;

	if (!l->mechanism->answers_failure || l->rc != GSASL_OK)
		return;
	buf_add_printable(&line, buf_str(&l->challenge), l->challenge.len);
	snprintf(l->told, sizeof l->told, "%s", buf_str(&line));
	buf_release(&line);
}

/* Answers the challenge that has just been read; VERDICT_IN: the exchange goes on. */
static enum verdict answer(struct login *l, struct error *err)
{
	const struct buf *text = &l->session->reply.text;

	buf_wipe(&l->challenge);
	if (l->rc == GSASL_OK && !l->mechanism->answers_failure)
		return protocol_error(l, "the server asks for more than the mechanism has", err);
	if (!base64_decode(&l->challenge, buf_str(text), text->len))
		return protocol_error(l, "the server's challenge is not base64", err);
	if (auth_scram_is_excessive(buf_str(&l->challenge), l->challenge.len))
		return protocol_error(
			l, "the server wants more iterations than anybody needs", err);
	keep_words(l);
	step(l, &l->challenge);
	if (l->rc == GSASL_SASLPREP_ERROR)
		return cancel(l, local_trouble(l, err));
	if (l->rc != GSASL_OK && l->rc != GSASL_NEEDS_MORE)
		return protocol_error(l, gsasl_strerror(l->rc), err);
	return send_secret(l, buf_str(&l->output), "***", err) ? VERDICT_IN : VERDICT_STOP;
}

static enum verdict converse(struct login *l, struct error *err)
{
	enum verdict verdict = VERDICT_IN;
	bool is_sent;

	if (!send_auth(l, &is_sent, err))
		return VERDICT_STOP;
	for (int rounds = 0; verdict == VERDICT_IN; rounds++) {
		if (!next_reply(l, err))
			return VERDICT_STOP;
		if (reply_class(&l->session->reply) == 2)
			return success(l, err);
		if (l->session->reply.code != 334)
			return refused(l, err);
		if (rounds == AUTH_ROUNDS_MAX)
			return protocol_error(l, "the exchange does not end", err);
		if (l->mechanism->has_initial_response && !is_sent)
			is_sent = send_secret(l, l->output.len ? l->output.data : "", "***", err);
		else
			verdict = answer(l, err);
		if (l->mechanism->has_initial_response && !is_sent)
			return VERDICT_STOP;
	}
	return verdict;
}

static enum verdict attempt(struct login *l, struct error *err)
{
	enum verdict verdict;

	l->told[0] = '\0';
	l->rc = gsasl_client_start(l->library, l->mechanism->name, &l->sasl);
	if (l->rc != GSASL_OK)
		return local_trouble(l, err);
	l->rc = GSASL_NEEDS_MORE;
	if (l->mechanism->has_initial_response)
		step(l, NULL);
	verdict = l->rc == GSASL_OK || l->rc == GSASL_NEEDS_MORE ? converse(l, err)
								 : local_trouble(l, err);
	credentials_wipe(l->sasl);
	return verdict;
}

/* No command runs confined: what this one has printed is kept for the logins to come. */
static void confine(struct login *l)
{
	const struct session_params *p = l->session->params;

	if (!sandbox_waits(p->account) || sandbox_reason(p->config, p->account, p->sandbox))
		return;
	secret_keep(p->config, p->account, &l->credentials.secret);
	sandbox_begin(p->config, p->account, p->sandbox);
}

/* What the mechanism needs of the account; the secret is fetched for the first that needs it. */
static bool prepare(struct login *l, struct error *err)
{
	const struct session_params *p = l->session->params;

	if (l->mechanism->needs_user && !p->account->user)
		return error_set(err, EX_CONFIG, NULL, "account '%s': %s needs 'user'",
			p->account->name, l->mechanism->name);
	if (!l->mechanism->needs_secret || l->credentials.has_secret)
		return true;
	l->credentials.has_secret = secret_get(&l->credentials.secret, p->account, p->caller, err);
	if (l->credentials.has_secret)
		confine(l);
	return l->credentials.has_secret;
}

static bool try_all(
	struct login *l, const struct mechanism *const *list, size_t count, struct error *err)
{
	enum verdict verdict = VERDICT_NEXT;

	for (size_t i = 0; i < count && verdict == VERDICT_NEXT; i++) {
		l->mechanism = l->credentials.mechanism = list[i];
		verdict = prepare(l, err) ? attempt(l, err) : VERDICT_STOP;
	}
	return verdict == VERDICT_IN;
}

static bool is_private(const struct session *s, struct error *err)
{
	if (s->stream.tls || s->peer.is_local)
		return true;
	error_set(err, EX_PROTOCOL, "5.7.11", "the login would go over an unencrypted connection");
	return error_hint(err, "set 'tls = starttls' or 'tls = implicit', or 'auth = none' for a "
			       "server that wants no login");
}

static bool can_bind(const struct session *s)
{
	struct buf binding = BUF_INIT;
	const char *type;
	bool can = s->stream.tls && tls_channel_binding(s->stream.tls, &type, &binding);

	buf_release(&binding);
	return can;
}

bool auth_login(struct session *s, struct error *err)
{
	const struct account *a = s->params->account;
	const struct mechanism *list[MECHANISMS_MAX];
	struct login l = { .session = s, .credentials = { .session = s } };
	size_t count;
	bool ok;

	if (!mechanism_is_wanted(a))
		return true;
	session_enter(s, STEP_AUTH, clock_now_ms());
	if (!is_private(s, err) ||
		!mechanism_choose(a, &s->capabilities.auth, can_bind(s), list, &count, err))
		return false;
	if (gsasl_init(&l.library) != GSASL_OK || !oauth_register(l.library))
		return error_set(err, EX_SOFTWARE, NULL, "libgsasl cannot be initialised");
	gsasl_callback_hook_set(l.library, &l.credentials);
	gsasl_callback_set(l.library, credentials_give);
	ok = try_all(&l, list, count, err);
	gsasl_done(l.library);
	secret_release(&l.credentials.secret);
	buf_wipe(&l.output);
	buf_wipe(&l.challenge);
	return ok;
}

char *auth_describe_library(void)
{
	struct buf text = BUF_INIT;
	char *names = NULL;
	Gsasl *library;

	buf_addf(&text, "libgsasl %s", gsasl_check_version(NULL));
	if (gsasl_init(&library) == GSASL_OK) {
		if (oauth_register(library) && gsasl_client_mechlist(library, &names) == GSASL_OK)
			buf_addf(&text, " (%s)", names);
		gsasl_free(names);
		gsasl_done(library);
	}
	return buf_detach(&text);
}
