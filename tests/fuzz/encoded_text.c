/* SPDX-License-Identifier: ISC */
/* Raw text of a header field as encoded words, folded: ASCII in lines of the right length, and the same text. */
#include "message/encoded_text.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "fuzz.h"
#include "message/fold.h"

static void decode_q(const char *s, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '=' && i + 2 < len) {
			buf_addc(out, (char)(ascii_hex_value(s[i + 1]) << 4 | ascii_hex_value(s[i + 2])));
			i += 2;
		} else {
			buf_addc(out, s[i] == '_' ? ' ' : s[i]);
		}
}

/* The end of an encoded word at s, decoded; NULL: there is none. */
static const char *decode_word(const char *s, struct buf *out)
{
	const char *how = strncmp(s, "=?", 2) == 0 ? strchr(s + 2, '?') : NULL;
	const char *end = how && how[1] && how[2] == '?' ? strstr(how + 3, "?=") : NULL;

	if (!end)
		return NULL;
	fuzz_require(end + 2 - s <= 75, "an encoded word has at most 75 octets");
	if (how[1] == 'Q')
		decode_q(how + 3, (size_t)(end - how) - 3, out);
	else
		fuzz_require(base64_decode(out, how + 3, (size_t)(end - how) - 3), "base64 is base64");
	return end + 2;
}

static void remove_blanks(struct buf *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->len; i++)
		if (!strchr(" \t\n", b->data[i]))
			b->data[kept++] = b->data[i];
	if (b->data)
		buf_truncate(b, kept);
}

static void check_same(const char *field, const struct buf *text)
{
	struct buf got = BUF_INIT, want = BUF_INIT;

	while (*field) {
		const char *end = decode_word(field, &got);

		if (!end)
			buf_addc(&got, *field);
		field = end ? end : field + 1;
	}
	buf_add(&want, text->data, text->len);
	remove_blanks(&got);
	remove_blanks(&want);
	fuzz_require(got.len == want.len && (!got.len || memcmp(got.data, want.data, got.len) == 0),
		"what is encoded says what it said, blanks apart");
	buf_release(&got);
	buf_release(&want);
}

static void check(const struct buf *text, enum text_form form)
{
	struct buf field = BUF_INIT;
	size_t line = 0;

	buf_adds(&field, "Subject: ");
	encoded_text_add(&field, buf_str(text), text->len, form, false);
	fuzz_require(!ascii_has_8bit(field.data, field.len), "a field is ASCII");
	if (fold_lines(&field, true, false))
		for (size_t i = 0; i < field.len; i++) {
			line = field.data[i] == '\n' ? 0 : line + 1;
			fuzz_require(line <= FOLD_HARD, "no line over 998 octets");
			fuzz_require(line || i + 1 == field.len || ascii_is_blank(field.data[i + 1]),
				"a fold is followed by a blank");
		}
	if (form == TEXT_PLAIN && !strstr(buf_str(text), "=?"))
		check_same(field.data + strlen("Subject: "), text);
	buf_release(&field);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < size; i++)
		buf_addc(&text, data[i] < ' ' && data[i] != '\t' ? ' ' : (char)data[i]);
	for (enum text_form form = TEXT_PLAIN; form <= TEXT_COMMENT; form++)
		check(&text, form);
	buf_release(&text);
	return 0;
}
