/* SPDX-License-Identifier: ISC */
#include "smtp/path.h"

#include "base/ascii.h"
#include "message/address.h"

#include <stdlib.h>
#include <string.h>

/* xtext (RFC 3461 section 4). */
static void add_xtext(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text > ' ' && *text < 0x7f && *text != '+' && *text != '=')
			buf_addc(b, *text);
		else
			buf_addf(b, "+%02X", (unsigned)(unsigned char)*text);
	}
}

/* The code point of the UTF-8 character of len octets at s. */
static unsigned long code_point(const char *s, size_t len)
{
	unsigned long point = (unsigned char)*s & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((unsigned char)s[i] & 0x3fu);
	return point;
}

void path_add_utf8_xtext(struct buf *b, const char *text)
{
	while (*text) {
		size_t len = utf8_length(text, strlen(text));

		if (len > 1)
			buf_addf(b, "\\x{%lX}", code_point(text, len));
		else if (*text > ' ' && *text < 0x7f && !strchr("+=\\", *text))
			buf_addc(b, *text);
		else
			buf_addf(b, "\\x{%X}", (unsigned)(unsigned char)*text);
		text += len ? len : 1;
	}
}

/* Adds "<address>", in UTF-8 or with A-labels; false where only SMTPUTF8 could carry it. */
static bool add_path(struct buf *line, const char *address, bool is_utf8)
{
	char *ascii = NULL;

	if (!is_utf8 && !address_is_ascii(address)) {
		ascii = address_needs_utf8(address) ? NULL : address_to_ascii_domain(address);
		if (!ascii)
			return false;
	}
	buf_addf(line, "<%s>", ascii ? ascii : address);
	free(ascii);
	return true;
}

static const char *why_not(const char *address)
{
	return address_needs_utf8(address) ? "the server does not offer SMTPUTF8"
					   : "its domain is no name that IDNA knows";
}

/* What the caller did not ask for with -N and -R, the account may. */
static unsigned notify_of(const struct session *s, const struct recipient *r)
{
	const char *usual = s->params->account->dsn_notify;
	unsigned notify;

	return !r->notify && usual && envelope_parse_notify(usual, &notify) ? notify : r->notify;
}

static enum dsn_return return_of(const struct session *s, const struct envelope *e)
{
	const char *usual = s->params->account->dsn_return;
	enum dsn_return ret;

	return e->ret == RETURN_DEFAULT && usual && envelope_parse_return(usual, &ret) ? ret
										       : e->ret;
}

static void add_dsn(struct buf *line, const struct session *s, const struct envelope *e)
{
	enum dsn_return ret = return_of(s, e);

	if (ret != RETURN_DEFAULT)
		buf_addf(line, " RET=%s", ret == RETURN_FULL ? "FULL" : "HDRS");
	if (e->envid) {
		buf_adds(line, " ENVID=");
		add_xtext(line, e->envid);
	}
}

bool path_mail(struct buf *line, const struct session *s, const struct envelope *e,
	const struct content *c, struct error *err)
{
	unsigned offers = s->capabilities.offers;

	buf_adds(line, "MAIL FROM:");
	if (!add_path(line, e->sender, c->needs_utf8))
		return error_set(
			err, EX_DATAERR, "5.6.7", "sender <%s>: %s", e->sender, why_not(e->sender));
	if (line->len > strlen("MAIL FROM:") + ADDRESS_PATH_MAX)
		return error_set(err, EX_DATAERR, "5.1.7", "sender <%.200s>: longer than %d octets",
			e->sender, ADDRESS_PATH_MAX);
	if (offers & OFFER_SIZE)
		buf_addf(line, " SIZE=%llu", (unsigned long long)c->size);
	if (c->is_8bit && offers & OFFER_8BITMIME)
		buf_adds(line, " BODY=8BITMIME");
	if (c->needs_utf8)
		buf_adds(line, " SMTPUTF8");
	if (offers & OFFER_DSN)
		add_dsn(line, s, e);
	if (!s->params->account->require_tls)
		return true;
	if (!(offers & OFFER_REQUIRETLS) || !s->stream.tls)
		return error_set(
			err, EX_UNAVAILABLE, "5.7.30", "the server does not offer REQUIRETLS");
	buf_adds(line, " REQUIRETLS");
	return true;
}

static void add_notify(struct buf *line, unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ NOTIFY_NEVER, "NEVER" },
		{ NOTIFY_SUCCESS, "SUCCESS" },
		{ NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" },
	};
	const char *separator = " NOTIFY=";

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!(notify & words[i].bit))
			continue;
		buf_addf(line, "%s%s", separator, words[i].word);
		separator = ",";
	}
}

/* A local name without a domain is no address that a remote system could report about. */
static void add_orcpt(struct buf *line, const struct recipient *r, bool is_utf8)
{
	const char *original = r->original ? r->original : r->address;

	if (r->orcpt) {
		buf_addf(line, " ORCPT=%s", r->orcpt);
	} else if (!address_domain(original)) {
		return;
	} else if (address_is_ascii(original)) {
		buf_adds(line, " ORCPT=rfc822;");
		add_xtext(line, original);
	} else if (is_utf8) {
		buf_adds(line, " ORCPT=utf-8;");
		path_add_utf8_xtext(line, original);
	}
}

bool path_rcpt(struct buf *line, const struct session *s, const struct recipient *r, bool is_utf8,
	struct error *err)
{
	unsigned notify = notify_of(s, r);

	buf_adds(line, "RCPT TO:");
	if (!add_path(line, r->address, is_utf8))
		return error_set(
			err, EX_NOUSER, "5.6.7", "<%s>: %s", r->address, why_not(r->address));
	if (!(s->capabilities.offers & OFFER_DSN) || !(notify || r->orcpt || r->original))
		return true;
	add_notify(line, notify);
	add_orcpt(line, r, is_utf8);
	return true;
}
