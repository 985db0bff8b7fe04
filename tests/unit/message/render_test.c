/* SPDX-License-Identifier: ISC */
#include "base/ascii.h"
#include "message/fold.h"
#include "message/render.h"
#include "message/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { UTF8 = 1 };

struct row {
	const char *in, *out;
	unsigned flags;
};

static const struct row rows[] = {
	/* nothing to do: octet for octet */
	{ "Subject : plain  text\n\t folded ", "Subject : plain  text\r\n\t folded \r\n", 0 },
	{ "subject:=?utf-8?q?x?=  =?iso-8859-1?b?YQ==?=", "subject:=?utf-8?q?x?=  =?iso-8859-1?b?YQ==?=\r\n", 0 },
	{ "X:", "X:\r\n", 0 },

	/* unstructured text */
	{ "Subject: Gr\xc3\xbc\xc3\x9f" "e von da", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= von da\r\n", 0 },
	{ "Subject: \xc3\xa9 \xc3\xa9 a \xc3\xa9", "Subject: =?utf-8?B?w6kgw6k=?= a =?utf-8?Q?=C3=A9?=\r\n", 0 },
	{ "Subject: \xc3\xa9\n \xc3\xa9", "Subject: =?utf-8?B?w6kgw6k=?=\r\n", 0 },
	{ "Subject: caf\xe9 latin", "Subject: =?unknown-8bit?Q?caf=E9?= latin\r\n", 0 },
	{ "Subject: =?utf-8?Q?a?= \xc3\xa9 =?utf-8?Q?b?= c",
		"Subject: =?utf-8?Q?a?= =?utf-8?Q?_=C3=A9_?= =?utf-8?Q?b?= c\r\n", 0 },
	{ "Subject: a_b?c=d-caf\xc3\xa9-\"x\"", "Subject: =?utf-8?Q?a=5Fb=3Fc=3Dd-caf=C3=A9-=22x=22?=\r\n", 0 },
	{ "Subject:\xc3\xa9", "Subject: =?utf-8?Q?=C3=A9?=\r\n", 0 },
	{ "Subject: \xc3\xa9", "Subject: \xc3\xa9\r\n", UTF8 },
	{ "Subject: \xc3\xa9 \xff", "Subject: \xc3\xa9 =?unknown-8bit?Q?=FF?=\r\n", UTF8 },

	/* addresses */
	{ "To: J\xc3\xbcrgen M. <j@x.org>, b@y", "To: =?utf-8?Q?J=C3=BCrgen?= M. <j@x.org>, b@y\r\n", 0 },
	{ "To: \"H\xc3\xa4nsel, \\\"G\\\"\" <j@x.org>", "To: =?utf-8?Q?H=C3=A4nsel=2C_=22G=22?= <j@x.org>\r\n", 0 },
	{ "To: \xc3\xa9<j@x.org>", "To: =?utf-8?Q?=C3=A9?= <j@x.org>\r\n", 0 },
	{ "To: j@x.org (K\xc3\xb6ln am (\xc3\xb6) Rhein)", "To: j@x.org (=?utf-8?Q?K=C3=B6ln?= am (=?utf-8?Q?=C3=B6?=) Rhein)\r\n", 0 },
	{ "From: root (Cr\xc3\xb6n)", "From: root (=?utf-8?Q?Cr=C3=B6n?=)\r\n", 0 },
	{ "Cc: a@m\xc3\xbcnchen.example, \"x y\"@x.org", "Cc: a@xn--mnchen-3ya.example, \"x y\"@x.org\r\n", 0 },
	{ "Cc: a@m\xc3\xbcnchen.example", "Cc: a@m\xc3\xbcnchen.example\r\n", UTF8 },
	{ "To: Gr\xc3\xbcppe: a@x.org, b@x.org;", "To: =?utf-8?Q?Gr=C3=BCppe?= : a@x.org, b@x.org;\r\n", 0 },
	{ "To: j\xc3\xbc@x.org", "To: =?utf-8?Q?j=C3=BC=40x=2Eorg?= :;\r\n", 0 },
	{ "To: g: j\xc3\xbc@x.org, b@y;", "To: g: (=?utf-8?Q?j=C3=BC=40x=2Eorg?=), b@y;\r\n", 0 },
	{ "To: j\xc3\xbc@x.org", "To: j\xc3\xbc@x.org\r\n", UTF8 },
	{ "To: =?utf-8?Q?a?= \xc3\xa9 <a@b>", "To: =?utf-8?Q?a?= =?utf-8?B?IMOp?= <a@b>\r\n", 0 },

	/* names with signs that no phrase may hold, and lists without commas */
	{ "To: x\"\xc3\xb6 y\" <a@b>, \"z\" <c@d>", "To: x =?utf-8?Q?=C3=B6_y?= <a@b>, \"z\" <c@d>\r\n", 0 },
	{ "To: a@x.org: B\xc3\xb6 \" <c@d>", "To: =?utf-8?Q?a=40x=2Eorg=3A_B=C3=B6_=22?= <c@d>\r\n", 0 },
	{ "To: J\xc3\xb6 [x] <@a,@b:c@d>", "To: =?utf-8?Q?J=C3=B6_=5Bx=5D?= <@a,@b:c@d>\r\n", 0 },
	{ "To: c@d\n J\xc3\xb6 <c@d>", "To: =?utf-8?Q?c=40d_J=C3=B6?= <c@d>\r\n", 0 },
	{ "To: Gr\xc3\xbcn [x;y]: a@b;", "To: =?utf-8?Q?Gr=C3=BCn_=5Bx=3By=5D?= : a@b;\r\n", 0 },
	{ "To: a@x\n j\xc3\xb6@y", "To: a@x,\r\n =?utf-8?Q?j=C3=B6=40y?= :;\r\n", 0 },

	/* parameters */
	{ "Content-Type: application/x; name=\"\xc3\xa9 a.txt\"; x=y", "Content-Type: application/x; name*=utf-8''%C3%A9%20a.txt; x=y\r\n", 0 },
	{ "Content-Disposition: attachment; filename=caf\xe9", "Content-Disposition: attachment; filename*=unknown-8bit''caf%E9\r\n", 0 },
	{ "Content-Disposition: attachment; filename*=utf-8''\xc3\xa9", "Content-Disposition: attachment; filename*=utf-8''%C3%A9\r\n", 0 },
	{ "Content-Type: text/plain; charset=utf-8", "Content-Type: text/plain; charset=utf-8\r\n", 0 },
};

static bool render(const char *text, size_t len, bool utf8, struct buf *out, struct error *err)
{
	const struct header_changes none = { 0 };
	struct header h = HEADER_INIT;
	bool ok;

	scan_header(&h, text, len);
	ok = header_render(&h, &none, utf8, out, err);
	header_release(&h);
	return ok;
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out = BUF_INIT;
		struct error err = ERROR_INIT;

		assert_true(render(rows[i].in, strlen(rows[i].in), rows[i].flags & UTF8, &out, &err));
		assert_string_equal(buf_str(&out), rows[i].out);
		buf_release(&out);
	}
}

static void decode_word(const char *s, size_t len, struct buf *out)
{
	const char *text = memchr(s + 2, '?', len - 2);

	if (text[1] == 'B') {
		unsigned bits = 0, n = 0;

		for (text += 3; *text != '?' && *text != '='; text++) {
			static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

			bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
			n += 6;
			if (n >= 8)
				buf_addc(out, (char)(unsigned char)(bits >> (n -= 8) & 255));
		}
		return;
	}
	for (text += 3; *text != '?'; text++)
		if (*text == '=') {
			buf_addc(out, (char)(ascii_hex_value(text[1]) * 16 + ascii_hex_value(text[2])));
			text += 2;
		} else {
			buf_addc(out, *text == '_' ? ' ' : *text);
		}
}

/* A reader of its own: unfolds, decodes encoded words, drops blanks between them; checks the limits on the way. */
static void read_value(const struct buf *field, struct buf *out)
{
	const char *s = strchr(field->data, ':') + 1, *end = field->data + field->len - 2;
	struct buf gap = BUF_INIT;
	bool after_word = false;

	for (const char *line = field->data, *eol; line < field->data + field->len; line = eol + 2) {
		eol = strstr(line, "\r\n");
		assert_true(eol - line <= (strstr(line, "=?") && strstr(line, "=?") < eol ? FOLD_SOFT : FOLD_HARD));
		assert_true(strspn(line, " \t") < (size_t)(eol - line));
	}
	while (s < end) {
		size_t n = strcspn(s, " \t\r\n");

		if (!n) {
			if (*s != '\r' && *s != '\n')
				buf_addc(&gap, *s);
			s++;
			continue;
		}
		if (n > 8 && memcmp(s, "=?", 2) == 0) {
			assert_true(n <= 75);
			if (!after_word)
				buf_add(out, gap.data, gap.len);
			decode_word(s, n, out);
			after_word = true;
		} else {
			buf_add(out, gap.data, gap.len);
			buf_add(out, s, n);
			after_word = false;
		}
		buf_truncate(&gap, 0);
		s += n;
	}
	buf_release(&gap);
}

static void assert_reads_back(const char *value, size_t len)
{
	struct buf field = BUF_INIT, out = BUF_INIT, read = BUF_INIT;
	struct error err = ERROR_INIT;

	buf_adds(&field, "Subject: ");
	buf_add(&field, value, len);
	assert_true(render(field.data, field.len, false, &out, &err));
	assert_false(ascii_has_8bit(out.data, out.len));
	read_value(&out, &read);
	assert_int_equal(read.len, len + 1);
	assert_memory_equal(read.data + 1, value, len);
	buf_release(&field);
	buf_release(&out);
	buf_release(&read);
}

/* Characters of one to four octets pushed octet by octet over every place where a word may end. */
static void words_never_split_a_character(void **state)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff" };

	(void)state;
	for (size_t c = 0; c < sizeof characters / sizeof *characters; c++)
		for (size_t shift = 0; shift < 80; shift++) {
			struct buf value = BUF_INIT, field = BUF_INIT, out = BUF_INIT;
			struct error err = ERROR_INIT;
			char *word;

			for (size_t i = 0; i < shift; i++)
				buf_addc(&value, 'a');
			for (size_t i = 0; i < 50; i++)
				buf_adds(&value, characters[c]);
			assert_reads_back(value.data, value.len);
			buf_addf(&field, "Subject: %s", value.data);
			render(field.data, field.len, false, &out, &err);
			for (word = strstr(out.data, "=?"); word && c < 3; word = strstr(word + 2, "\n =?")) {
				struct buf one = BUF_INIT;

				word += *word == '\n' ? 2 : 0;
				decode_word(word, strcspn(word, " \r\n"), &one);
				assert_true(utf8_is_valid(one.data, one.len));
				buf_release(&one);
			}
			buf_release(&value);
			buf_release(&field);
			buf_release(&out);
		}
}

static void mixed_text_reads_back(void **state)
{
	struct buf value = BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		buf_adds(&value, i % 7 == 0 ? "\xc3\xa9" : i % 5 == 0 ? "word" : i % 11 == 0 ? "\xff" : "x=?_");
		buf_adds(&value, i % 3 ? " " : "");
		if (value.data[value.len - 1] != ' ')
			assert_reads_back(value.data, value.len);
	}
	buf_release(&value);
}

static void long_lines(size_t len, const char *name, const char *unit, struct buf *field)
{
	buf_addf(field, "%s: ", name);
	while (field->len < len)
		buf_adds(field, unit);
}

/* Every length around the limit: unchanged up to it, folded above, and unfolded the same. */
static void long_lines_are_folded_at_blanks(void **state)
{
	(void)state;
	for (size_t len = 990; len < 1010; len++) {
		struct buf field = BUF_INIT, out = BUF_INIT, unfolded = BUF_INIT;
		struct error err = ERROR_INIT;

		long_lines(len, "Subject", "word ", &field);
		buf_truncate(&field, len);
		field.data[len - 1] = 'x';
		assert_true(render(field.data, field.len, false, &out, &err));
		assert_int_equal(memchr(out.data, '\r', len) != NULL, len > FOLD_HARD);
		for (size_t i = 0; i < out.len; i++)
			if (out.data[i] != '\r' && out.data[i] != '\n')
				buf_addc(&unfolded, out.data[i]);
		assert_string_equal(buf_str(&unfolded), buf_str(&field));
		buf_release(&field);
		buf_release(&out);
		buf_release(&unfolded);
	}
}

static void text_without_blanks_becomes_words(void **state)
{
	(void)state;
	for (size_t len = 980; len < 1100; len += 7) {
		struct buf value = BUF_INIT;

		for (size_t i = 0; i < len; i++)
			buf_addc(&value, (char)('a' + i % 26));
		assert_reads_back(value.data, value.len);
		buf_adds(&value, " and ");
		buf_insert(&value, 0, "x ", 2);
		buf_adds(&value, "\xc3\xa9");
		assert_reads_back(value.data, value.len);
		buf_release(&value);
	}
}

/* A word of 2,000 octets, as PHP scripts make them, is the same text in words of the right length. */
static void utf8_without_blanks_becomes_words_too(void **state)
{
	struct buf field = BUF_INIT, out = BUF_INIT, text = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	buf_adds(&field, "X: ");
	for (int i = 0; i < 700; i++)
		buf_adds(&field, "\xc3\xa9");
	assert_true(render(field.data, field.len, true, &out, &err));
	read_value(&out, &text);
	assert_int_equal(text.len, field.len - 2);
	assert_memory_equal(text.data, field.data + 2, text.len);
	buf_release(&field);
	buf_release(&out);
	buf_release(&text);
}

static void overlong_encoded_words_are_split(void **state)
{
	static const char *const starts[] = { "=?UTF-8?B?", "=?utf-8?q?", "=?iso-8859-1?B?" };

	(void)state;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct buf field = BUF_INIT, out = BUF_INIT, text = BUF_INIT;
		struct error err = ERROR_INIT;

		buf_addf(&field, "Subject: %s", starts[i]);
		while (field.len < 2000)
			buf_adds(&field, i == 1 ? "_=C3=A9x" : "IMOpeCDDqXgg");
		buf_adds(&field, "?= end");
		assert_true(render(field.data, field.len, false, &out, &err));
		read_value(&out, &text);
		assert_int_equal(memcmp(text.data, i == 2 ? " =?iso-8859-1?B?IMOp" : "  \xc3\xa9x", i == 2 ? 20 : 5), 0);
		assert_string_equal(text.data + text.len - 4, " end");
		buf_release(&field);
		buf_release(&out);
		buf_release(&text);
	}
}

static void assert_short_lines(const struct buf *out)
{
	for (const char *line = out->data, *eol; line < out->data + out->len; line = eol + 2) {
		eol = strstr(line, "\r\n");
		assert_true(eol - line <= FOLD_HARD);
		assert_true(line == out->data || ascii_is_blank(*line));
	}
}

static void address_lists_are_folded_at_commas_too(void **state)
{
	struct buf field = BUF_INIT, out = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	long_lines(5000, "To", "\"a,b,c\"@example.org,(x,y,z)bob@example.net,", &field);
	assert_true(render(field.data, field.len, false, &out, &err));
	assert_short_lines(&out);
	assert_null(strstr(out.data, "a,\r\n"));
	assert_null(strstr(out.data, "x,\r\n"));
	assert_non_null(strstr(out.data, "example.org,\r\n (x,y,z)"));
	buf_release(&field);
	buf_release(&out);
}

static void what_cannot_be_folded_is_refused(void **state)
{
	static const char *const names[] = { "Message-ID", "References", "To", "Content-ID", "List-Unsubscribe" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf field = BUF_INIT, out = BUF_INIT;
		struct error err = ERROR_INIT;

		long_lines(1200, names[i], "x", &field);
		assert_false(render(field.data, field.len, false, &out, &err));
		assert_int_equal(err.code, EX_DATAERR);
		assert_string_equal(err.status, "5.6.0");
		assert_non_null(strstr(err.text, names[i]));
		buf_release(&field);
		buf_release(&out);
	}
}

static void long_parameters_are_cut_in_sections(void **state)
{
	struct buf field = BUF_INIT, out = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	buf_adds(&field, "Content-Disposition: attachment; filename=\"");
	for (int i = 0; i < 500; i++)
		buf_adds(&field, "\xe2\x82\xac");
	buf_adds(&field, ".txt\"; size=3");
	assert_true(render(field.data, field.len, false, &out, &err));
	assert_short_lines(&out);
	assert_non_null(strstr(out.data, "attachment;\r\n filename*0*=utf-8''%E2%82%AC"));
	assert_non_null(strstr(out.data, ";\r\n filename*1*=%E2%82%AC"));
	assert_non_null(strstr(out.data, ".txt; size=3\r\n"));
	buf_release(&field);
	buf_release(&out);
}

static void labels_take_the_place_of_the_old(void **state)
{
	const struct header_changes changes = { "base64", "text/plain", true };
	struct header h = HEADER_INIT;
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	header_add(&h, "content-transfer-encoding", "8bit");
	header_add(&h, "X", "y");
	header_add(&h, "Content-Transfer-Encoding", "binary");
	assert_true(header_render(&h, &changes, false, &out, &err));
	assert_string_equal(buf_str(&out), "Content-Transfer-Encoding: base64\r\nX: y\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n");
	header_release(&h);
	buf_release(&out);
}

static void need_of_smtputf8_is_seen(void **state)
{
	static const struct {
		const char *text;
		bool needs;
	} cases[] = {
		{ "To: j\xc3\xbc@x.org", true }, { "Resent-To: a@b, \"\xc3\xbc\" <j\xc3\xbc@x>", true },
		{ "To: \xc3\xbc <a@m\xc3\xbcnchen.example>", false }, { "Subject: j\xc3\xbc@x.org", false },
		{ "To: j\xff@x.org", false }, { "To: a@b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct header h = HEADER_INIT;

		scan_header(&h, cases[i].text, strlen(cases[i].text));
		assert_int_equal(header_needs_utf8(&h), cases[i].needs);
		header_release(&h);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(words_never_split_a_character),
		cmocka_unit_test(mixed_text_reads_back),
		cmocka_unit_test(long_lines_are_folded_at_blanks),
		cmocka_unit_test(text_without_blanks_becomes_words),
		cmocka_unit_test(utf8_without_blanks_becomes_words_too),
		cmocka_unit_test(overlong_encoded_words_are_split),
		cmocka_unit_test(address_lists_are_folded_at_commas_too),
		cmocka_unit_test(what_cannot_be_folded_is_refused),
		cmocka_unit_test(long_parameters_are_cut_in_sections),
		cmocka_unit_test(labels_take_the_place_of_the_old),
		cmocka_unit_test(need_of_smtputf8_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
