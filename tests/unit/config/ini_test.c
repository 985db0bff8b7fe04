/* SPDX-License-Identifier: ISC */
#include "config/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a text is read as: "line [section]" or "line key<value>", with q quoted and c commented. */
static void show(struct buf *b, const struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];

		if (e->key)
			buf_addf(b, "%u %s.%s<%s>%s%s ", e->line, e->section, e->key, e->value,
				e->quoted ? "q" : "", e->has_comment ? "c" : "");
		else
			buf_addf(b, "%u [%s] ", e->line, e->section);
	}
	buf_truncate(b, b->len ? b->len - 1 : 0);
}

static const struct {
	const char *text, *entries;
} good[] = {
	{ "", "" },
	{ "\n\n  \n\t\n", "" },
	{ "# one\n; two\n  # three\n", "" },
	{ "#", "" },
	{ "[a]\n", "1 [a]" },
	{ "[a]", "1 [a]" },
	{ "  [Work]  \n", "1 [work]" },
	{ "[a] ; comment\n", "1 [a]" },
	{ "[a]\t# c = d\n", "1 [a]" },
	{ "[me@example.org]\n[a-b_c.d+e*]\n", "1 [me@example.org] 2 [a-b_c.d+e*]" },
	{ "[a]\nk = v\n", "1 [a] 2 a.k<v>" },
	{ "[a]\nk=v", "1 [a] 2 a.k<v>" },
	{ "[a]\n\tKey_Two-3\t=\tVa lue \n", "1 [a] 2 a.key_two-3<Va lue>" },
	{ "[a]\r\nk = v\r\n", "1 [a] 2 a.k<v>" },
	{ "\xef\xbb\xbf[a]\nk = v\n", "1 [a] 2 a.k<v>" },
	{ "\xef\xbb\xbf# only\n", "" },
	{ "[a]\nk = a=b=c\nl == v\n", "1 [a] 2 a.k<a=b=c> 3 a.l<= v>" },
	{ "[a]\nk =\nl = ; empty\nm=\n", "1 [a] 2 a.k<> 3 a.l<>c 4 a.m<>" },
	{ "[a]\nk = v ; comment\nl = v # c; d\nm = v\t;c\n", "1 [a] 2 a.k<v>c 3 a.l<v>c 4 a.m<v>c" },
	{ "[a]\nk = v ; comment = \"x\"\n", "1 [a] 2 a.k<v>c" },
	{ "[a]\nk = it's \"so\"\n", "1 [a] 2 a.k<it's \"so\">" },
	{ "[a]\nk = d:\\x\\y\n", "1 [a] 2 a.k<d:\\x\\y>" },
	{ "[a]\nk = %U@%H {x} [y]\n", "1 [a] 2 a.k<%U@%H {x} [y]>" },
	{ "[a]\nk = \xc3\xa4\xff\n", "1 [a] 2 a.k<\xc3\xa4\xff>" },
	{ "[a]\nk = \"\"\nl = ''\n", "1 [a] 2 a.k<>q 3 a.l<>q" },
	{ "[a]\nk = \"v\"\nl = 'v'\n", "1 [a] 2 a.k<v>q 3 a.l<v>q" },
	{ "[a]\nk = \"  v  \"\n", "1 [a] 2 a.k<  v  >q" },
	{ "[a]\nk = \"v\" ; c\nl = 'v'\t#c\n", "1 [a] 2 a.k<v>qc 3 a.l<v>qc" },
	{ "[a]\nk = \"pa#ss;word\"x\\y\"\n", "1 [a] 2 a.k<pa#ss;word\"x\\y>q" },
	{ "[a]\nk = 'pa#ss;word\"x\\y'\n", "1 [a] 2 a.k<pa#ss;word\"x\\y>q" },
	{ "[a]\nk = \"a\\b\"\nl = \"a\\\\b\"\nm = \"a\\\"b\"\n",
		"1 [a] 2 a.k<a\\b>q 3 a.l<a\\\\b>q 4 a.m<a\\\"b>q" },
	{ "[a]\nk = \"abc\\\"\nl = \"\\\\\"\n", "1 [a] 2 a.k<abc\\>q 3 a.l<\\\\>q" },
	{ "[a]\nk = \"\"\"\nl = '\"'\nm = '''\n", "1 [a] 2 a.k<\">q 3 a.l<\">q 4 a.m<'>q" },
	{ "[a]\nk = \"a\" ; \"b\"\n", "1 [a] 2 a.k<a\" ; \"b>q" },
	{ "[a]\nk = \"%s%n%d\"\nl = %s%n\n", "1 [a] 2 a.k<%s%n%d>q 3 a.l<%s%n>" },
	{ "[a]\nk = \"a\x01\x7f\"\n", "1 [a] 2 a.k<a\x01\x7f>q" },
	{ "[a]\n[b]\nk = 1\n[c]\nk = 2\n", "1 [a] 2 [b] 3 b.k<1> 4 [c] 5 c.k<2>" },
	{ "[sendoff]\nsendoff = 1\n", "1 [sendoff] 2 sendoff.sendoff<1>" },
	{ "x", NULL },
};

static void every_form_is_read_whole(void **state)
{
	(void)state;
	for (size_t i = 0; good[i].entries; i++) {
		struct problems p = PROBLEMS_INIT;
		struct buf text = BUF_INIT, entries = BUF_INIT;
		struct ini ini = INI_INIT;

		buf_adds(&text, good[i].text);
		ini_parse(&ini, "f", &text, &p);
		show(&entries, &ini);
		assert_string_equal(p.first.text, "");
		assert_string_equal(buf_str(&entries), good[i].entries);
		ini_release(&ini);
		buf_release(&text);
		buf_release(&entries);
	}
}

#define QUOTES_NEEDED "'#' or ';' in a value without quotes: put the value in quotes, or a blank before a comment"
#define NO_SECTION    "a section is written [name], the name of letters, digits and _.@+*-"
#define NO_LINE	      "neither 'key = value' nor '[section]' nor a comment"
#define BACKSLASH     "a backslash at the end of a line: lines are not continued"

static const struct {
	const char *text, *problems;
} bad[] = {
	{ "k = v\n", "f:1: a key before the first [section];" },
	{ "[a]\nk\n", "f:2: " NO_LINE ";" },
	{ "[a]\nk: v\n", "f:2: " NO_LINE ";" },
	{ "[a]\n= v\n", "f:2: " NO_LINE ";" },
	{ "[a]\nk l = v\n", "f:2: " NO_LINE ";" },
	{ "[a]\nk.l = v\n", "f:2: " NO_LINE ";" },
	{ "[a]\n\"k\" = v\n", "f:2: " NO_LINE ";" },
	{ "[a]\nhunter2\n", "f:2: " NO_LINE ";" },
	{ "x", "f:1: " NO_LINE ";" },
	{ "[a]\nk = v;\n", "f:2: " QUOTES_NEEDED ";" },
	{ "[a]\nk = pa#ss ; c\n", "f:2: " QUOTES_NEEDED ";" },
	{ "[a]\nk =;v\n", "f:2: " QUOTES_NEEDED ";" },
	{ "[a]\nk = \"v\n", "f:2: unterminated quote;" },
	{ "[a]\nk = 'v\"\n", "f:2: unterminated quote;" },
	{ "[a]\nk = \"\n", "f:2: unterminated quote;" },
	{ "[a]\nk = \"v\"w\n", "f:2: text after the closing quote;" },
	{ "[a]\nk = \"v\" w\n", "f:2: text after the closing quote;" },
	{ "[a]\nk = \"v\"; c\n", "f:2: text after the closing quote;" },
	{ "[a]\nk = v\\\nl = w\n", "f:2: " BACKSLASH ";" },
	{ "[a]\nk = v \\  \n", "f:2: " BACKSLASH ";" },
	{ "[a]\n# c \\\nl = w\n", "f:2: " BACKSLASH ";" },
	{ "[a]\nk = v ; c \\\n", "f:2: " BACKSLASH ";" },
	{ "[a]\nk = v\\", "f:2: " BACKSLASH ";" },
	{ "[a]\nk = v\\ ; c\nl = w\n", "f:2: a backslash before a comment: put the value in quotes;" },
	{ "[a]\rk = v\r", "f:1: " NO_SECTION ";" },
	{ "[a]\nk = v\rl = w\n", "f:2: control character in the value;" },
	{ "[a]\nk = v\x0b\n", "f:2: control character in the value;" },
	{ "[a\nk = v\n", "f:1: " NO_SECTION ";" },
	{ "[]\n", "f:1: " NO_SECTION ";" },
	{ "[a b]\n", "f:1: " NO_SECTION ";" },
	{ "[ a ]\n", "f:1: " NO_SECTION ";" },
	{ "[a:b]\n", "f:1: " NO_SECTION ";" },
	{ "[a]b]\n", "f:1: " NO_SECTION ";" },
	{ "[a]; c\n", "f:1: " NO_SECTION ";" },
	{ "[a] c = d\n", "f:1: " NO_SECTION ";" },
	{ "[\xc3\xa4]\n", "f:1: " NO_SECTION ";" },
	{ "[a]\nk = 1\nK = 2\n", "f:3: 'k' stands twice in section 'a', first on line 2;" },
	{ "[a]\n[b]\n[A]\n", "f:3: section 'a' stands twice, first on line 1;" },
	{ "[a]\nk = 1\n[A]\nk = 2\n",
		"f:3: section 'a' stands twice, first on line 1;"
		"f:4: 'k' stands twice in section 'a', first on line 2;" },
	{ "[a]\nk = \"v\n\nl\n[b\n", "f:2: unterminated quote;f:4: " NO_LINE ";f:5: " NO_SECTION ";" },
	{ NULL, NULL },
};

static void join(struct buf *b, const struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		buf_addf(b, "%s;", l->items[i]);
}

static void assert_problems(const void *text, size_t len, const char *expected)
{
	struct strlist lines = STRLIST_INIT;
	struct problems p = { .lines = &lines };
	struct buf copy = BUF_INIT, joined = BUF_INIT;
	struct ini ini = INI_INIT;

	buf_add(&copy, text, len);
	assert_int_equal(ini_parse(&ini, "f", &copy, &p), !*expected);
	join(&joined, &lines);
	assert_string_equal(buf_str(&joined), expected);
	assert_int_equal(p.count, lines.count);
	if (*expected)
		assert_int_equal(p.first.code, EX_CONFIG);
	ini_release(&ini);
	strlist_release(&lines);
	buf_release(&copy);
	buf_release(&joined);
}

static void what_would_lose_characters_is_an_error_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; bad[i].text; i++)
		assert_problems(bad[i].text, strlen(bad[i].text), bad[i].problems);
}

static void a_nul_is_an_error_wherever_it_stands(void **state)
{
	static const char first[] = "\0[a]\n", second[] = "[a]\n[\0b]\n", value[] = "[a]\nk = v\0w\n";

	(void)state;
	assert_problems(first, sizeof first - 1, "f:1: a NUL byte;");
	assert_problems(second, sizeof second - 1, "f:2: a NUL byte;");
	assert_problems(value, sizeof value - 1, "f:2: a NUL byte;");
}

/* "[a]\nk = xxx…" with a second line of len bytes, and `end` behind it. */
static void long_line(struct buf *b, size_t len, const char *start, const char *end)
{
	size_t before = b->len;

	buf_adds(b, start);
	while (b->len < before + len - 1)
		buf_addc(b, 'x');
	buf_addc(b, *start == '#' ? 'x' : '"');
	buf_adds(b, end);
}

static void lines_have_a_limit_and_are_never_cut(void **state)
{
	static const char *const starts[] = { "k = \"", "# ", "k=\"" };
	static const char *const ends[] = { "", "\n", "\r\n" };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		struct buf text = BUF_INIT;

		buf_adds(&text, "[a]\n");
		long_line(&text, INI_MAX_LINE, starts[i % 3], ends[i / 3]);
		assert_problems(text.data, text.len, "");
		buf_truncate(&text, 4);
		long_line(&text, INI_MAX_LINE + 1, starts[i % 3], ends[i / 3]);
		assert_problems(text.data, text.len,
			"f:2: line over 1,022 bytes: a long secret belongs in a password_file;");
		buf_release(&text);
	}
}

static void every_byte_in_quotes_is_kept(void **state)
{
	(void)state;
	for (int first = 1; first < 256; first++)
		for (int second = 1; second < 256; second++) {
			char value[] = { (char)first, (char)second, '\0' };
			struct problems p = PROBLEMS_INIT;
			struct buf text = BUF_INIT;
			struct ini ini = INI_INIT;

			if (first == '\n' || second == '\n')
				continue;
			buf_addf(&text, "[a]\nk = \"%s\"\nl = 1\n", value);
			assert_true(ini_parse(&ini, "f", &text, &p));
			assert_int_equal(ini.count, 3);
			assert_string_equal(ini.entries[1].value, value);
			ini_release(&ini);
			buf_release(&text);
		}
}

static void a_large_file_is_read(void **state)
{
	struct problems p = PROBLEMS_INIT;
	struct buf text = BUF_INIT;
	struct ini ini = INI_INIT;

	(void)state;
	for (int i = 0; i < 300; i++)
		buf_addf(&text, "[account%d]\nhost = h%d.example.org\nuser = u%d\n", i, i, i);
	assert_true(ini_parse(&ini, "f", &text, &p));
	assert_int_equal(ini.count, 900);
	assert_string_equal(ini.entries[899].value, "u299");
	assert_int_equal(ini.entries[899].line, 900);
	ini_release(&ini);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read_whole),
		cmocka_unit_test(what_would_lose_characters_is_an_error_with_its_line),
		cmocka_unit_test(a_nul_is_an_error_wherever_it_stands),
		cmocka_unit_test(lines_have_a_limit_and_are_never_cut),
		cmocka_unit_test(every_byte_in_quotes_is_kept),
		cmocka_unit_test(a_large_file_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
