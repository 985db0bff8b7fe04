/* SPDX-License-Identifier: ISC */
/*
 * decode(encode(x)) is x for encoded words (RFC 2047) and extended parameters (RFC 2231), by a decoder of
 * this file's own; encoding again changes nothing.  The first octet says what is encoded, the rest is x.
 */
#include "message/encoded_text.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "fuzz.h"
#include "message/encoded_word.h"
#include "message/parameters.h"

enum { WORD_LONGEST = 75, LINE_LONGEST = 76 };

static void require_same(const struct buf *a, const struct buf *b, const char *what)
{
	fuzz_require(a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0), what);
}

static char escaped(const char *s)
{
	int high = ascii_hex_value(s[0]), low = ascii_hex_value(s[1]);

	fuzz_require(high >= 0 && low >= 0, "an escape has two digits");
	return (char)(high << 4 | low);
}

static void add_q(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = s[i] == '=' && len - i >= 3 ? ascii_hex_value(s[i + 1]) : -1;
		int low = high < 0 ? -1 : ascii_hex_value(s[i + 2]);

		if (low >= 0)
			buf_addc(out, (char)(high << 4 | low));
		else
			buf_addc(out, s[i] == '_' ? ' ' : s[i]);
		i += low >= 0 ? 2 : 0;
	}
}

static bool add_content(struct buf *out, char encoding, const char *s, size_t len)
{
	encoding = ascii_lower(encoding);
	for (size_t i = 0; i < len; i++)
		if (s[i] == '?' || s[i] < '!' || s[i] > '~')
			return false;
	if (encoding != 'q' && encoding != 'b')
		return false;
	if (encoding == 'b')
		return base64_decode(out, s, len);
	add_q(out, s, len);
	return true;
}

/* Adds to an empty buffer what an encoded word says that is in one of our charsets; false for any other word. */
static bool add_decoded(struct buf *out, const char *s, size_t len)
{
	static const char *const charsets[] = { "=?utf-8?", "=?unknown-8bit?" };
	const bool is_utf8 = ascii_starts_with(s, charsets[0]);
	const size_t head = strlen(charsets[!is_utf8]);

	if (!ascii_starts_with(s, charsets[!is_utf8]) || len < head + 4 || s[head + 1] != '?')
		return false;
	if (memcmp(s + len - 2, "?=", 2) != 0 || (!is_utf8 && len > WORD_LONGEST))
		return false;
	return add_content(out, s[head], s + head + 2, len - head - 4) &&
	       (!is_utf8 || utf8_is_valid(buf_str(out), out->len));
}

static bool is_space(char c)
{
	return ascii_is_blank(c) || c == '\n';
}

static size_t run_length(const struct buf *b, size_t at, bool of_spaces)
{
	size_t n = 0;

	while (at + n < b->len && is_space(b->data[at + n]) == of_spaces)
		n++;
	return n;
}

/* What a reader sees of unstructured text: encoded words decoded, spaces between two of them gone. */
static void view(struct buf *out, const struct buf *text)
{
	bool after_word = false;

	for (size_t at = 0, gap, n; at < text->len; at += gap + n) {
		struct buf word = BUF_INIT;
		bool is_word;

		gap = run_length(text, at, true);
		n = run_length(text, at + gap, false);
		is_word = add_decoded(&word, text->data + at + gap, n);
		for (size_t i = 0; i < gap && !(is_word && after_word); i++)
			if (text->data[at + i] != '\n')
				buf_addc(out, text->data[at + i]);
		buf_add(out, is_word ? word.data : text->data + at + gap, is_word ? word.len : n);
		after_word = is_word;
		buf_release(&word);
	}
}

/* Blanks in a row as one, none at the ends: where a fold needs one more, it is not missed. */
static void squeeze(struct buf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->len; i++)
		if (!ascii_is_blank(b->data[i]))
			b->data[to++] = b->data[i];
		else if (to && b->data[to - 1] != ' ')
			b->data[to++] = ' ';
	buf_truncate(b, to && b->data[to - 1] == ' ' ? to - 1 : to);
}

static void require_lines(const struct buf *b, size_t longest)
{
	size_t line = 0;

	for (size_t i = 0; i < b->len; i++) {
		line = b->data[i] == '\n' ? 0 : line + 1;
		fuzz_require(line <= longest, "no line is too long");
		fuzz_require(
			b->data[i] != '\n' || (i + 1 < b->len && ascii_is_blank(b->data[i + 1])),
			"a fold is followed by a blank");
	}
}

static void check_words(const struct buf *x)
{
	struct buf out = BUF_INIT, seen = BUF_INIT;

	buf_adds(&out, "Subject: ");
	encoded_words_add(&out, buf_str(x), x->len);
	require_lines(&out, LINE_LONGEST);
	fuzz_require(!ascii_has_8bit(out.data, out.len), "encoded text is ASCII");
	memmove(out.data, out.data + 9, out.len - 9);
	buf_truncate(&out, out.len - 9);
	view(&seen, &out);
	require_same(&seen, x, "decode(encode(x)) is x");
	buf_release(&out);
	buf_release(&seen);
}

/* The text as an encoder gets to see it: no NUL, no CR, LF only as a fold. */
static void as_read(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (!b->data[i] || b->data[i] == '\r' ||
			(b->data[i] == '\n' && !(i + 1 < b->len && ascii_is_blank(b->data[i + 1]))))
			b->data[i] = ' ';
}

static void add_field(struct buf *out, const struct buf *x, enum text_form form, bool utf8)
{
	buf_adds(out, "X:");
	encoded_text_add(out, buf_str(x), x->len, form, utf8);
	memmove(out->data, out->data + 2, out->len - 2);
	buf_truncate(out, out->len - 2);
}

static void require_same_view(const struct buf *x, const struct buf *out)
{
	struct buf wanted = BUF_INIT, seen = BUF_INIT;

	view(&wanted, x);
	view(&seen, out);
	squeeze(&wanted);
	squeeze(&seen);
	require_same(&seen, &wanted, "a reader sees the same");
	buf_release(&wanted);
	buf_release(&seen);
}

static void check_text(const struct buf *x, enum text_form form, bool utf8)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;

	add_field(&once, x, form, utf8);
	fuzz_require(utf8 ? utf8_is_valid(buf_str(&once), once.len)
			  : !ascii_has_8bit(buf_str(&once), once.len),
		"what is left is ASCII, or UTF-8 where that may be");
	add_field(&twice, &once, form, utf8);
	require_same(&twice, &once, "encoding again changes nothing");
	if (form == TEXT_PLAIN)
		require_same_view(x, &once);
	buf_release(&once);
	buf_release(&twice);
}

static void add_quoted(struct buf *out, const struct buf *x)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < x->len; i++) {
		if (x->data[i] == '"' || x->data[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, x->data[i]);
	}
	buf_addc(out, '"');
}

static size_t add_percent(struct buf *out, const char *s)
{
	size_t n = 0;

	for (; s[n] && s[n] != ';'; n++)
		if (s[n] == '%') {
			buf_addc(out, escaped(s + n + 1));
			n += 2;
		} else {
			buf_addc(out, s[n]);
		}
	return n;
}

/* What follows charset'language', which only the first section has. */
static const char *behind_charset(const char *s)
{
	s = strstr(s, "''");
	fuzz_require(s != NULL, "an extended parameter has a charset");
	return s + 2;
}

static void add_sections(struct buf *out, const char *s)
{
	struct buf name = BUF_INIT;

	for (size_t section = 0; s; section++) {
		buf_truncate(&name, 0);
		buf_addf(&name, "name*%zu*=", section);
		s = strstr(s, buf_str(&name));
		if (!s)
			break;
		s += name.len;
		s = section ? s : behind_charset(s);
		s += add_percent(out, s);
	}
	buf_release(&name);
}

static void add_unquoted(struct buf *out, const char *s)
{
	for (; *s && *s != '"'; s++) {
		if (*s == '\\')
			s++;
		buf_addc(out, *s);
	}
}

/* The value of the parameter "name", in whichever of its forms. */
static void read_parameter(struct buf *out, const char *field)
{
	const char *plain = strstr(field, "name=\""), *extended = strstr(field, "name*=");

	if (plain)
		add_unquoted(out, plain + 6);
	else if (extended)
		add_percent(out, behind_charset(extended));
	else
		add_sections(out, field);
}

static void add_unfolded(struct buf *out, const struct buf *x)
{
	for (size_t i = 0; i < x->len; i++)
		if (x->data[i] != '\n')
			buf_addc(out, x->data[i]);
}

static void check_parameter(const struct buf *x, bool utf8)
{
	struct buf value = BUF_INIT, out = BUF_INIT, seen = BUF_INIT, twice = BUF_INIT,
		   wanted = BUF_INIT;

	buf_adds(&value, "attachment; name=");
	add_quoted(&value, x);
	buf_adds(&value, "; size=3");
	parameters_add(&out, buf_str(&value), value.len, utf8);
	fuzz_require(strstr(buf_str(&out), "; size=3") != NULL, "the next parameter stays");
	add_unfolded(&wanted, x);
	add_unfolded(&twice, &out);
	read_parameter(&seen, buf_str(&twice));
	buf_truncate(&twice, 0);
	require_same(&seen, &wanted, "decode(encode(x)) is x");
	parameters_add(&twice, buf_str(&out), out.len, utf8);
	require_same(&twice, &out, "encoding again changes nothing");
	buf_release(&value);
	buf_release(&wanted);
	buf_release(&out);
	buf_release(&seen);
	buf_release(&twice);
}

/* A value without the quotes that it would need. */
static void check_bare_parameter(const struct buf *x, bool utf8)
{
	struct buf value = BUF_INIT, out = BUF_INIT, twice = BUF_INIT;

	buf_adds(&value, "text/plain; name=");
	for (size_t i = 0; i < x->len; i++)
		buf_addc(&value, strchr(";\"", x->data[i]) ? ',' : x->data[i]);
	parameters_add(&out, buf_str(&value), value.len, utf8);
	parameters_add(&twice, buf_str(&out), out.len, utf8);
	require_same(&twice, &out, "encoding again changes nothing");
	buf_release(&value);
	buf_release(&out);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	const unsigned what = fuzz_octet(&in);
	const bool utf8 = what & 8;
	struct buf x = BUF_INIT;

	buf_add(&x, in.data, in.size);
	if ((what & 7) < 2)
		check_words(&x);
	as_read(&x);
	if ((what & 7) == 2)
		check_parameter(&x, utf8);
	else if ((what & 7) == 3)
		check_bare_parameter(&x, utf8);
	else
		check_text(&x, (enum text_form)(what % 5), utf8);
	buf_release(&x);
	return 0;
}
