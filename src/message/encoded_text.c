/* SPDX-License-Identifier: ISC */
#include "message/encoded_text.h"

#include "base/ascii.h"
#include "message/encoded_word.h"
#include "message/fold.h"

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

/* The same of a domain literal, which holds no other. */
static size_t literal_length(const char *s, size_t len)
{
	for (size_t i = 1; i < len && s[i] != '[' && s[i] != '\n'; i++)
		if (s[i] == ']')
			return i + 1;
	return 0;
}

static const struct {
	const char *signs;    /* each is a piece of its own, and stays */
	const char *enclosed; /* what begins a piece that something closes */
	const char *specials; /* a word that holds one is encoded whole */
} forms[] = {
	[TEXT_PLAIN] = { "", "", "" },
	[TEXT_SIGNS] = { "<>,:;@()", "\"(", "" },
	[TEXT_GROUPS] = { ",:;", "\"([", "()<>[]@\\\"" },
	[TEXT_NAME] = { "", "\"([", "()<>[]:;@\\,\"" },
	[TEXT_COMMENT] = { "()", "", "" },
};

static bool is_sign(char c, enum text_form form)
{
	return c && strchr(forms[form].signs, c);
}

/* Length of what begins at s and is closed; 0: nothing is. */
static size_t closed_length(const char *s, size_t len, enum text_form form)
{
	if (!*s || !strchr(forms[form].enclosed, *s))
		return 0;
	return *s == '[' ? literal_length(s, len) : enclosed_length(s, len);
}

static size_t word_length(const char *s, size_t len, enum text_form form)
{
	size_t n = 0;

	while (n < len && !ascii_is_space(s[n]) && !is_sign(s[n], form) &&
		!closed_length(s + n, len - n, form))
		n += s[n] == '\\' && form == TEXT_COMMENT && n + 1 < len ? 2 : 1;
	return n;
}

/* The next piece of the text and its length, which is never 0. */
static enum piece_kind next_piece(const char *s, size_t len, enum text_form form, size_t *n)
{
	*n = 0;
	while (*n < len && ascii_is_space(s[*n]))
		++*n;
	if (*n)
		return PIECE_BLANK;
	*n = closed_length(s, len, form);
	if (*n)
		return *s == '"' ? PIECE_QUOTED : *s == '(' ? PIECE_COMMENT : PIECE_WORD;
	if (is_sign(*s, form)) {
		*n = 1;
		return PIECE_SIGN;
	}
	*n = word_length(s, len, form);
	return PIECE_WORD;
}

static bool has_blank(const char *s, size_t len)
{
	while (len && !ascii_is_space(s[len - 1]))
		len--;
	return len;
}

static bool can_be_split(const char *s, size_t len)
{
	struct buf ignored = BUF_INIT;
	bool ok = encoded_word_split(&ignored, s, len);

	buf_release(&ignored);
	return ok;
}

static bool has_any(const char *s, size_t len, const char *signs)
{
	while (len && (!*s || !strchr(signs, *s))) {
		s++;
		len--;
	}
	return len;
}

static bool needs_encoding(
	const char *s, size_t len, enum piece_kind kind, enum text_form form, bool utf8)
{
	if (kind == PIECE_BLANK || kind == PIECE_SIGN)
		return false;
	if (ascii_has_8bit(s, len) && !(utf8 && utf8_is_valid(s, len)))
		return true;
	if (kind == PIECE_WORD && has_any(s, len, forms[form].specials) && !is_encoded_word(s, len))
		return true;
	return len > WORD_MAX && !has_blank(s, len) && !can_be_split(s, len);
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

/*
 * A run begins: behind an encoded word the blank between is part of the run, for readers would
 * drop it.
 */
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
	if (!t->gap.len && !ascii_is_space(last) && !(in_comment && last == '('))
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
	t->needs_blank = len > WORD_MAX && encoded_word_split(t->out, s, len);
	if (!t->needs_blank)
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
	const bool encode = needs_encoding(s, len, kind, t->form, t->utf8);

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
