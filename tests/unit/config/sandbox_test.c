/* SPDX-License-Identifier: ISC */
#include "config/sandbox.h"

#include "base/landlock.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
	static const char *const names[] = { "gssapi", "plain" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct account a = { .name = first };
		struct config c = { .accounts = &a, .count = 1 };
		const char *reason;

		strlist_add(&a.auth, names[i]);
		reason = sandbox_reason(&c, &a, SANDBOX_ACCOUNT);
		assert_int_equal(reason && strstr(reason, "Kerberos"), i < 1 && landlock_is_there());
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

static bool can_write(const char *directory, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Of the log's directory nothing but the log may be written.  Not below /tmp: all of that may. */
static void a_log_that_is_not_there_yet_is_all_that_is_opened_for_it(void **state)
{
	char directory[] = "/dev/shm/sendoff-test-XXXXXX", log[sizeof directory + 8];
	struct account a = { .name = first, .tls = TLS_OFF };
	struct config c = { .accounts = &a, .count = 1, .log = log };
	int status;
	pid_t child;

	(void)state;
	if (!landlock_is_there() || !mkdtemp(directory))
		skip();
	snprintf(log, sizeof log, "%s/log", directory);
	log_open(log);
	child = fork();
	if (child == 0)
		_exit(!sandbox_begin(&c, &a, SANDBOX_ACCOUNT) << 2 | !can_write(directory, "log") << 1 |
			can_write(directory, "other"));
	assert_int_equal(waitpid(child, &status, 0), child);
	log_open("none");
	unlink(log);
	rmdir(directory);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_are_told),
		cmocka_unit_test(kerberos_is_a_reason),
		cmocka_unit_test(a_command_is_waited_for_until_its_word_is_kept),
		cmocka_unit_test(a_log_that_is_not_there_yet_is_all_that_is_opened_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
