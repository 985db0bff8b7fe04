/* SPDX-License-Identifier: ISC */
#include "config/sandbox.h"

#include "base/landlock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char command[] = "pass show x", token[] = "pkcs11:object=x", first[] = "a", second[] = "b";

/* Two accounts, and what a process that uses the first is told (NULL: it can be confined). */
static const struct {
	const char *name;
	struct account a, b;
	enum sandbox_scope scope;
	const char *reason;
} cases[] = {
	{ "one message", { 0 }, { 0 }, SANDBOX_ACCOUNT, NULL },
	{ "all accounts", { 0 }, { 0 }, SANDBOX_ALL, NULL },
	{ "many messages", { 0 }, { 0 }, SANDBOX_NONE, "many messages" },
	{ "its own command", { .password_command = command }, { 0 }, SANDBOX_ACCOUNT, NULL },
	{ "a command elsewhere", { 0 }, { .password_command = command }, SANDBOX_ACCOUNT, NULL },
	{ "a fallback's command", { .fallback = second }, { .password_command = command }, SANDBOX_ACCOUNT,
		"another account" },
	{ "a command in a run", { 0 }, { .password_command = command }, SANDBOX_ALL, "another account" },
	{ "a token", { .tls_cert = token }, { 0 }, SANDBOX_ACCOUNT, "pkcs11:" },
	{ "a fallback's token", { .fallback = second }, { .tls_key = token }, SANDBOX_ACCOUNT, "pkcs11:" },
};

static void check(size_t i, enum sandbox_mode mode, const char *wanted)
{
	struct account accounts[] = { cases[i].a, cases[i].b };
	struct config c = { .accounts = accounts, .count = 2, .sandbox = mode };
	const char *reason;

	accounts[0].name = first;
	accounts[1].name = second;
	reason = sandbox_reason(&c, &accounts[0], cases[i].scope);
	if (!reason != !wanted || (reason && !strstr(reason, wanted)))
		print_error("%s: %s\n", cases[i].name, reason ? reason : "no reason");
	assert_int_equal(!reason, !wanted);
	if (wanted)
		assert_non_null(strstr(reason, wanted));
}

static void reasons_are_told(void **state)
{
	(void)state;
	check(0, SANDBOX_OFF, "sandbox = off");
	if (!landlock_is_there()) {
		check(0, SANDBOX_AUTO, "no Landlock");
		return;
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(i, SANDBOX_AUTO, cases[i].reason);
}

static void kerberos_is_a_reason(void **state)
{
	static const char *const names[] = { "gssapi", "gs2-krb5", "plain" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct account a = { .name = first };
		struct config c = { .accounts = &a, .count = 1 };
		const char *reason;

		strlist_add(&a.auth, names[i]);
		reason = sandbox_reason(&c, &a, SANDBOX_ACCOUNT);
		assert_int_equal(reason && strstr(reason, "Kerberos"), i < 2 && landlock_is_there());
		strlist_release(&a.auth);
	}
}

static void a_command_is_waited_for_until_its_word_is_kept(void **state)
{
	struct account a = { .password_command = command };

	(void)state;
	assert_true(sandbox_waits(&a));
	a.obtained = first;
	assert_false(sandbox_waits(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_are_told),
		cmocka_unit_test(kerberos_is_a_reason),
		cmocka_unit_test(a_command_is_waited_for_until_its_word_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
