/* SPDX-License-Identifier: ISC */
#include "message/address_spec.h"

#include "base/ascii.h"

#include <string.h>

bool address_malformed(struct address_parser *p, const char *reason)
{
	p->reason = reason;
	return false;
}

void address_unquote(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 1; i + 1 < len; i++) {
		if (s[i] == '\\' && i + 2 < len)
			i++;
		if (s[i] != '\n')
			buf_addc(b, s[i]);
	}
}

static bool is_dot_atom(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool dot = s[i] == '.';

		if (dot && (i == 0 || i + 1 == len || s[i + 1] == '.'))
			return false;
		if (!dot && (ascii_is_control(s[i]) || strchr(" ()<>[]:;@\\,\"", s[i])))
			return false;
	}
	return len > 0;
}

/* Adds content as RFC 5321 writes a local part: quoted only where that must be. */
static void add_local(struct buf *b, const char *s, size_t len)
{
	if (is_dot_atom(s, len)) {
		buf_add(b, s, len);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s[i]);
	}
	buf_addc(b, '"');
}

static bool has_control(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (ascii_is_control(b->data[i]))
			return true;
	return false;
}

/* words with dots between; returns the token behind them, `from` if there are none. */
static size_t parse_words(
	struct address_parser *p, size_t from, size_t to, bool quoted, struct buf *content)
{
	size_t i = from;

	while (i < to) {
		const struct token *t = &p->tokens[i];

		if (t->kind == TOKEN_ATOM)
			buf_add(content, p->text + t->start, t->end - t->start);
		else if (t->kind == TOKEN_QUOTED && quoted)
			address_unquote(content, p->text + t->start, t->end - t->start);
		else
			return from;
		if (++i == to || p->tokens[i].kind != TOKEN_DOT)
			return i;
		buf_addc(content, '.');
		i++;
	}
	return from;
}

static bool parse_local(struct address_parser *p, size_t *at, size_t to, struct buf *local)
{
	struct buf content = BUF_INIT;
	size_t end = parse_words(p, *at, to, true, &content);
	bool ok = true;

	if (end == *at)
		ok = address_malformed(p, "no local part");
	else if (has_control(&content))
		ok = address_malformed(p, "a control character in it");
	else if (!utf8_is_valid(buf_str(&content), content.len))
		ok = address_malformed(p, "not UTF-8");
	else
		add_local(local, buf_str(&content), content.len);
	buf_release(&content);
	*at = end;
	return ok;
}

/* [192.0.2.1]: printable ASCII without blanks, brackets and backslashes. */
static bool parse_literal(struct address_parser *p, const struct token *t, struct buf *domain)
{
	for (size_t i = t->start; i < t->end; i++) {
		char c = p->text[i];

		if (ascii_is_blank(c))
			continue;
		if (c == '\\' || ascii_is_control(c) || ascii_is_8bit(c))
			return address_malformed(p, "a bad domain literal");
		buf_addc(domain, c);
	}
	return domain->len > 2 || address_malformed(p, "an empty domain literal");
}

static bool parse_domain(struct address_parser *p, size_t *at, size_t to, struct buf *domain)
{
	size_t end;

	if (*at < to && p->tokens[*at].kind == TOKEN_LITERAL)
		return parse_literal(p, &p->tokens[(*at)++], domain);
	end = parse_words(p, *at, to, false, domain);
	if (end == *at)
		return address_malformed(p, "no valid domain behind the '@'");
	*at = end;
	return utf8_is_valid(buf_str(domain), domain->len) || address_malformed(p, "not UTF-8");
}

bool address_spec(struct address_parser *p, size_t from, size_t to, struct mailbox *m)
{
	struct buf local = BUF_INIT;
	struct buf domain = BUF_INIT;
	size_t at = from;
	bool has_domain, ok;

	ok = parse_local(p, &at, to, &local);
	has_domain = ok && at < to && p->tokens[at].kind == TOKEN_AT;
	if (has_domain) {
		at++;
		ok = parse_domain(p, &at, to, &domain);
	}
	if (ok && at < to)
		ok = address_malformed(
			p, "more than one address, or a name without '<' and '>' behind it");
	if (ok && local.len + domain.len + 3 > ADDRESS_PATH_MAX)
		ok = address_malformed(p, "longer than 256 octets");
	if (ok) {
		m->local = buf_detach(&local);
		m->domain = has_domain ? buf_detach(&domain) : NULL;
		m->start = p->tokens[from].start;
		m->end = p->tokens[to - 1].end;
	}
	buf_release(&local);
	buf_release(&domain);
	return ok;
}

size_t address_route(struct address_parser *p, size_t from, size_t to)
{
	bool hop = false;

	for (size_t i = from; i < to;) {
		struct buf domain = BUF_INIT;
		bool ok = true;

		if (p->tokens[i].kind == TOKEN_COLON)
			return hop ? i + 1 : from;
		if (p->tokens[i].kind == TOKEN_AT) {
			i++;
			ok = parse_domain(p, &i, to, &domain);
			hop = true;
		} else if (p->tokens[i++].kind != TOKEN_COMMA) {
			ok = false;
		}
		buf_release(&domain);
		if (!ok)
			return from;
	}
	return from;
}
