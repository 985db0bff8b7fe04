/* SPDX-License-Identifier: ISC */
#include "cli/smtpd_parameter.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

enum {
	ENVID_MAX = 100, /* octets, RFC 3461 section 5.4 */
	ORCPT_MAX = 500, /* the same */
};

/* Decodes xtext (RFC 3461 section 4) to printable ASCII; false for anything else. */
static bool add_xtext(struct buf *b, const char *s)
{
	for (; *s; s++) {
		int c = (unsigned char)*s;

		if (c == '+') {
			int high = ascii_hex_value(s[1]);
			int low = high < 0 ? -1 : ascii_hex_value(s[2]);

			if (low < 0)
				return false;
			c = high * 16 + low;
			s += 2;
		} else if (c == '=' || c == ' ') {
			return false;
		}
		if (c < ' ' || c > '~')
			return false;
		buf_addc(b, (char)c);
	}
	return b->len > 0;
}

static bool is_xtext(const char *s)
{
	struct buf b = BUF_INIT;
	bool ok = add_xtext(&b, s);

	buf_release(&b);
	return ok;
}

static bool take_size(struct parameters *p, const char *value)
{
	unsigned long long size;

	if (strlen(value) > 20 || !ascii_to_number(value, UINT64_MAX, &size))
		return false;
	p->size = size;
	return true;
}

static bool take_body(struct parameters *p, const char *value)
{
	return ascii_equal(value, "7BIT") || ascii_equal(value, "8BITMIME");
}

static bool take_ret(struct parameters *p, const char *value)
{
	return envelope_parse_return(value, &p->ret);
}

static bool take_envid(struct parameters *p, const char *value)
{
	struct buf b = BUF_INIT;
	bool ok = strlen(value) <= ENVID_MAX && add_xtext(&b, value);

	if (ok)
		p->envid = buf_detach(&b);
	buf_release(&b);
	return ok;
}

static bool take_notify(struct parameters *p, const char *value)
{
	return envelope_parse_notify(value, &p->notify);
}

/* addr-type ";" xtext */
static bool take_orcpt(struct parameters *p, const char *value)
{
	const char *semicolon = strchr(value, ';');

	if (!semicolon || semicolon == value || strlen(value) > ORCPT_MAX ||
		!is_xtext(semicolon + 1))
		return false;
	for (const char *s = value; s < semicolon; s++)
		if (!ascii_is_alnum(*s) && *s != '-')
			return false;
	p->orcpt = alloc_string(value);
	return true;
}

/* SMTPUTF8 needs no note: whether it is needed is seen from the addresses. */
static const struct {
	const char *name;
	enum parameter_verb verb;
	bool (*take)(struct parameters *p, const char *value); /* NULL: it has no value */
} table[] = {
	{ "SIZE", PARAMETER_OF_MAIL, take_size },
	{ "BODY", PARAMETER_OF_MAIL, take_body },
	{ "SMTPUTF8", PARAMETER_OF_MAIL, NULL },
	{ "RET", PARAMETER_OF_MAIL, take_ret },
	{ "ENVID", PARAMETER_OF_MAIL, take_envid },
	{ "NOTIFY", PARAMETER_OF_RCPT, take_notify },
	{ "ORCPT", PARAMETER_OF_RCPT, take_orcpt },
};

enum { PARAMETERS = sizeof table / sizeof *table };

static bool refuse(struct error *err, int reply, const char *what, const char *word)
{
	error_set(err, EX_USAGE, "5.5.4", "%s '%s'", what, word);
	err->reply = reply;
	return false;
}

static bool parse_word(
	struct parameters *p, enum parameter_verb verb, char *word, bool *seen, struct error *err)
{
	char *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	size_t i = 0;

	while (i < PARAMETERS &&
		(table[i].verb != verb || !ascii_equal_bytes(word, len, table[i].name)))
		i++;
	if (i == PARAMETERS)
		return refuse(err, 555, "unknown parameter", word);
	if (seen[i])
		return refuse(err, 501, "repeated parameter", word);
	seen[i] = true;
	if (table[i].take ? !value || !table[i].take(p, value + 1) : value != NULL)
		return refuse(err, 501, "bad parameter", word);
	return true;
}

bool parameters_parse(
	struct parameters *p, enum parameter_verb verb, const char *text, struct error *err)
{
	bool seen[PARAMETERS] = { false };
	bool ok = true;

	for (text += strspn(text, " \t"); *text && ok; text += strspn(text, " \t")) {
		size_t len = strcspn(text, " \t");
		char *word = alloc_bytes(text, len);

		ok = parse_word(p, verb, word, seen, err);
		free(word);
		text += len;
	}
	return ok;
}

void parameters_release(struct parameters *p)
{
	free(p->envid);
	free(p->orcpt);
}
