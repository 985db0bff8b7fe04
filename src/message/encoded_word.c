/* SPDX-License-Identifier: ISC */
#include "message/encoded_word.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "message/fold.h"

static const char upper_hex[] = "0123456789ABCDEF";

static bool is_blank(char c)
{
	return ascii_is_blank(c) || c == '\n' || c == '\r';
}

static const char *charset_of(const char *s, size_t len)
{
	return utf8_is_valid(s, len) ? "utf-8" : "unknown-8bit";
}

/* Literal in the "Q" encoding wherever an encoded word may stand (RFC 2047 section 5, rule 3). */
static bool is_q_literal(char c)
{
	return ascii_is_alnum(c) || (c && strchr("!*+-/", c));
}

static size_t q_length(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += is_q_literal(s[i]) || s[i] == ' ' ? 1 : 3;
	return n;
}

static size_t b_length(const char *s, size_t len)
{
	(void)s;
	return (len + 2) / 3 * 4;
}

static void q_encode(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char u = (unsigned char)s[i];

		if (is_q_literal(s[i]))
			buf_addc(out, s[i]);
		else if (s[i] == ' ')
			buf_addc(out, '_');
		else
			buf_addf(out, "=%c%c", upper_hex[u >> 4], upper_hex[u & 15]);
	}
}

static void b_encode(struct buf *out, const char *s, size_t len)
{
	base64_encode(out, s, len);
}

struct encoding {
	char letter;
	size_t (*length)(const char *s, size_t len);
	void (*encode)(struct buf *out, const char *s, size_t len);
};

static const struct encoding encodings[] = { { 'Q', q_length, q_encode },
	{ 'B', b_length, b_encode } };

/* "Q" can be read by people and is taken unless "B" is shorter by a third. */
static const struct encoding *choose_encoding(const char *s, size_t len)
{
	return &encodings[q_length(s, len) * 2 > b_length(s, len) * 3];
}

static size_t character_length(const char *s, size_t len)
{
	size_t n = utf8_length(s, len);

	return n ? n : 1;
}

/* How many octets, in whole characters, fit room encoded octets. */
static size_t fitting(const struct encoding *e, const char *s, size_t len, size_t room)
{
	size_t fits = 0;

	for (size_t n = 0; n < len;) {
		n += character_length(s + n, len - n);
		if (e->length(s, n) > room)
			break;
		fits = n;
	}
	return fits;
}

void encoded_words_add(struct buf *out, const char *text, size_t len)
{
	const char *charset = charset_of(text, len);
	const struct encoding *e = choose_encoding(text, len);
	enum { LEAST = 12 }; /* any character fits in this many encoded octets */
	const size_t around = 7 + strlen(charset); /* its marks: =? ?Q? ?= */

	while (len) {
		size_t used, n;

		if (fold_column(out) + around + LEAST > FOLD_SOFT)
			fold_here(out);
		used = fold_column(out);
		used = used + around + LEAST > FOLD_SOFT ? 1 : used;
		n = fitting(e, text, len, FOLD_SOFT - used - around);
		buf_addf(out, "=?%s?%c?", charset, e->letter);
		e->encode(out, text, n);
		buf_adds(out, "?=");
		text += n;
		len -= n;
		if (len)
			buf_adds(out, "\n ");
	}
}

bool is_encoded_word(const char *s, size_t len)
{
	unsigned marks = 0;

	if (len < 8 || memcmp(s, "=?", 2) != 0 || memcmp(s + len - 2, "?=", 2) != 0)
		return false;
	for (size_t i = 2; i < len - 2; i++) {
		if (s[i] < '!' || s[i] > '~')
			return false;
		marks += s[i] == '?';
	}
	return marks == 2;
}

enum piece_kind { PIECE_BLANK, PIECE_WORD, PIECE_QUOTED, PIECE_COMMENT, PIECE_SIGN };

/* Length of the quoted string or comment at s; 0 where it is not closed. */
static size_t enclosed_length(const char *s, size_t len)
{
	const char close = *s == '(' ? ')' : '"';
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len)
			i++;
		else if (i && s[i] == close)
			depth--;
		else if (s[i] == *s)
			depth++;
		if (!depth)
			return i + 1;
	}
	return 0;
}

static bool is_sign(char c, enum text_form form)
{
	static const char *const signs[] = {
		[TEXT_PLAIN] = "", [TEXT_PHRASE] = "<>,:;@()", [TEXT_COMMENT] = "()"
	};

	return c && strchr(signs[form], c);
}

static size_t word_length(const char *s, size_t len, enum text_form form)
{
	size_t n = 0;

	while (n < len && !is_blank(s[n]) && !is_sign(s[n], form))
		n += s[n] == '\\' && form == TEXT_COMMENT && n + 1 < len ? 2 : 1;
	return n;
}

/* The next piece of the text and its length, which is never 0. */
static enum piece_kind next_piece(const char *s, size_t len, enum text_form form, size_t *n)
{
	*n = 0;
	while (*n < len && is_blank(s[*n]))
		++*n;
	if (*n)
		return PIECE_BLANK;
	if (form == TEXT_PHRASE && (*s == '"' || *s == '(') && (*n = enclosed_length(s, len)))
		return *s == '"' ? PIECE_QUOTED : PIECE_COMMENT;
	if (is_sign(*s, form)) {
		*n = 1;
		return PIECE_SIGN;
	}
	*n = word_length(s, len, form);
	return PIECE_WORD;
}

static bool has_blank(const char *s, size_t len)
{
	while (len && !is_blank(s[len - 1]))
		len--;
	return len;
}

static bool needs_encoding(const char *s, size_t len, bool utf8)
{
	if (ascii_has_8bit(s, len))
		return !utf8 || !utf8_is_valid(s, len);
	return len > WORD_MAX && !has_blank(s, len);
}

/* The text in work. */
struct text {
	struct buf *out;
	enum text_form form;
	bool utf8;
	struct buf run;     /* words that will be encoded together */
	struct buf gap;     /* blanks behind the last word, as they came */
	bool after_encoded; /* the last word was an encoded one of the input */
	bool needs_blank;   /* the last thing written was encoded here: a blank must follow it */
};

static void unfold(struct buf *to, const struct buf *from)
{
	for (size_t i = 0; i < from->len; i++)
		if (from->data[i] != '\n')
			buf_addc(to, from->data[i]);
}

static void add_unquoted(struct buf *to, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len)
			i++;
		if (s[i] != '\n')
			buf_addc(to, s[i]);
	}
}

static void end_run(struct text *t)
{
	if (!t->run.len)
		return;
	encoded_words_add(t->out, t->run.data, t->run.len);
	buf_truncate(&t->run, 0);
	t->needs_blank = true;
}

/* Writes the blanks of the input, and one where an encoded word asks for it. */
static void end_gap(struct text *t, bool is_sign_in_comment)
{
	if (t->needs_blank && !t->gap.len && !is_sign_in_comment)
		buf_addc(t->out, ' ');
	buf_add(t->out, t->gap.data, t->gap.len);
	buf_truncate(&t->gap, 0);
	t->needs_blank = false;
}

/* A run begins: behind an encoded word the blank between is part of the run, for readers would drop it. */
static void begin_run(struct text *t)
{
	const bool in_comment = t->form == TEXT_COMMENT;
	const char last = t->out->len ? t->out->data[t->out->len - 1] : ' ';

	if (t->after_encoded) {
		unfold(&t->run, &t->gap);
		buf_truncate(&t->gap, 0);
		buf_addc(t->out, ' ');
		return;
	}
	if (!t->gap.len && !is_blank(last) && !(in_comment && last == '('))
		t->needs_blank = true;
	end_gap(t, false);
}

static void encode_piece(struct text *t, const char *s, size_t len, enum piece_kind kind)
{
	if (!t->run.len)
		begin_run(t);
	else
		unfold(&t->run, &t->gap);
	buf_truncate(&t->gap, 0);
	if (kind == PIECE_QUOTED && len >= 2)
		add_unquoted(&t->run, s + 1, len - 2);
	else if (t->form == TEXT_COMMENT)
		add_unquoted(&t->run, s, len);
	else
		buf_add(&t->run, s, len);
	t->after_encoded = false;
}

static void keep_piece(struct text *t, const char *s, size_t len, enum piece_kind kind)
{
	const bool encoded = kind == PIECE_WORD && is_encoded_word(s, len);

	if (encoded && t->run.len) {
		unfold(&t->run, &t->gap);
		buf_truncate(&t->gap, 0);
	}
	end_run(t);
	end_gap(t, kind == PIECE_SIGN && t->form == TEXT_COMMENT);
	buf_add(t->out, s, len);
	t->after_encoded = encoded;
}

static void encode_comment(struct text *t, const char *s, size_t len)
{
	enum {
		LEAST = 36
	}; /* for its sign and a first encoded word: a fold must not put a blank between them */

	end_run(t);
	end_gap(t, false);
	if (fold_column(t->out) + LEAST > FOLD_SOFT)
		fold_here(t->out);
	buf_addc(t->out, '(');
	encoded_text_add(t->out, s + 1, len - 2, TEXT_COMMENT, t->utf8);
	buf_addc(t->out, ')');
	t->after_encoded = false;
}

static void add_piece(struct text *t, const char *s, size_t len, enum piece_kind kind)
{
	const bool encode =
		kind != PIECE_BLANK && kind != PIECE_SIGN && needs_encoding(s, len, t->utf8);

	if (kind == PIECE_BLANK)
		buf_add(&t->gap, s, len);
	else if (encode && kind == PIECE_COMMENT)
		encode_comment(t, s, len);
	else if (encode)
		encode_piece(t, s, len, kind);
	else
		keep_piece(t, s, len, kind);
}

void encoded_text_add(struct buf *out, const char *text, size_t len, enum text_form form, bool utf8)
{
	struct text t = { .out = out, .form = form, .utf8 = utf8 };
	size_t n;

	for (; len; text += n, len -= n) {
		enum piece_kind kind = next_piece(text, len, form, &n);

		add_piece(&t, text, n, kind);
	}
	end_run(&t);
	end_gap(&t, form == TEXT_COMMENT || !t.gap.len);
	buf_release(&t.run);
	buf_release(&t.gap);
}
