/* SPDX-License-Identifier: ISC */
#include "message/address_tokens.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

enum { UNBALANCED_MAX = 100 }; /* each costs a look at all the rest */

struct scanner {
	const char *text;
	size_t len, at;
	unsigned unbalanced;
	bool gap, fold;
};

/* The place behind the quote that closes the one at `at`; 0: none does. */
static size_t quoted_end(const struct scanner *s, size_t at)
{
	for (size_t i = at + 1; i < s->len; i++)
		if (s->text[i] == '\\')
			i++;
		else if (s->text[i] == '"')
			return i + 1;
	return 0;
}

static size_t comment_end(const struct scanner *s, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i < s->len; i++) {
		char c = s->text[i];

		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

static size_t literal_end(const struct scanner *s, size_t at)
{
	for (size_t i = at + 1; i < s->len && s->text[i] != '[' && s->text[i] != '\n'; i++)
		if (s->text[i] == ']')
			return i + 1;
	return 0;
}

static bool is_atom_char(char c)
{
	return !ascii_is_control(c) && !strchr(" ()<>[]:;@\\,.\"", c);
}

static size_t atom_end(const struct scanner *s, size_t at)
{
	while (at < s->len && is_atom_char(s->text[at]))
		at++;
	return at;
}

/* Passes over blanks, folds and comments. */
static void skip_gap(struct scanner *s)
{
	s->gap = s->fold = false;
	while (s->at < s->len) {
		char c = s->text[s->at];
		size_t end = c == '(' ? comment_end(s, s->at) : 0;

		if (c == '(' && !end)
			return;
		if (c != '(' && c != '\n' && !ascii_is_blank(c))
			return;
		s->fold |= c == '\n';
		s->gap = true;
		s->at = end ? end : s->at + 1;
	}
}

static struct token *add_token(struct tokens *t)
{
	t->items = alloc_more(t->items, t->count, &t->alloc, sizeof *t->items);
	return &t->items[t->count++];
}

static void scan_token(struct scanner *s, struct token *t)
{
	char c = s->text[s->at];
	size_t end = 0;

	*t = (struct token){ .kind = TOKEN_OTHER, .gap = s->gap, .fold = s->fold, .start = s->at };
	if (c == '"' && (end = quoted_end(s, s->at)) != 0)
		t->kind = TOKEN_QUOTED;
	else if (c == '[' && (end = literal_end(s, s->at)) != 0)
		t->kind = TOKEN_LITERAL;
	else if (c == '<' || c == '>')
		t->kind = c == '<' ? TOKEN_OPEN : TOKEN_CLOSE;
	else if (strchr(".@,:;", c))
		t->kind = (enum token_kind)c;
	else if (is_atom_char(c)) {
		t->kind = TOKEN_ATOM;
		end = atom_end(s, s->at);
	}
	s->unbalanced += t->kind == TOKEN_OTHER && (c == '"' || c == '(');
	t->end = s->at = end ? end : s->at + 1;
}

/* Angle brackets without a partner are characters: "I <3 you <bob@example.org>". */
static void pair_brackets(struct tokens *t)
{
	size_t open = t->count;

	for (size_t i = 0; i < t->count; i++) {
		struct token *it = &t->items[i];

		if (it->kind != TOKEN_OPEN && it->kind != TOKEN_CLOSE)
			continue;
		if (it->kind == TOKEN_CLOSE && open < t->count) {
			t->items[open].close = i;
			open = t->count;
			continue;
		}
		if (open < t->count)
			t->items[open].kind = TOKEN_OTHER;
		open = it->kind == TOKEN_OPEN ? i : t->count;
		if (it->kind == TOKEN_CLOSE)
			it->kind = TOKEN_OTHER;
	}
	if (open < t->count)
		t->items[open].kind = TOKEN_OTHER;
}

static bool check_line_breaks(const char *text, size_t len, struct error *err)
{
	for (size_t i = 0; i < len; i++) {
		bool fold = text[i] == '\n' && i + 1 < len && ascii_is_blank(text[i + 1]);

		if (text[i] == '\0' || text[i] == '\r' || (text[i] == '\n' && !fold))
			return error_set(err, EX_DATAERR, "5.1.3",
				"malformed address '%.*s': %s in it", len < 200 ? (int)len : 200,
				text, text[i] ? "a line break" : "a NUL");
	}
	return true;
}

bool tokens_scan(struct tokens *t, const char *text, size_t len, struct error *err)
{
	struct scanner s = { .text = text, .len = len };

	if (!check_line_breaks(text, len, err))
		return false;
	for (skip_gap(&s); s.at < len; skip_gap(&s)) {
		scan_token(&s, add_token(t));
		if (s.unbalanced > UNBALANCED_MAX)
			return error_set(err, EX_DATAERR, "5.1.3",
				"malformed address list: over %d quotes or parentheses left open",
				UNBALANCED_MAX);
	}
	pair_brackets(t);
	return true;
}

void tokens_release(struct tokens *t)
{
	free(t->items);
	*t = (struct tokens)TOKENS_INIT;
}
