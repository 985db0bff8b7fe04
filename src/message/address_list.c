/* SPDX-License-Identifier: ISC */
/* mailboxes_parse: what a list of tokens means (RFC 5322 section 3.4, 4.4). */
#include "message/address.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "message/address_tokens.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 1000 }; /* tokens of a member that is looked through for missing commas */

struct parser {
	struct mailboxes *out;
	const char *text;
	const struct token *tokens;
	const char *reason; /* why the last member is malformed */
};

/* Tokens from .. to - 1, and the place of the whole in the text. */
struct range {
	size_t from, to;
	size_t start, end;
};

static bool malformed(struct parser *p, const char *reason)
{
	p->reason = reason;
	return false;
}

/* The octets a quoted string stands for; folds and the blank behind them are a blank. */
static void unquote(struct buf *b, const char *s, size_t len)
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
static size_t parse_words(struct parser *p, size_t from, size_t to, bool quoted, struct buf *content)
{
	size_t i = from;

	while (i < to) {
		const struct token *t = &p->tokens[i];

		if (t->kind == TOKEN_ATOM)
			buf_add(content, p->text + t->start, t->end - t->start);
		else if (t->kind == TOKEN_QUOTED && quoted)
			unquote(content, p->text + t->start, t->end - t->start);
		else
			return from;
		if (++i == to || p->tokens[i].kind != TOKEN_DOT)
			return i;
		buf_addc(content, '.');
		i++;
	}
	return from;
}

static bool parse_local(struct parser *p, size_t *at, size_t to, struct buf *local)
{
	struct buf content = BUF_INIT;
	size_t end = parse_words(p, *at, to, true, &content);
	bool ok = true;

	if (end == *at)
		ok = malformed(p, "no local part");
	else if (has_control(&content))
		ok = malformed(p, "a control character in it");
	else if (!utf8_is_valid(buf_str(&content), content.len))
		ok = malformed(p, "not UTF-8");
	else
		add_local(local, buf_str(&content), content.len);
	buf_release(&content);
	*at = end;
	return ok;
}

/* [192.0.2.1]: printable ASCII without blanks, brackets and backslashes. */
static bool parse_literal(struct parser *p, const struct token *t, struct buf *domain)
{
	for (size_t i = t->start; i < t->end; i++) {
		char c = p->text[i];

		if (ascii_is_blank(c))
			continue;
		if (c == '\\' || ascii_is_control(c) || ascii_is_8bit(c))
			return malformed(p, "a bad domain literal");
		buf_addc(domain, c);
	}
	return domain->len > 2 || malformed(p, "an empty domain literal");
}

static bool parse_domain(struct parser *p, size_t *at, size_t to, struct buf *domain)
{
	size_t end;

	if (*at < to && p->tokens[*at].kind == TOKEN_LITERAL)
		return parse_literal(p, &p->tokens[(*at)++], domain);
	end = parse_words(p, *at, to, false, domain);
	if (end == *at)
		return malformed(p, "no valid domain behind the '@'");
	*at = end;
	return utf8_is_valid(buf_str(domain), domain->len) || malformed(p, "not UTF-8");
}

/* local or local@domain, all of the tokens from .. to - 1. */
static bool parse_spec(struct parser *p, size_t from, size_t to, struct mailbox *m)
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
		ok = malformed(p, "more than one address, or a name without '<' and '>' behind it");
	if (ok && local.len + domain.len + 3 > ADDRESS_PATH_MAX)
		ok = malformed(p, "longer than 256 octets");
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

/* The token behind a route "@a,@b:" (RFC 5322 section 4.4); `from` if there is none. */
static size_t skip_route(struct parser *p, size_t from, size_t to)
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

/* What stands before the angle bracket, as a person reads it. */
static char *display_name(struct parser *p, size_t from, size_t to)
{
	struct buf name = BUF_INIT;

	for (size_t i = from; i < to; i++) {
		const struct token *t = &p->tokens[i];

		if (t->gap && i > from)
			buf_addc(&name, ' ');
		if (t->kind == TOKEN_QUOTED)
			unquote(&name, p->text + t->start, t->end - t->start);
		else
			buf_add(&name, p->text + t->start, t->end - t->start);
	}
	return name.len ? buf_detach(&name) : NULL;
}

static bool parse_angle(struct parser *p, size_t from, size_t open, size_t to, struct mailbox *m)
{
	size_t close = p->tokens[open].close;
	size_t begin = skip_route(p, open + 1, close);

	if (close + 1 < to)
		return malformed(p, "text behind the '>'");
	if (begin == close) {
		p->out->nulls++;
		return true;
	}
	if (!parse_spec(p, begin, close, m))
		return false;
	m->name = display_name(p, from, open);
	return true;
}

/* One member without its group's name.  True with m->local NULL: it adds nothing. */
static bool parse_mailbox(struct parser *p, size_t from, size_t to, struct mailbox *m)
{
	size_t open = to;

	for (size_t i = from; i < to; i++) {
		if (p->tokens[i].kind != TOKEN_OPEN)
			continue;
		if (open < to)
			return malformed(p, "more than one address");
		open = i;
		i = p->tokens[i].close;
	}
	if (from == to)
		return true;
	return open < to ? parse_angle(p, from, open, to, m) : parse_spec(p, from, to, m);
}

static void add_mailbox(struct parser *p, struct mailbox *m, size_t start, size_t end)
{
	struct mailboxes *out = p->out;

	if (!m->local)
		return;
	if (out->count == out->alloc) {
		out->alloc = out->alloc ? out->alloc * 2 : 4;
		out->items = alloc_grow(out->items, out->alloc, sizeof *out->items);
	}
	m->item_start = start;
	m->item_end = end;
	out->items[out->count++] = *m;
}

/* Lines without a comma between them: each must be whole and leave no doubt. */
static bool split_at_folds(struct parser *p, const struct range *r)
{
	size_t from = r->from;

	for (size_t i = r->from + 1; i <= r->to; i++) {
		struct mailbox m = { 0 };
		const char *reason = p->reason;

		if (i < r->to && !p->tokens[i].fold)
			continue;
		if (i - from > PIECES_MAX)
			return false;
		if (!parse_mailbox(p, from, i, &m)) {
			p->reason = reason;
			continue;
		}
		if (!m.domain && p->tokens[i - 1].kind != TOKEN_CLOSE) {
			free(m.local);
			continue;
		}
		add_mailbox(p, &m, p->tokens[from].start, p->tokens[i - 1].end);
		from = i;
	}
	return from == r->to;
}

/* "Name:" before the members of a group.  False: a colon that has no meaning. */
static bool skip_group_name(struct parser *p, struct range *r)
{
	bool is_phrase = true;

	for (size_t i = r->from; i < r->to; i++) {
		const struct token *t = &p->tokens[i];

		if (t->kind == TOKEN_OPEN)
			return true;
		if (t->kind == TOKEN_AT)
			is_phrase = false;
		if (t->kind != TOKEN_COLON)
			continue;
		if (!is_phrase || i == r->from)
			return malformed(p, "a ':' that ends no group's name");
		r->from = i + 1;
		r->start = t->end;
		return true;
	}
	return true;
}

/* A colon is taken for text only where an angle bracket says what the address is. */
static bool has_angle(struct parser *p, const struct range *r)
{
	return r->from < r->to && p->tokens[r->to - 1].kind == TOKEN_CLOSE;
}

static void trim(struct parser *p, struct range *r)
{
	while (r->start < r->end && strchr(" \t\n", p->text[r->start]))
		r->start++;
	while (r->end > r->start && strchr(" \t\n", p->text[r->end - 1]))
		r->end--;
}

/* "a@b <line break> C <c@d>": two addresses without a comma, or one with a strange name? */
static bool is_doubtful(struct parser *p, const struct range *r, const struct mailbox *m)
{
	bool doubtful = false;

	for (size_t i = r->from + 1; i < r->to && p->tokens[i].start < m->start && !doubtful; i++) {
		struct mailbox first = { 0 };

		if (!p->tokens[i].fold)
			continue;
		if (i - r->from > PIECES_MAX)
			return true;
		doubtful = parse_spec(p, r->from, i, &first) && first.domain &&
			(!m->domain || strcmp(first.local, m->local) != 0 || !ascii_equal(first.domain, m->domain));
		free(first.local);
		free(first.domain);
	}
	return doubtful;
}

static bool parse_member(struct parser *p, struct range r)
{
	struct mailbox m = { 0 };
	size_t count = p->out->count;

	if (r.from == r.to)
		return true;
	if (!skip_group_name(p, &r) && !has_angle(p, &r))
		return false;
	trim(p, &r);
	if (parse_mailbox(p, r.from, r.to, &m)) {
		add_mailbox(p, &m, r.start, r.end);
		return !is_doubtful(p, &r, &m) || malformed(p, "more than one address, no comma between the lines");
	}
	if (split_at_folds(p, &r))
		return true;
	mailboxes_truncate(p->out, count);
	return false;
}

/* The ',' or ';' that ends the member which begins at token `from`, or the end. */
static size_t member_end(const struct tokens *t, size_t from)
{
	while (from < t->count && t->items[from].kind != TOKEN_COMMA && t->items[from].kind != TOKEN_SEMICOLON)
		from = t->items[from].kind == TOKEN_OPEN ? t->items[from].close + 1 : from + 1;
	return from;
}

static bool name_malformed(struct parser *p, struct range r, struct error *err)
{
	size_t len;

	trim(p, &r);
	len = r.end - r.start;
	return error_set(err, EX_DATAERR, "5.1.3", "malformed address '%.*s': %s", len < 200 ? (int)len : 200,
		p->text + r.start, p->reason);
}

static bool parse_members(struct parser *p, const struct tokens *t, size_t len, struct error *err)
{
	size_t start = 0;

	for (size_t from = 0; from < t->count;) {
		size_t to = member_end(t, from);
		struct range r = { from, to, start, to < t->count ? t->items[to].start : len };

		if (!parse_member(p, r))
			return name_malformed(p, r, err);
		start = to < t->count ? t->items[to].end : len;
		from = to + 1;
	}
	return true;
}

bool mailboxes_parse(struct mailboxes *m, const char *text, size_t len, struct error *err)
{
	struct tokens t = TOKENS_INIT;
	struct parser p = { .out = m, .text = text };
	size_t count = m->count;
	size_t nulls = m->nulls;
	bool ok = tokens_scan(&t, text, len, err);

	p.tokens = t.items;
	ok = ok && parse_members(&p, &t, len, err);
	if (!ok) {
		mailboxes_truncate(m, count);
		m->nulls = nulls;
	}
	tokens_release(&t);
	return ok;
}
