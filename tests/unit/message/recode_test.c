/* SPDX-License-Identifier: ISC */
#include "base/ascii.h"
#include "base/base64.h"
#include "message/recode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A decoder of its own, straight from RFC 2045 section 6.7; fails on what a strict one would not take. */
static void decode_qp(const struct buf *in, struct buf *out)
{
	const char *s = buf_str(in), *end = s + in->len;

	while (s < end) {
		const char *eol = memmem(s, (size_t)(end - s), "\r\n", 2), *stop = eol ? eol : end;
		bool soft = false;

		assert_true(stop - s <= RECODE_LINE);
		assert_false(stop > s && ascii_is_blank(stop[-1]));
		for (; s < stop && !soft; s++) {
			assert_true((*s >= ' ' && *s <= '~') || *s == '\t');
			soft = *s == '=' && s + 1 == stop;
			if (*s == '=' && !soft) {
				assert_true(stop - s >= 3);
				buf_addc(out, (char)(ascii_hex_value(s[1]) * 16 + ascii_hex_value(s[2])));
				s += 2;
			} else if (!soft) {
				buf_addc(out, *s);
			}
		}
		if (eol && !soft)
			buf_adds(out, "\r\n");
		s = eol ? eol + 2 : end;
	}
}

static void decode_base64(const struct buf *in, struct buf *out)
{
	struct buf text = BUF_INIT;
	const char *s = buf_str(in), *end = s + in->len;

	assert_false(in->len && end[-1] == '\n');
	while (s < end) {
		const char *eol = memmem(s, (size_t)(end - s), "\r\n", 2), *stop = eol ? eol : end;

		assert_true(stop - s <= RECODE_LINE && stop > s);
		buf_add(&text, s, (size_t)(stop - s));
		s = eol ? eol + 2 : end;
	}
	assert_true(base64_decode(out, buf_str(&text), text.len));
	buf_release(&text);
}

static void recode(enum recode_how how, const char *data, size_t len, size_t block, struct buf *out)
{
	struct recoder r;

	recode_begin(&r, how);
	for (size_t at = 0; at < len; at += block)
		recode_add(&r, out, data + at, len - at < block ? len - at : block);
	recode_end(&r, out);
}

static void assert_same(const struct buf *b, const char *data, size_t len)
{
	assert_int_equal(b->len, len);
	if (len)
		assert_memory_equal(b->data, data, len);
}

/* Encodes in blocks of several sizes: all must give the same, and what decodes to the input. */
static void round_trip(const char *data, size_t len)
{
	static const size_t blocks[] = { 1, 2, 3, 57, 76, 1000, 65536 };

	for (enum recode_how how = RECODE_QP; how <= RECODE_BASE64; how++) {
		struct buf whole = BUF_INIT, decoded = BUF_INIT, again = BUF_INIT;

		recode(how, data, len, len + 1, &whole);
		for (size_t i = 0; i < sizeof blocks / sizeof *blocks && len < 5000; i++) {
			struct buf out = BUF_INIT;

			recode(how, data, len, blocks[i], &out);
			assert_same(&out, buf_str(&whole), whole.len);
			buf_release(&out);
		}
		(how == RECODE_QP ? decode_qp : decode_base64)(&whole, &decoded);
		assert_same(&decoded, data, len);
		recode(how == RECODE_QP ? RECODE_QP_AGAIN : RECODE_BASE64_AGAIN, buf_str(&whole), whole.len, 7, &again);
		assert_same(&again, buf_str(&whole), whole.len);
		buf_release(&whole);
		buf_release(&decoded);
		buf_release(&again);
	}
}

static void every_octet_survives(void **state)
{
	char all[3 * 256];

	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)(i % 256);
	round_trip(all, sizeof all);
	for (size_t i = 0; i < 256; i++) {
		char around[] = { 'a', (char)i, 'b', '\r', '\n', (char)i, '\r', '\n', (char)i };

		round_trip(around, sizeof around);
	}
}

static void every_length_survives(void **state)
{
	static const size_t around[] = { 0, 57, 76, 152, 998, 1000, 1023, 4096, 16384, 65536 };
	static const char *const patterns[] = {
		"a", "=", "a ", " ", "\t", "\xc3\xa9", "a\xc3", "\r", "\n", "\r\n", " \r\n", "a\r\n", "\r\r\n", ".\r\n", "From ",
		"=\r\n", "a=", "\0",
	};

	(void)state;
	for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
		size_t n = strlen(patterns[p]) ? strlen(patterns[p]) : 1;
		char *data = test_malloc(65536 + 8);

		for (size_t i = 0; i < 65536 + 8; i++)
			data[i] = patterns[p][i % n];
		for (size_t i = 0; i < sizeof around / sizeof *around; i++)
			for (size_t len = around[i] > 4 ? around[i] - 4 : 0; len < around[i] + 4; len++)
				round_trip(data, len);
		test_free(data);
	}
}

/* A line of every length around the limit, with what may end it. */
static void lines_around_76_are_broken_right(void **state)
{
	static const char *const ends[] = { "", "\r\n", " \r\n", "=\r\n", "\xc3\xa9\r\n", "\r\nnext", "\t", "\r" };
	char line[100];

	(void)state;
	for (size_t len = 70; len < 82; len++)
		for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
			memset(line, 'x', len);
			memcpy(line + len, ends[e], strlen(ends[e]));
			round_trip(line, len + strlen(ends[e]));
		}
	round_trip("", 0);
}

struct row {
	enum recode_how how;
	const char *in, *out;
};

#define X76 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X75 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct row rows[] = {
	{ RECODE_QP, "h\xc3\xa9 \r\n", "h=C3=A9=20\r\n" },
	{ RECODE_QP, "a=b\t", "a=3Db=09" },
	{ RECODE_QP, "a\rb\nc\r\r\n", "a=0Db=0Ac=0D\r\n" },
	{ RECODE_QP, X76 "\r\n", X76 "\r\n" },
	{ RECODE_QP, X76 "x\r\n", X75 "=\r\nxx\r\n" },
	{ RECODE_QP, X75 "\xff", X75 "=\r\n=FF" },
	{ RECODE_QP, "From me\r\n.\r\n..\r\n", "From me\r\n.\r\n..\r\n" },
	/* encoded already */
	{ RECODE_QP_AGAIN, X76 "=41=42\r\n", X75 "=\r\nx=41=42\r\n" },
	{ RECODE_QP_AGAIN, "soft=\r\nbreak\r\n", "soft=\r\nbreak\r\n" },
	{ RECODE_QP_AGAIN, "pad= \r\nded \r\n", "pad= \r\nded \r\n" },
	{ RECODE_QP_AGAIN, "\xc3\xa9=3d\r\n", "=C3=A9=3d\r\n" },
	{ RECODE_QP_AGAIN, "a\rb\r\n", "a=0Db\r\n" },
	{ RECODE_QP_AGAIN, "end=", "end=" },
	{ RECODE_QP_AGAIN, "x=\xc3=\r\n", "x=3D=C3=\r\n" },
	{ RECODE_BASE64_AGAIN, "QUJD\r\nRE\xff" "VG\r\n", "QUJDREVG" },
	{ RECODE_BASE64_AGAIN, X76 "xxxx=\r\n", X76 "\r\nxxxx=" },
	/* between parts */
	{ RECODE_SCRUB, "pre\xc3\xa9\r\na\rb\r\n\r\n--b\r\n", "pre\xc3\xa9\r\na b\r\n\r\n--b\r\n" },
	{ RECODE_SCRUB_7BIT, "pre\xc3\xa9\r\n", "pre??\r\n" },
	{ RECODE_SCRUB, "end\r", "end " },
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t block = 1; block < 9; block++) {
			struct buf out = BUF_INIT;

			recode(rows[i].how, rows[i].in, strlen(rows[i].in), block, &out);
			assert_string_equal(buf_str(&out), rows[i].out);
			buf_release(&out);
		}
}

static void a_long_preamble_line_makes_no_delimiter(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	(void)state;
	for (int i = 0; i < RECODE_LONGEST; i++)
		buf_addc(&in, 'x');
	buf_adds(&in, " --boundary\r\n--b");
	for (int i = 0; i < RECODE_LONGEST; i++)
		buf_addc(&in, ' ');
	buf_adds(&in, "\r\n");
	recode(RECODE_SCRUB, in.data, in.len, 10, &out);
	assert_memory_equal(out.data + RECODE_LONGEST, "\r\n --boundary\r\n--b  ", 19);
	assert_string_equal(out.data + out.len - 4, "  \r\n");
	buf_release(&in);
	buf_release(&out);
}

/* Each place in a line where a break may come, in octets and in long runs, from text and from quoted-printable. */
static void a_soft_break_makes_no_delimiter(void **state)
{
	static const enum recode_how hows[] = { RECODE_QP, RECODE_QP_AGAIN };

	(void)state;
	for (size_t i = 0; i < 2 * 2 * 100; i++) {
		struct buf in = BUF_INIT, out = BUF_INIT, decoded = BUF_INIT;

		for (size_t n = i / 4; n > 0; n--)
			buf_addc(&in, 'x');
		buf_adds(&in, "--b\r\n");
		for (size_t n = 0; n < 200; n++)
			buf_adds(&in, n % 7 ? "--b--" : "y-");
		recode(hows[i % 2], in.data, in.len, i & 2 ? 1 : in.len, &out);
		assert_null(strstr(buf_str(&out), "=\r\n-"));
		decode_qp(&out, &decoded);
		assert_same(&decoded, in.data, in.len);
		buf_release(&in);
		buf_release(&out);
		buf_release(&decoded);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_survives),
		cmocka_unit_test(every_length_survives),
		cmocka_unit_test(lines_around_76_are_broken_right),
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(a_long_preamble_line_makes_no_delimiter),
		cmocka_unit_test(a_soft_break_makes_no_delimiter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
