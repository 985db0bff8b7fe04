/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include "scratch.h"

static struct caller caller;

static int begin(void **state)
{
	(void)state;
	caller_init(&caller);
	return chdir(scratch);
}

static int end(void **state)
{
	(void)state;
	unsetenv("SENDOFF_CONFIG");
	caller_release(&caller);
	return chdir("/");
}

static void assert_only(const char *file, const char *expected_file, const char *account)
{
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	assert_true(config_load(&c, &caller, file, NULL, &err));
	assert_int_equal(c.files.count, 1);
	assert_string_equal(c.files.items[0], expected_file);
	assert_string_equal(c.user_file, expected_file);
	assert_int_equal(c.count, 1);
	assert_string_equal(c.accounts[0].name, account);
	config_release(&c);
}

static void one_file_is_read_instead_of_the_usual_ones(void **state)
{
	const char *named = scratch_write("named.ini", "[named]\nhost = h\n", 0600);
	const char *variable = scratch_write("variable.ini", "[variable]\nhost = h\n", 0600);

	(void)state;
	assert_only(named, named, "named");
	assert_only("named.ini", named, "named");
	setenv("SENDOFF_CONFIG", variable, 1);
	assert_only(NULL, variable, "variable");
	assert_only("named.ini", named, "named");
	setenv("SENDOFF_CONFIG", "variable.ini", 1);
	assert_only(NULL, variable, "variable");
}

static void the_users_file_is_found(void **state)
{
	const char *own;
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(mkdir(scratch_path("sendoff"), 0700), 0);
	own = scratch_write("sendoff/sendoff.ini", "[own]\nhost = h\n", 0600);
	setenv("SENDOFF_CONFIG", "", 1);
	setenv("XDG_CONFIG_HOME", scratch, 1);
	assert_true(config_load(&c, &caller, NULL, NULL, &err));
	assert_string_equal(c.user_file, own);
	assert_non_null(config_account(&c, "own"));
	config_release(&c);
	assert_true(config_load_system(&c, &caller, &err));
	assert_null(c.user_file);
	assert_null(config_account(&c, "own"));
	config_release(&c);
	unsetenv("XDG_CONFIG_HOME");
}

static void a_named_file_must_be_there(void **state)
{
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_false(config_load(&c, &caller, "missing.ini", NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_int_equal(err.scope, ERROR_OF_MESSAGE);
	assert_non_null(strstr(err.text, scratch_path("missing.ini")));
	assert_null(c.queue_dir);
	assert_false(config_load(&c, &caller, "", NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
	setenv("SENDOFF_CONFIG", "missing.ini", 1);
	assert_false(config_load(&c, &caller, NULL, NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
}

static void the_first_problem_is_the_error_and_lint_tells_all(void **state)
{
	struct strlist problems = STRLIST_INIT;
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	scratch_write("bad.ini", "[a]\nhost = h\nprot = 1\nport = x\n", 0600);
	assert_false(config_load(&c, &caller, "bad.ini", NULL, &err));
	assert_non_null(strstr(err.text, "bad.ini:3: unknown key 'prot' (did you mean 'port'?)"));
	assert_int_equal(c.count, 0);
	config_lint(&c, &caller, "bad.ini", &problems);
	assert_true(problems.count >= 2);
	assert_non_null(strstr(problems.items[0], "bad.ini:3: "));
	assert_non_null(strstr(problems.items[1], "bad.ini:4: "));
	assert_int_equal(c.count, 1);
	config_release(&c);
	strlist_release(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_file_is_read_instead_of_the_usual_ones, begin, end),
		cmocka_unit_test_setup_teardown(the_users_file_is_found, begin, end),
		cmocka_unit_test_setup_teardown(a_named_file_must_be_there, begin, end),
		cmocka_unit_test_setup_teardown(the_first_problem_is_the_error_and_lint_tells_all, begin, end),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
