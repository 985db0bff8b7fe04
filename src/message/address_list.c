/* SPDX-License-Identifier: ISC */
/* mailboxes_parse: what a list of tokens means (RFC 5322 section 3.4, 4.4). */
#include "message/address.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "message/address_spec.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 1000 }; /* tokens of a member that is looked through for missing commas */

/* Tokens from .. to - 1, and the place of the whole in the text. */
struct range {
	size_t from, to;
	size_t start, end;
};

/* What stands before the angle bracket, as a person reads it. */
static char *display_name(struct address_parser *p, size_t from, size_t to)
{
	struct buf name = BUF_INIT;

	for (size_t i = from; i < to; i++) {
		const struct token *t = &p->tokens[i];

		if (t->gap && i > from)
			buf_addc(&name, ' ');
		if (t->kind == TOKEN_QUOTED)
			address_unquote(&name, p->text + t->start, t->end - t->start);
		else
			buf_add(&name, p->text + t->start, t->end - t->start);
	}
	return name.len ? buf_detach(&name) : NULL;
}

static bool parse_angle(
	struct address_parser *p, size_t from, size_t open, size_t to, struct mailbox *m)
{
	size_t close = p->tokens[open].close;
	size_t begin = address_route(p, open + 1, close);

	if (close + 1 < to)
		return address_malformed(p, "text behind the '>'");
	if (begin == close) {
		p->out->nulls++;
		return true;
	}
	if (!address_spec(p, begin, close, m))
		return false;
	m->name = display_name(p, from, open);
	m->name_end = p->tokens[open].start;
	return true;
}

/* One member without its group's name.  True with m->local NULL: it adds nothing. */
static bool parse_mailbox(struct address_parser *p, size_t from, size_t to, struct mailbox *m)
{
	size_t open = to;

	for (size_t i = from; i < to; i++) {
		if (p->tokens[i].kind != TOKEN_OPEN)
			continue;
		if (open < to || p->tokens[i].close >= to)
			return address_malformed(p, "more than one address");
		open = i;
		i = p->tokens[i].close;
	}
	if (from == to)
		return true;
	return open < to ? parse_angle(p, from, open, to, m) : address_spec(p, from, to, m);
}

static void add_mailbox(struct address_parser *p, struct mailbox *m, size_t start, size_t end)
{
	struct mailboxes *out = p->out;

	if (!m->local)
		return;
	out->items = alloc_more(out->items, out->count, &out->alloc, sizeof *out->items);
	m->item_start = start;
	m->item_end = end;
	if (m->name_end < start)
		m->name_end = start;
	out->items[out->count++] = *m;
}

/* Lines without a comma between them: each must be whole and leave no doubt. */
static bool split_at_folds(struct address_parser *p, const struct range *r)
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
static bool skip_group_name(struct address_parser *p, struct range *r)
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
			return address_malformed(p, "a ':' that ends no group's name");
		r->from = i + 1;
		r->start = t->end;
		return true;
	}
	return true;
}

/* A colon is taken for text only where an angle bracket says what the address is. */
static bool has_angle(struct address_parser *p, const struct range *r)
{
	return r->from < r->to && p->tokens[r->to - 1].kind == TOKEN_CLOSE;
}

static void trim(struct address_parser *p, struct range *r)
{
	while (r->start < r->end && ascii_is_space(p->text[r->start]))
		r->start++;
	while (r->end > r->start && ascii_is_space(p->text[r->end - 1]))
		r->end--;
}

/* "a@b <line break> C <c@d>": two addresses without a comma, or one with a strange name? */
static bool is_doubtful(struct address_parser *p, const struct range *r, const struct mailbox *m)
{
	bool doubtful = false;

	for (size_t i = r->from + 1; i < r->to && p->tokens[i].start < m->start && !doubtful; i++) {
		struct mailbox first = { 0 };

		if (!p->tokens[i].fold)
			continue;
		if (i - r->from > PIECES_MAX)
			return true;
		doubtful = address_spec(p, r->from, i, &first) && first.domain &&
			   (!m->domain || strcmp(first.local, m->local) != 0 ||
				   !ascii_equal(first.domain, m->domain));
		free(first.local);
		free(first.domain);
	}
	return doubtful;
}

static bool parse_member(struct address_parser *p, struct range r)
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
		return !is_doubtful(p, &r, &m) ||
		       address_malformed(p, "more than one address, no comma between the lines");
	}
	if (split_at_folds(p, &r))
		return true;
	mailboxes_truncate(p->out, count);
	return false;
}

/* The ',' or ';' that ends the member which begins at token `from`, or the end. */
static size_t member_end(const struct tokens *t, size_t from)
{
	while (from < t->count && t->items[from].kind != TOKEN_COMMA &&
		t->items[from].kind != TOKEN_SEMICOLON)
		from = t->items[from].kind == TOKEN_OPEN ? t->items[from].close + 1 : from + 1;
	return from;
}

static bool name_malformed(struct address_parser *p, struct range r, struct error *err)
{
	size_t len;

	trim(p, &r);
	len = r.end - r.start;
	return error_set(err, EX_DATAERR, "5.1.3", "malformed address '%.*s': %s",
		len < 200 ? (int)len : 200, p->text + r.start, p->reason);
}

static bool parse_members(
	struct address_parser *p, const struct tokens *t, size_t len, struct error *err)
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
	struct address_parser p = { .out = m, .text = text };
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
