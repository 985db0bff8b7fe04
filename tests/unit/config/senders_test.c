/* SPDX-License-Identifier: ISC */
#include "config/senders.h"

#include "base/alloc.h"
#include "scratch.h"

#include <grp.h>

static const char *group_name;

/* The caller is "alice", in the process's own group where that has a name ("GROUP" in a text). */
static const struct {
	const char *text, *sender;
	int code;
} rows[] = {
	{ "", "alice@example.org", EX_NOPERM },
	{ "# nothing\n\n", "alice@example.org", EX_NOPERM },
	{ "alice: alice@example.org\n", "alice@example.org", 0 },
	{ "alice: alice@example.org", "Alice@Example.ORG", 0 },
	{ "alice: alice@example.org\n", "bob@example.org", EX_NOPERM },
	{ "alice: alice@example.org\n", "alice@example.org.evil.net", EX_NOPERM },
	{ "bob: *\nalice : sales@x.org , *@example.org\r\n", "bob@example.org", 0 },
	{ "bob: *\n", "bob@example.org", EX_NOPERM },
	{ "Alice: *\n", "alice@example.org", EX_NOPERM },
	{ "alice: a@x\nalice: b@x\n", "b@x", 0 },
	{ "*: noreply@example.org\n", "noreply@example.org", 0 },
	{ "*: noreply@example.org\n", "", EX_NOPERM },
	{ "*: *@*\n", "", EX_NOPERM },
	{ "alice: <>\n", "", 0 },
	{ "alice: <>\n", "alice@example.org", EX_NOPERM },
	{ "alice: *\n", "", 0 },
	{ "@GROUP: *@example.org\n", "x@example.org", 0 },
	{ "@no-such-group: *\n", "x@example.org", EX_NOPERM },
	{ "alice\n", "a@x", EX_CONFIG },
	{ "alice: a@x\nalice: a\n", "a@x", EX_CONFIG },
	{ "alice:\n", "a@x", EX_CONFIG },
	{ ": a@x\n", "a@x", EX_CONFIG },
	{ "alice bob: a@x\n", "a@x", EX_CONFIG },
	{ "alice: a@x b@x\n", "a@x", EX_CONFIG },
};

static void alice_is(struct caller *c)
{
	*c = (struct caller){ .uid = getuid() ? getuid() : 1, .looked_up = true, .login = alloc_string("alice") };
}

static void check(const char *text, const char *sender, int code)
{
	struct account a = { .source = SOURCE_USER };
	struct error err = ERROR_INIT;
	struct caller caller;

	alice_is(&caller);
	a.senders = alloc_string(scratch_write("senders", text, 0644));
	assert_int_equal(senders_allow(&a, &caller, sender, &err), !code);
	assert_int_equal(err.code, code);
	assert_int_equal(err.scope, ERROR_OF_MESSAGE);
	if (code == EX_CONFIG)
		assert_non_null(strstr(err.text, "/senders:"));
	free(a.senders);
	caller_release(&caller);
}

static void lines_grant_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *group = strstr(rows[i].text, "GROUP");
		struct buf text = BUF_INIT;

		if (group && !group_name) {
			print_message("no group of this user has a name: groups are not tried\n");
			continue;
		}
		buf_adds(&text, rows[i].text);
		if (group) {
			buf_remove(&text, (size_t)(group - rows[i].text), 5);
			buf_insert(&text, (size_t)(group - rows[i].text), group_name, strlen(group_name));
		}
		check(buf_str(&text), rows[i].sender, rows[i].code);
		buf_release(&text);
	}
}

static void root_and_accounts_without_the_key_are_free(void **state)
{
	struct account a = { .senders = (char *)"/nonexistent/senders" };
	struct caller root = { .uid = 0 }, alice;
	struct error err = ERROR_INIT;

	(void)state;
	alice_is(&alice);
	assert_true(senders_allow(&a, &root, "x@y", &err));
	assert_false(senders_allow(&a, &alice, "x@y", &err));
	assert_int_equal(err.code, EX_CONFIG);
	a.senders = NULL;
	assert_true(senders_allow(&a, &alice, "x@y", &err));
	caller_release(&alice);
}

static void a_file_that_the_caller_owns_grants_nothing_for_a_system_account(void **state)
{
	struct account a = { .source = SOURCE_SYSTEM };
	struct error err = ERROR_INIT;
	struct caller alice;

	(void)state;
	if (getuid() != 0) {
		print_message("not root: other owners are not tried\n");
		skip();
	}
	alice_is(&alice);
	a.senders = alloc_string(scratch_write("senders", "*: *\n", 0644));
	assert_true(senders_allow(&a, &alice, "x@y", &err));
	assert_int_equal(chown(a.senders, alice.uid, 0), 0);
	assert_false(senders_allow(&a, &alice, "x@y", &err));
	assert_int_equal(err.code, EX_CONFIG);
	free(a.senders);
	caller_release(&alice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_grant_what_they_say),
		cmocka_unit_test(root_and_accounts_without_the_key_are_free),
		cmocka_unit_test(a_file_that_the_caller_owns_grants_nothing_for_a_system_account),
	};
	const struct group *group = getgrgid(getuid() ? getgid() : 1);

	group_name = group ? group->gr_name : NULL;
	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
