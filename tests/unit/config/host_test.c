/* SPDX-License-Identifier: ISC */
#include "config/host.h"

#include "base/alloc.h"
#include "config/config.h"
#include "scratch.h"

static void assert_taken(char *got, const char *expected)
{
	assert_string_equal(got ? got : "(null)", expected);
	free(got);
}

static void the_first_word_of_mailname(void **state)
{
	static const struct {
		const char *text, *domain;
	} files[] = {
		{ "example.org\n", "example.org" },
		{ "example.org", "example.org" },
		{ "  example.org more\r\n", "example.org" },
		{ "\nexample.org\n", "example.org" },
		{ "box\n", "box" },
		{ "", "(null)" },
		{ "\n\n", "(null)" },
		{ "me@example.org\n", "(null)" },
		{ "a\x1b[31m\n", "(null)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_taken(host_mailname(scratch_write("mailname", files[i].text, 0644)), files[i].domain);
	assert_taken(host_mailname("/nonexistent/mailname"), "(null)");
	assert_taken(host_mailname(scratch), "(null)");
}

static void the_full_name_from_hosts(void **state)
{
	static const struct {
		const char *name, *hosts, *full;
	} rows[] = {
		{ "box.example.org", "127.0.1.1 other.example.org box\n", "box.example.org" },
		{ "box", "127.0.0.1 localhost\n127.0.1.1\tbox.example.org\tbox\n", "box.example.org" },
		{ "box", "127.0.1.1 box box.example.org # comment", "box.example.org" },
		{ "BOX", "127.0.1.1 box.example.org box\n", "box.example.org" },
		{ "box", "# 127.0.1.1 box.example.org box\n", "box" },
		{ "box", "127.0.1.1 box.example.org # box\n", "box" },
		{ "box", "127.0.0.1 localhost box\n192.0.2.1 box.example.org box\n", "box.example.org" },
		{ "box", "127.0.0.1 mailbox.example.org mailbox\n", "box" },
		{ "box", "box box.example.org\n", "box" },
		{ "box", "\n127.0.0.1\n\n", "box" },
		{ "box", "", "box" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_taken(host_full_name(rows[i].name, scratch_write("hosts", rows[i].hosts, 0644)), rows[i].full);
	assert_taken(host_full_name("box", "/nonexistent/hosts"), "box");
}

static void own_host_names(void **state)
{
	struct config c = { .host_found = alloc_string("box.example.org") };

	(void)state;
	assert_true(config_is_own_host(&c, "localhost"));
	assert_true(config_is_own_host(&c, "LOCALHOST"));
	assert_true(config_is_own_host(&c, "box.example.org"));
	assert_true(config_is_own_host(&c, "Box"));
	assert_false(config_is_own_host(&c, "example.org"));
	assert_false(config_is_own_host(&c, "bo"));
	assert_false(config_is_own_host(&c, "boxx"));
	assert_false(config_is_own_host(&c, ""));
	assert_string_equal(config_hostname(&c), "box.example.org");
	config_release(&c);
	c.host_found = alloc_string("box");
	assert_true(config_is_own_host(&c, "box"));
	assert_null(config_hostname(&c));
	c.hostname = alloc_string("said.example.org");
	assert_string_equal(config_hostname(&c), "said.example.org");
	config_release(&c);
	assert_true(*config_host(&c));
	config_release(&c);
}

static void the_domain_that_is_set_counts(void **state)
{
	struct config c = { .domain = alloc_string("example.org"), .domain_found = alloc_string("found.example") };

	(void)state;
	assert_string_equal(config_domain(&c), "example.org");
	alloc_free(&c.domain);
	assert_string_equal(config_domain(&c), "found.example");
	config_release(&c);
	assert_true(*config_domain(&c));
	config_release(&c);
}

static void senders_of_an_account(void **state)
{
	static const struct {
		const char *from, *user, *sender, *login;
	} rows[] = {
		{ "me@example.org", "you@example.org", "me@example.org" },
		{ "%U@%H", NULL, "alice@box.example.org" },
		{ "%U+100%%@example.org", NULL, "alice+100%@example.org" },
		{ NULL, "you@example.org", "you@example.org" },
		{ NULL, "you", "alice@example.net" },
		{ NULL, NULL, "alice@example.net" },
		{ NULL, "Me <you@example.org>", "alice@example.net" },
		{ NULL, NULL, "\"CORP\\\\alice\"@example.net", "CORP\\alice" },
		{ "%U+x@%H", NULL, "\"a b+x\"@box.example.org", "a b" },
		{ "%U@%H", NULL, "\"alice@corp.example\"@box.example.org", "alice@corp.example" },
		{ "%U", NULL, "\"a\\\"b\"", "a\"b" },
		{ "me@example.org", NULL, "me@example.org", "CORP\\alice" },
		{ NULL, NULL, "alice@corp.example", "alice@corp.example" },
	};
	struct config c = { .host_found = alloc_string("box.example.org"), .domain = alloc_string("example.net") };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct account a = { .from = (char *)rows[i].from, .user = (char *)rows[i].user };
		struct caller caller = {
			.looked_up = true, .login = alloc_string(rows[i].login ? rows[i].login : "alice")
		};

		assert_taken(account_from(&a, &c, &caller), rows[i].sender);
		caller_release(&caller);
	}
	config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_of_mailname),
		cmocka_unit_test(the_full_name_from_hosts),
		cmocka_unit_test(own_host_names),
		cmocka_unit_test(the_domain_that_is_set_counts),
		cmocka_unit_test(senders_of_an_account),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
