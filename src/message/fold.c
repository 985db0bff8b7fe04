/* SPDX-License-Identifier: ISC */
#include "message/fold.h"

#include "base/ascii.h"

size_t fold_column(const struct buf *field)
{
	size_t at = field->len;

	while (at && field->data[at - 1] != '\n')
		at--;
	return field->len - at;
}

static bool last_line_is_blank(const struct buf *field)
{
	size_t at = field->len;

	while (at && ascii_is_blank(field->data[at - 1]))
		at--;
	return !at || field->data[at - 1] == '\n';
}

void fold_here(struct buf *field)
{
	if (last_line_is_blank(field))
		return;
	if (ascii_is_blank(field->data[field->len - 1]))
		buf_insert(field, field->len - 1, "\n", 1);
	else
		buf_adds(field, "\n ");
}

/* Where in an address list the text stands: a comma parts addresses only outside of all these. */
struct nesting {
	bool quoted, angle, literal, escaped;
	size_t comments;
};

static void nest(struct nesting *n, char c)
{
	if (n->escaped || c == '\\') {
		n->escaped = !n->escaped && (n->quoted || n->comments);
		return;
	}
	if (c == '"' && !n->comments)
		n->quoted = !n->quoted;
	if (n->quoted)
		return;
	if (c == '(' || (c == ')' && n->comments))
		n->comments += c == '(' ? 1 : (size_t)-1;
	if (c == '<' || c == '>')
		n->angle = c == '<';
	if (c == '[' || c == ']')
		n->literal = c == '[';
}

static bool is_outside(const struct nesting *n)
{
	return !n->quoted && !n->angle && !n->literal && !n->comments;
}

struct line {
	const char *s;
	size_t len;
	size_t name_end; /* behind the colon of the field's name; 0 on other lines */
	bool at_commas;
	struct nesting *nesting; /* at s */
};

/* May the line be broken before octet at?  Something that is not blank must stand before it. */
static bool is_break(const struct line *l, size_t at, const struct nesting *n, bool has_word)
{
	if (at == l->name_end && at)
		return true;
	if (!has_word)
		return false;
	if (ascii_is_blank(l->s[at]))
		return !ascii_is_blank(l->s[at - 1]);
	return l->at_commas && l->s[at - 1] == ',' && is_outside(n);
}

/*
 * The best place for a break: the last up to soft octets, else the first behind it; len where
 * there is none.  What follows must not be blank to its end: `len` leaves the blanks at the
 * line's end out.
 */
static size_t find_break(const struct line *l, size_t len, size_t soft)
{
	struct nesting n = *l->nesting;
	size_t best = len;
	bool has_word = false;

	for (size_t at = 0; at < len && (at <= soft || best == len); at++) {
		if (is_break(l, at, &n, has_word))
			best = at;
		has_word = has_word || !ascii_is_blank(l->s[at]);
		nest(&n, l->s[at]);
	}
	return best;
}

static size_t blanks_at(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && ascii_is_blank(s[n]))
		n++;
	return n;
}

static void take(struct line *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nest(l->nesting, l->s[i]);
	l->s += n;
	l->len -= n;
	l->name_end = 0;
}

static size_t without_blanks(const struct line *l)
{
	size_t len = l->len;

	while (len && ascii_is_blank(l->s[len - 1]))
		len--;
	return len;
}

/* A break begins the next line with a blank: of the text, or a new one behind a comma or colon. */
static size_t add_break(struct buf *out, struct line *l)
{
	size_t blanks = blanks_at(l->s, l->len);

	buf_adds(out, blanks ? "\n" : "\n ");
	if (blanks > FOLD_BLANKS)
		take(l, blanks - FOLD_BLANKS);
	return blanks ? 0 : 1;
}

static bool has_encoded_word(const char *s, size_t len)
{
	return len && memmem(s, len, "=?", 2) != NULL;
}

static bool fold_line(struct buf *out, struct line l, size_t longest)
{
	size_t added = 0; /* the new blank at the line's start */

	while (l.len + added > longest) {
		size_t len = without_blanks(&l);
		size_t at = find_break(&l, len, FOLD_SOFT - added);

		if (at + added > FOLD_HARD)
			return false;
		if (at == len && l.len + added > FOLD_HARD)
			l.len = len;
		if (at == len)
			break;
		buf_add(out, l.s, at);
		take(&l, at);
		added = add_break(out, &l);
	}
	buf_add(out, l.s, l.len);
	take(&l, l.len);
	return true;
}

bool fold_lines(struct buf *field, bool encoded, bool at_commas)
{
	struct buf out = BUF_INIT;
	struct nesting nesting = { 0 };
	const char *colon = field->len ? memchr(field->data, ':', field->len) : NULL;
	bool ok = true;

	for (size_t at = 0; ok && at < field->len;) {
		const char *s = field->data + at, *eol = memchr(s, '\n', field->len - at);
		size_t len = eol ? (size_t)(eol - s) : field->len - at;
		struct line l = { .s = s, .len = len, .at_commas = at_commas, .nesting = &nesting };

		if (!at && colon)
			l.name_end = (size_t)(colon - field->data) + 1;
		else if (at)
			buf_addc(&out, '\n');
		ok = fold_line(
			&out, l, encoded && has_encoded_word(s, len) ? FOLD_SOFT : FOLD_HARD);
		at += len + 1;
	}
	if (ok)
		buf_swap(field, &out);
	buf_release(&out);
	return ok;
}
