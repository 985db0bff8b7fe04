/* SPDX-License-Identifier: ISC */
#include "base/privilege.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { GROUP = 4242 };

/* A variable, and whether a process with raised rights keeps it. */
static const struct {
	const char *name, *value;
	bool is_kept;
} variables[] = {
	{ "HOME", "/home/alice", true },
	{ "LC_ALL", "C.UTF-8", true },
	{ "TZ", "Europe/Berlin", true },
	{ "HOMER", "x", false },
	{ "LC", "x", false },
	{ "GNUTLS_DEBUG_LEVEL", "9", false },
	{ "GNUTLS_SYSTEM_PRIORITY_FILE", "/tmp/x", false },
	{ "SSLKEYLOGFILE", "/tmp/x", false },
	{ "SENDOFF_CONFIG", "/tmp/x", false },
	{ "XDG_CONFIG_HOME", "/tmp", false },
	{ "LOCALDOMAIN", "evil.example", false },
	{ "RES_OPTIONS", "debug", false },
	{ "HOSTALIASES", "/tmp/x", false },
	{ "MALLOC_TRACE", "/tmp/x", false },
	{ "TMPDIR", "/tmp", false },
	{ "KRB5_TRACE", "/tmp/x", false },
};

enum { VARIABLES = sizeof variables / sizeof *variables };

/* The exit status is the number of the check that failed. */
static int check(bool is_raised)
{
	struct rlimit core = { 0, 0 };
	int extra = open("/dev/null", O_RDONLY);
	const char *path;

	for (size_t i = 0; i < VARIABLES; i++)
		setenv(variables[i].name, variables[i].value, 1);
	setenv("PATH", "/tmp/evil", 1);
	if (is_raised && setresgid((gid_t)-1, GROUP, GROUP) < 0)
		return 1;
	if (privilege_was_raised() != is_raised)
		return 2;
	privilege_protect();
	for (size_t i = 0; i < VARIABLES; i++)
		if (!getenv(variables[i].name) == (variables[i].is_kept || !is_raised))
			return 3;
	path = getenv("PATH");
	if (!path || (strcmp(path, "/tmp/evil") == 0) == is_raised)
		return 4;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur)
		return 5;
#ifdef HAVE_CLOSE_RANGE
	if (fcntl(extra, F_GETFD) >= 0)
		return 6;
#endif
	return 0;
}

static void check_in_child(bool is_raised)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check(is_raised));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void memory_and_descriptors_are_closed_to_others(void **state)
{
	(void)state;
	check_in_child(false);
}

static void raised_rights_trust_no_environment(void **state)
{
	(void)state;
	if (getuid() != 0) {
		print_message("not root: set-id processes are not tried\n");
		skip();
	}
	check_in_child(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_descriptors_are_closed_to_others),
		cmocka_unit_test(raised_rights_trust_no_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
