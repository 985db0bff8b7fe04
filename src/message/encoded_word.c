/* SPDX-License-Identifier: ISC */
#include "message/encoded_word.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "message/fold.h"

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
	return (len + 2) / 3 * 4;
}

static void q_encode(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_q_literal(s[i]))
			buf_addc(out, s[i]);
		else if (s[i] == ' ')
			buf_addc(out, '_');
		else
			buf_addf(out, "=%02X", (unsigned char)s[i]);
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

/* How many octets, in whole characters, fit room encoded octets. */
static size_t fitting(const struct encoding *e, const char *s, size_t len, size_t room)
{
	size_t fits = 0;

	for (size_t n = 0; n < len;) {
		size_t character = utf8_length(s + n, len - n);

		n += character ? character : 1;
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

static void q_decode(struct buf *text, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = s[i] == '=' && i + 2 < len ? ascii_hex_value(s[i + 1]) : -1;
		int low = high < 0 ? -1 : ascii_hex_value(s[i + 2]);

		if (low >= 0)
			buf_addc(text, (char)(high * 16 + low));
		else
			buf_addc(text, s[i] == '_' ? ' ' : s[i]);
		i += low >= 0 ? 2 : 0;
	}
}

/* The text of an encoded word in UTF-8; false where it is another charset or does not decode. */
static bool decode_utf8_word(struct buf *text, const char *s, size_t len)
{
	static const char start[] = "=?utf-8?";
	const size_t before = sizeof start - 1 + 2, n = len - before - 2;
	const char letter = ascii_lower(s[sizeof start - 1]);

	if (!ascii_starts_with(s, start) || len < before + 2 || s[before - 1] != '?')
		return false;
	if (letter == 'q')
		q_decode(text, s + before, n);
	else if (letter != 'b' || !base64_decode(text, s + before, n))
		return false;
	return utf8_is_valid(text->data, text->len);
}

bool encoded_word_split(struct buf *out, const char *s, size_t len)
{
	struct buf text = BUF_INIT;
	const bool ok = is_encoded_word(s, len) && decode_utf8_word(&text, s, len);

	if (ok)
		encoded_words_add(out, text.data, text.len);
	buf_release(&text);
	return ok;
}
