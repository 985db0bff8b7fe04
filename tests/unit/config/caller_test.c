/* SPDX-License-Identifier: ISC */
#include "config/caller.h"

#include "scratch.h"

#include <pwd.h>
#include <sys/wait.h>

static void assert_path(char *got, const char *expected)
{
	assert_string_equal(got ? got : "(null)", expected);
	free(got);
}

static void directories_of_the_callers_own_count(void **state)
{
	const char *home = scratch_path("home"), *config = scratch_path("config");
	struct caller c;

	(void)state;
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(mkdir(config, 0700), 0);
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	caller_init(&c);
	assert_string_equal(caller_home(&c), home);
	assert_false(c.looked_up);
	assert_path(caller_path(&c, "~/x"), scratch_path("home/x"));
	assert_path(caller_path(&c, "/x"), "/x");
	assert_path(caller_path(&c, "x"), "(null)");
	assert_path(caller_path(&c, "~x"), "(null)");
	assert_path(caller_path(&c, ""), "(null)");
	assert_path(caller_config_directory(&c), scratch_path("home/.config/sendoff"));
	assert_path(caller_state_directory(&c), scratch_path("home/.local/state/sendoff"));
	setenv("XDG_CONFIG_HOME", config, 1);
	assert_path(caller_config_directory(&c), scratch_path("config/sendoff"));
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_path(caller_config_directory(&c), scratch_path("home/.config/sendoff"));
	setenv("XDG_STATE_HOME", scratch_path("missing"), 1);
	assert_path(caller_state_directory(&c), scratch_path("home/.local/state/sendoff"));
	caller_release(&c);
}

static void what_is_not_the_callers_does_not_count(void **state)
{
	const struct passwd *entry = getpwuid(getuid());
	struct caller c;

	(void)state;
	if (!entry) {
		print_message("no entry for this uid: its home is not tried\n");
		skip();
	}
	setenv("HOME", scratch_path("missing"), 1);
	caller_init(&c);
	assert_string_equal(caller_home(&c), entry->pw_dir);
	assert_string_equal(caller_login(&c), entry->pw_name);
	caller_release(&c);
	setenv("HOME", "", 1);
	caller_init(&c);
	assert_string_equal(caller_home(&c), entry->pw_dir);
	caller_release(&c);
	setenv("HOME", scratch_path("home"), 1);
	caller_init(&c);
	c.set_id = true;
	assert_string_equal(caller_home(&c), entry->pw_dir);
	caller_release(&c);
	if (getuid() != 0)
		return;
	assert_int_equal(chown(scratch_path("home"), 65534, 65534), 0);
	caller_init(&c);
	assert_string_equal(caller_home(&c), entry->pw_dir);
	caller_release(&c);
}

/* The number of the check that failed. */
static int check_unknown(void)
{
	struct caller c;

	if (setresuid(54321, 54321, 54321) < 0)
		return 1;
	setenv("HOME", "/usr", 1);
	caller_init(&c);
	if (strcmp(caller_login(&c), "uid54321") != 0 || strcmp(caller_full_name(&c), "") != 0)
		return 2;
	if (strcmp(caller_home(&c), "/usr") != 0)
		return 3;
	caller_release(&c);
	unsetenv("HOME");
	caller_init(&c);
	if (strcmp(caller_home(&c), "/") != 0)
		return 4;
	caller_release(&c);
	return 0;
}

static void a_uid_without_an_entry(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (getuid() != 0 || getpwuid(54321)) {
		print_message("not root: another uid is not tried\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(check_unknown());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void another_uid_has_no_share_in_our_environment(void **state)
{
	const struct passwd *entry = getpwnam("daemon");
	struct caller c;

	(void)state;
	if (!entry || entry->pw_uid == getuid())
		skip();
	setenv("HOME", "/usr", 1);
	caller_init_uid(&c, entry->pw_uid);
	assert_string_equal(caller_login(&c), "daemon");
	assert_string_equal(caller_home(&c), entry->pw_dir);
	caller_release(&c);
	caller_init_uid(&c, 54321);
	assert_string_equal(caller_home(&c), "/");
	caller_release(&c);
}

static int check_drop(void)
{
	struct error err = ERROR_INIT;
	struct caller c;

	if (setresgid(65534, 4242, 4242) < 0 || setresuid(65534, 0, 0) < 0)
		return 1;
	caller_init(&c);
	if (!c.set_id || c.uid != 65534)
		return 2;
	if (!caller_drop_rights(&c, &err) || c.set_id)
		return 3;
	if (geteuid() != 65534 || getegid() != 65534 || seteuid(0) == 0 || setegid(4242) == 0)
		return 4;
	return 0;
}

static void rights_are_given_up_for_good(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (getuid() != 0) {
		print_message("not root: rights to give up are not tried\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(check_drop());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_of_the_callers_own_count),
		cmocka_unit_test(what_is_not_the_callers_does_not_count),
		cmocka_unit_test(a_uid_without_an_entry),
		cmocka_unit_test(another_uid_has_no_share_in_our_environment),
		cmocka_unit_test(rights_are_given_up_for_good),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
