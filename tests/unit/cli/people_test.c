/* SPDX-License-Identifier: ISC */
/* What the commands for people are made of: their words, the lines of check, the bar. */
#include "cli/check_report.h"
#include "cli/screen.h"
#include "cli/setup_find.h"
#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct parsed {
	const char *account, *rcpt;
	bool json, ok;
	struct error err;
};

static struct parsed parse(char *first, char *second)
{
	struct parsed p = { .account = NULL };
	const struct word words[] = {
		{ "-a", &p.account, NULL },
		{ "--rcpt", &p.rcpt, NULL },
		{ "--json", NULL, &p.json },
		{ NULL, NULL, NULL },
	};
	char name[] = "check";
	char *argv[] = { name, first, second, NULL };

	p.ok = words_parse(words, first ? second ? 3 : 2 : 1, argv, &p.err);
	return p;
}

static void words_have_values(void **state)
{
	char separate[] = "--rcpt", value[] = "a@b", joined[] = "--rcpt=c@d", attached[] = "-awork",
	     letter[] = "-a", empty[] = "--rcpt=", flag[] = "--json";

	assert_string_equal(parse(separate, value).rcpt, "a@b");
	assert_string_equal(parse(joined, NULL).rcpt, "c@d");
	assert_string_equal(parse(attached, NULL).account, "work");
	assert_string_equal(parse(letter, value).account, "a@b");
	assert_string_equal(
		parse(joined, separate).err.text, "check: option '--rcpt' needs a value");
	assert_string_equal(parse(empty, NULL).rcpt, "");
	assert_true(parse(flag, NULL).json);
	assert_true(parse(NULL, NULL).ok);
}

static void other_words_are_refused(void **state)
{
	char longer[] = "--rcpts=x", value[] = "--json=yes", plain[] = "work";
	struct parsed p = parse(longer, NULL);

	assert_false(p.ok);
	assert_int_equal(p.err.code, EX_USAGE);
	assert_string_equal(p.err.text, "check: unknown word '--rcpts=x'");
	assert_string_equal(p.err.hint, "sendoff check --help");
	assert_false(parse(value, NULL).ok);
	assert_false(parse(plain, NULL).ok);
}

static void assert_step(enum print_form form, const struct check_step *step, const char *expected)
{
	struct buf out = BUF_INIT;

	check_add_step(&out, form, step);
	assert_string_equal(buf_str(&out), expected);
	buf_release(&out);
}

static void a_step_is_a_line(void **state)
{
	struct check_step step = { MARK_OK, "greeting", 12, "220 \033[2J hi", NULL, NULL };

	assert_step(PRINT_TEXT, &step, "ok   greeting        12 ms  220 ?[2J hi\n");
	assert_step(PRINT_COLOUR, &step, "\033[32m✓\033[0m greeting        12 ms  220 ?[2J hi\n");
	step.ms = 0;
	step.mark = MARK_WARN;
	step.detail = "slow";
	assert_step(PRINT_TEXT, &step, "warn greeting         0 ms  slow\n");
}

static void a_failure_says_what_to_do(void **state)
{
	struct strlist causes = STRLIST_INIT;
	struct check_step step = { MARK_FAIL, "tls", 3, "no TLS", "use \"465\"", &causes };

	strlist_add(&causes, "see 'port'");
	assert_step(PRINT_TEXT, &step,
		"FAIL tls              3 ms  no TLS\n"
		"     hint: use \"465\"\n"
		"           see 'port'\n");
	assert_step(PRINT_JSON, &step,
		"{\"step\":\"tls\",\"ok\":false,\"ms\":3,\"detail\":\"no TLS\","
		"\"hint\":\"use \\\"465\\\"; see 'port'\"}\n");
	step.hint = NULL;
	step.causes = NULL;
	step.mark = MARK_INFO;
	assert_step(PRINT_JSON, &step,
		"{\"step\":\"tls\",\"ok\":true,\"ms\":3,\"detail\":\"no TLS\",\"hint\":null}\n");
	strlist_release(&causes);
}

static void providers_are_known_by_their_domains(void **state)
{
	static const struct {
		const char *domain, *provider;
	} rows[] = {
		{ "gmail.com", "gmail" },
		{ "GMX.de", "gmx" },
		{ "outlook.com.br", "outlook" },
		{ "yahoo.co.uk", "yahoo" },
		{ "posteo.net", "posteo" },
		{ "outlook.elsewhere.com", NULL },
		{ "notgmail.com", NULL },
		{ "gmail.com.elsewhere.com", NULL },
		{ "example.org", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct provider *p = setup_provider(rows[i].domain);

		if (rows[i].provider)
			assert_string_equal(p ? p->name : "none", rows[i].provider);
		else
			assert_null(p);
	}
}

static void assert_bar(uint64_t done, uint64_t size, const char *expected)
{
	struct buf out = BUF_INIT;

	screen_add_bar(&out, done, size);
	assert_string_equal(buf_str(&out), expected);
	buf_release(&out);
}

static void the_bar_fills(void **state)
{
	assert_bar(0, 2048, "[                              ]   0%  0 B of 2.0 KiB");
	assert_bar(1024, 2048, "[###############               ]  50%  1.0 KiB of 2.0 KiB");
	assert_bar(2048, 2048, "[##############################] 100%  2.0 KiB of 2.0 KiB");
	assert_bar(0, 0, "[##############################] 100%  0 B of 0 B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_have_values),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(a_step_is_a_line),
		cmocka_unit_test(a_failure_says_what_to_do),
		cmocka_unit_test(providers_are_known_by_their_domains),
		cmocka_unit_test(the_bar_fills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
