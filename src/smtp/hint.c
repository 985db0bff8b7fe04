/* SPDX-License-Identifier: ISC */
#include "smtp/hint.h"

#include <string.h>

/* A reply with this code (0: any) and these words (NULL: any), the first row that fits. */
static const struct {
	int code;
	const char *words;
	const char *hint;
} replies[] = {
	{ 534, "InvalidSecondFactor",
		"Google wants an app password here: https://myaccount.google.com/apppasswords" },
	{ 534, "pplication-specific",
		"Google wants an app password here: https://myaccount.google.com/apppasswords" },
	{ 535, "gsmtp",
		"Google takes an app password or OAuth2 (auth = xoauth2), not the password of the "
		"account" },
	{ 535, "basic authentication is disabled",
		"Microsoft wants OAuth2: auth = xoauth2 and a password_command that "
		"prints an access token" },
	{ 535, "SmtpClientAuthentication is disabled",
		"the administrator has to allow SMTP AUTH for this mailbox" },
	{ 535, NULL,
		"check 'user' and the secret of the account; many providers want an app password "
		"or a token" },
	{ 530, "STARTTLS",
		"the server wants TLS first: set 'tls = starttls', or 'tls = implicit' with port "
		"465" },
	{ 530, NULL, "the server wants a login: set 'user' and a secret for the account" },
	{ 538, NULL,
		"the server wants TLS first: set 'tls = starttls', or 'tls = implicit' with port "
		"465" },
	{ 0, "5.7.60",
		"this login may not send as this sender: set 'from' to an address of the account" },
	{ 0, "elay access denied", "the server relays only after a login, or not for this sender" },
	{ 0, "elaying denied", "the server relays only after a login, or not for this sender" },
};

bool hint_for_reply(const struct session *s, struct error *err)
{
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		bool fits = !replies[i].code || replies[i].code == s->reply.code;

		if (fits &&
			(!replies[i].words || strstr(buf_str(&s->reply.text), replies[i].words)))
			return error_hint(err, "%s", replies[i].hint);
	}
	return false;
}

bool hint_for_greeting(const struct session *s, struct error *err)
{
	const struct account *a = s->params->account;

	if (a->tls != TLS_IMPLICIT && s->port == 465)
		return error_hint(
			err, "on port 465 servers speak TLS from the start: set 'tls = implicit'");
	if (a->tls != TLS_IMPLICIT && err->code == EX_TEMPFAIL && strstr(err->text, "in time"))
		return error_hint(err,
			"a server that says nothing may wait for TLS: set 'tls = implicit', as on "
			"port 465");
	if (a->tls != TLS_IMPLICIT && err->code == EX_PROTOCOL)
		return error_hint(err, "is port %u the server's submission port?", s->port);
	return false;
}

bool hint_for_tls(const struct session *s, struct error *err)
{
	if (s->peer.is_local)
		return error_hint(err, "on this machine alone 'tls = off' does no harm");
	return error_hint(err,
		"'tls = implicit' with port 465, if the server has it; a server that used to offer "
		"STARTTLS may be hidden behind somebody in between");
}
