/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct config *c, const char *name, const char *match)
{
	c->accounts = alloc_grow(c->accounts, c->count + 1, sizeof *c->accounts);
	c->accounts[c->count] = (struct account){ .name = alloc_string(name) };
	strlist_split(&c->accounts[c->count++].match, match);
}

static const struct {
	const char *sender, *account;
} choices[] = {
	{ "me@example.org", "exact" },
	{ "ME@Example.ORG", "exact" },
	{ "me@elsewhere.net", "name" },
	{ "you@example.org", "domain" },
	{ "you@sub.example.org", "subdomains" },
	{ "me@sub.example.org", "name" },
	{ "you@deep.sub.example.org", "subdomains" },
	{ "sales-7@example.org", "domain" },
	{ "you@other.net", "any" },
	{ "x@twice.org", "first" },
	{ "\"a@b\"@example.org", "domain" },
	{ "ab@a.b.a.b.test", "stars" },
	{ "ab@a.b.test", "any" },
	{ "", "default" },
	{ NULL, "default" },
};

static void the_most_specific_pattern_wins(void **state)
{
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	add(&c, "any", "*@*");
	add(&c, "subdomains", "*@*.example.org");
	add(&c, "domain", "*@example.org");
	add(&c, "sales", "sales-*@example.org");
	add(&c, "first", "*@twice.org");
	add(&c, "second", "*@twice.org");
	add(&c, "name", "x@nowhere, me@*");
	add(&c, "exact", "me@example.org");
	add(&c, "stars", "a*b@*a*b*a*b.test");
	add(&c, "default", "");
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
		const struct account *a = config_choose(&c, NULL, choices[i].sender, &err);

		assert_non_null(a);
		assert_string_equal(a->name, choices[i].account);
	}
	assert_string_equal(config_choose(&c, "SECOND", "me@example.org", &err)->name, "second");
	config_release(&c);
}

static void the_default_is_named_or_the_only_one_or_called_so(void **state)
{
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_null(config_choose(&c, NULL, NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.hint, "sendoff setup"));
	add(&c, "one", "");
	assert_string_equal(config_choose(&c, NULL, "a@b", &err)->name, "one");
	add(&c, "two", "");
	assert_null(config_choose(&c, NULL, "a@b", &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_non_null(strstr(err.text, "none of the 2 accounts is the default"));
	add(&c, "default", "");
	assert_string_equal(config_choose(&c, NULL, "a@b", &err)->name, "default");
	c.account = alloc_string("two");
	assert_string_equal(config_choose(&c, NULL, "a@b", &err)->name, "two");
	assert_null(config_choose(&c, "three", NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_string_equal(err.text, "no account 'three' in the configuration");
	assert_non_null(strstr(err.hint, "its accounts are: one, two"));
	config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_pattern_wins),
		cmocka_unit_test(the_default_is_named_or_the_only_one_or_called_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
