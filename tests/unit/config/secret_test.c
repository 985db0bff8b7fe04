/* SPDX-License-Identifier: ISC */
#include "config/secret.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "scratch.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static struct caller caller;

static bool get(struct secret *s, const struct account *a, struct error *err)
{
	bool ok;

	caller_init(&caller);
	*err = (struct error)ERROR_INIT;
	ok = secret_get(s, a, &caller, err);
	caller_release(&caller);
	return ok;
}

/* expected NULL: refused with EX_NOPERM and a text that ends so. */
static const struct {
	const char *command, *expected, *text;
} commands[] = {
	{ "echo secret", "secret", NULL },
	{ "printf secret", "secret", NULL },
	{ "printf 'secret\\r\\n'", "secret", NULL },
	{ "printf 'secret\\r'", "secret", NULL },
	{ "printf 'first\\nsecond\\n'", "first", NULL },
	{ "printf ' with blanks \\n'", " with blanks ", NULL },
	{ "printf 'pa\\ss\"%%\\303\\244'", "pa\\ss\"%\xc3\xa4", NULL },
	{ "cat; echo secret", "secret", NULL },
	{ "read x; echo got:$x", "got:", NULL },
	{ "printf sec; sleep 0.05; echo ret", "secret", NULL },
	{ "echo secret; exec 1>&-; sleep 0.05", "secret", NULL },
	{ "echo secret; head -c 300000 /dev/zero", "secret", NULL },
	{ "head -c 65536 /dev/zero | tr '\\0' x", "65536", NULL },
	{ "head -c 65536 /dev/zero | tr '\\0' x; printf '\\r\\n'", "65536", NULL },
	{ "head -c 65537 /dev/zero | tr '\\0' x", NULL, "its first line is over 64 KiB" },
	{ "head -c 500000 /dev/zero | tr '\\0' x; echo", NULL, "its first line is over 64 KiB" },
	{ "true", NULL, "its first line is empty" },
	{ "echo; echo secret", NULL, "its first line is empty" },
	{ "printf 'a\\0b\\n'", NULL, "its first line holds a NUL byte" },
	{ "echo secret; false", NULL, "it exited 1" },
	{ "echo secret; exit 77", NULL, "it exited 77" },
	{ "no-such-command-here 2>&1", NULL, "it exited 127" },
	{ "echo secret; kill -9 $$", NULL, "it was ended by signal 9" },
};

static void check_command(size_t i)
{
	struct account a = { .password_command = alloc_string(commands[i].command), .timeout_ms = 20000 };
	struct secret s = SECRET_INIT;
	struct error err;
	bool ok = get(&s, &a, &err);

	if (ok != !!commands[i].expected)
		print_error("%s: %s\n", commands[i].command, err.text);
	assert_int_equal(ok, !!commands[i].expected);
	if (ok && strcmp(commands[i].expected, "65536") == 0) {
		assert_int_equal(s.bytes.len, 65536);
	} else if (ok) {
		assert_string_equal(buf_str(&s.bytes), commands[i].expected);
	} else {
		assert_int_equal(err.code, EX_NOPERM);
		assert_int_equal(err.scope, ERROR_OF_ROUTE);
		assert_non_null(strstr(err.text, commands[i].text));
		assert_null(strstr(err.text, "secret"));
		assert_int_equal(s.bytes.len, 0);
	}
	secret_release(&s);
	free(a.password_command);
}

static void commands_count_by_their_first_line_and_exit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		check_command(i);
}

static void no_child_is_left(void **state)
{
	(void)state;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* As cron and others leave SIGCHLD: the status still counts, and the setting stays. */
static void an_ignored_sigchld_does_no_harm(void **state)
{
	struct account good = { .password_command = (char *)"sleep 0.02; echo secret", .timeout_ms = 20000 };
	struct account bad = { .password_command = (char *)"echo secret; exit 3", .timeout_ms = 20000 };
	struct sigaction after;
	struct secret s = SECRET_INIT;
	struct error err;

	signal(SIGCHLD, SIG_IGN);
	assert_true(get(&s, &good, &err));
	assert_string_equal(buf_str(&s.bytes), "secret");
	assert_false(get(&s, &bad, &err));
	assert_non_null(strstr(err.text, "it exited 3"));
	sigaction(SIGCHLD, NULL, &after);
	assert_true(after.sa_handler == SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	no_child_is_left(state);
	secret_release(&s);
}

/* The deadline ends the command with all that it started; nothing waits for the pipe. */
static void a_slow_command_is_ended_with_its_children(void **state)
{
	struct buf command = BUF_INIT;
	struct account a = { .timeout_ms = 300 };
	struct secret s = SECRET_INIT;
	struct error err;
	int64_t before;
	pid_t child = 0;
	FILE *f;

	(void)state;
	buf_addf(&command, "echo secret; sleep 1000 & echo $! >%s; wait", scratch_path("pid"));
	a.password_command = command.data;
	before = clock_now_ms();
	assert_false(get(&s, &a, &err));
	assert_true(clock_now_ms() - before >= 300);
	assert_int_equal(err.code, EX_NOPERM);
	assert_non_null(strstr(err.text, "did not end within the account's timeout"));
	assert_int_equal(s.bytes.len, 0);
	f = fopen(scratch_path("pid"), "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &child), 1);
	fclose(f);
	while (kill(child, 0) == 0)
		usleep(1000);
	no_child_is_left(state);
	buf_release(&command);
}

/* An agent that the command starts keeps the pipe open. */
static void a_daemon_left_behind_is_not_waited_for(void **state)
{
	struct buf command = BUF_INIT;
	struct account a = { .timeout_ms = 20000 };
	struct secret s = SECRET_INIT;
	struct error err;
	pid_t child = 0;
	FILE *f;

	(void)state;
	buf_addf(&command, "sleep 1000 & echo $! >%s; echo secret", scratch_path("pid"));
	a.password_command = command.data;
	assert_true(get(&s, &a, &err));
	assert_string_equal(buf_str(&s.bytes), "secret");
	f = fopen(scratch_path("pid"), "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &child), 1);
	fclose(f);
	assert_int_equal(kill(child, SIGKILL), 0);
	secret_release(&s);
	buf_release(&command);
}

static void a_blocked_signal_is_not_passed_on(void **state)
{
	struct account a = { .password_command = (char *)"grep SigBlk /proc/self/status", .timeout_ms = 20000 };
	struct secret s = SECRET_INIT;
	sigset_t set, before;
	struct error err;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	assert_true(get(&s, &a, &err));
	assert_string_equal(buf_str(&s.bytes), "SigBlk:\t0000000000000000");
	sigprocmask(SIG_SETMASK, &before, NULL);
	secret_release(&s);
}

static void the_other_ways_to_a_secret(void **state)
{
	struct account none = { .timeout_ms = 20000 };
	struct account key = { .password = (char *)"in the file", .timeout_ms = 20000 };
	struct secret s = SECRET_INIT;
	struct error err;

	(void)state;
	assert_false(secret_is_configured(&none));
	assert_false(get(&s, &none, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_true(secret_is_configured(&key));
	assert_true(get(&s, &key, &err));
	assert_string_equal(buf_str(&s.bytes), "in the file");
	secret_release(&s);
	assert_null(s.bytes.data);
}

static void a_command_of_the_system_is_not_run_as_the_caller(void **state)
{
	struct account a = { .password_command = (char *)"echo secret", .timeout_ms = 20000, .source = SOURCE_SYSTEM };
	struct secret s = SECRET_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	caller_init(&caller);
	caller.set_id = true;
	assert_false(secret_get(&s, &a, &caller, &err));
	assert_int_equal(err.code, EX_CONFIG);
	caller_release(&caller);
}

/* code 0: expected is the secret; else a part of the text and hint. */
static const struct {
	const char *content;
	mode_t mode;
	bool is_set_id;
	int code;
	const char *expected;
} secret_files[] = {
	{ "secret\n", 0600, false, 0, "secret" },
	{ "secret", 0400, false, 0, "secret" },
	{ "secret\r\nmore\n", 0600, false, 0, "secret" },
	{ "secret\n", 0444, false, 0, "secret" },
	{ "secret\n", 0644, false, 0, "secret" },
	{ "secret\n", 0640, true, 0, "secret" },
	{ "secret\n", 0644, true, EX_CONFIG, "chmod o-r " },
	{ "secret\n", 0660, false, EX_CONFIG, "chmod go-w " },
	{ "secret\n", 0602, false, EX_CONFIG, "chmod go-w " },
	{ "", 0600, false, EX_NOPERM, "is empty" },
	{ "\nsecret\n", 0600, false, EX_NOPERM, "is empty" },
};

static void secret_files_are_read_and_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof secret_files / sizeof *secret_files; i++) {
		struct account a = { .source = SOURCE_SYSTEM };
		struct secret s = SECRET_INIT;
		struct error err = ERROR_INIT;
		bool ok;

		a.password_file = alloc_string(scratch_write("secret", secret_files[i].content, secret_files[i].mode));
		caller_init(&caller);
		caller.set_id = secret_files[i].is_set_id;
		ok = secret_get(&s, &a, &caller, &err);
		assert_int_equal(err.code, secret_files[i].code);
		assert_int_equal(ok, !secret_files[i].code);
		if (ok)
			assert_string_equal(buf_str(&s.bytes), secret_files[i].expected);
		else
			assert_true(strstr(err.text, secret_files[i].expected) ||
				    strstr(err.hint, secret_files[i].expected));
		secret_release(&s);
		free(a.password_file);
	}
}

static void secret_files_that_are_none(void **state)
{
	struct account a = { .password_file = alloc_string(scratch_path("missing")) };
	struct secret s = SECRET_INIT;
	struct error err;

	(void)state;
	assert_false(get(&s, &a, &err));
	assert_int_equal(err.code, EX_NOPERM);
	free(a.password_file);
	a.password_file = alloc_string(scratch_path("fifo"));
	assert_int_equal(mkfifo(a.password_file, 0600), 0);
	assert_false(get(&s, &a, &err));
	assert_int_equal(err.code, EX_CONFIG);
	free(a.password_file);
	a.password_file = scratch;
	assert_false(get(&s, &a, &err));
	assert_int_equal(err.code, EX_CONFIG);
	a.password_file = "/proc/self/mem"; /* nothing is mapped at its beginning */
	assert_false(get(&s, &a, &err));
	assert_int_equal(err.code, EX_NOPERM);
	assert_non_null(strstr(err.text, "cannot be read: Input/output error"));
}

static void a_secret_file_has_the_same_limit(void **state)
{
	struct account a = { 0 };
	char *content = alloc_zero(70000, 1);
	struct secret s = SECRET_INIT;
	struct error err;

	(void)state;
	memset(content, 'x', 70000 - 1);
	content[65536] = '\n';
	a.password_file = alloc_string(scratch_write("secret", content, 0600));
	assert_true(get(&s, &a, &err));
	assert_int_equal(s.bytes.len, 65536);
	secret_release(&s);
	memcpy(content + 65536, "\r\n", 2);
	scratch_write("secret", content, 0600);
	assert_true(get(&s, &a, &err));
	assert_int_equal(s.bytes.len, 65536);
	secret_release(&s);
	memcpy(content + 65536, "xx\n", 3);
	scratch_write("secret", content, 0600);
	assert_false(get(&s, &a, &err));
	assert_int_equal(err.code, EX_NOPERM);
	assert_non_null(strstr(err.text, "over 64 KiB"));
	free(a.password_file);
	free(content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_count_by_their_first_line_and_exit),
		cmocka_unit_test(no_child_is_left),
		cmocka_unit_test(an_ignored_sigchld_does_no_harm),
		cmocka_unit_test(a_slow_command_is_ended_with_its_children),
		cmocka_unit_test(a_daemon_left_behind_is_not_waited_for),
		cmocka_unit_test(a_blocked_signal_is_not_passed_on),
		cmocka_unit_test(the_other_ways_to_a_secret),
		cmocka_unit_test(a_command_of_the_system_is_not_run_as_the_caller),
		cmocka_unit_test(secret_files_are_read_and_checked),
		cmocka_unit_test(secret_files_that_are_none),
		cmocka_unit_test(a_secret_file_has_the_same_limit),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
