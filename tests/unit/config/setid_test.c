/* SPDX-License-Identifier: ISC */
#include "config/setid.h"

#include "scratch.h"

#include <sys/wait.h>

enum { USER = 65534, GROUP = 4242 };

static const char system_file[] = "[sendoff]\naccount = one\n"
				  "[one]\nhost = one.example.org\nuser = shared\npassword = x\n"
				  "[two]\nhost = two.example.org\n";

/* What a user's file (NULL: none) and -a lead to: file 's' or 'u', and the account chosen ("": an error). */
static const struct {
	const char *user, *wanted;
	bool is_named; /* by -C */
	char file;
	const char *account;
} cases[] = {
	{ NULL, NULL, false, 's', "one" },
	{ NULL, "two", false, 's', "two" },
	{ NULL, NULL, true, 'u', "" },
	{ "", NULL, false, 's', "one" },
	{ "[sendoff]\nqueue = no\n", NULL, false, 's', "one" },
	{ "[mine]\nhost = h\n", NULL, false, 'u', "mine" },
	{ "[Mine]\nhost = h\n", "MINE", false, 'u', "mine" },
	{ "[mine]\nhost = h\n", "two", false, 's', "two" },
	{ "[mine]\nhost = h\n", "two", true, 's', "two" },
	{ "[mine]\nhost = h\n", "none", false, 's', "" },
	{ "[mine]\nhost = h\n[other]\nhost = h\n", NULL, false, 's', "one" },
	{ "[mine]\nhost = h\n[default]\nhost = h\n", NULL, false, 'u', "default" },
	{ "[sendoff]\naccount = Other\n[mine]\nhost = h\n[other]\nhost = h\n", NULL, false, 'u', "other" },
	{ "[sendoff]\naccount = Two\n", NULL, false, 's', "two" },
	{ "[sendoff]\naccount = two\n[mine]\nhost = h\n", NULL, false, 's', "two" },
	{ "[sendoff]\naccount = two\n", "one", false, 's', "one" },
	{ "[sendoff]\naccount = nobody\n", NULL, false, 's', "" },
	{ "[one]\nhost = evil.example.net\n", NULL, false, 'u', "one" },
	{ "[one]\nproxy = socks5://evil.example.net:1\n", NULL, false, 'u', "" },
	{ "[mine\nhost = h\n", NULL, false, 'u', "" },
};

/* In a process like a set-group-ID one; the exit status is the number of the check that failed. */
static int check(size_t i)
{
	struct load_files f = {
		.system = scratch_path("system.ini"),
		.user = scratch_path("user.ini"),
		.user_must_exist = cases[i].is_named,
		.system_state = "/var/lib/sendoff",
		.system_queue = "/var/spool/sendoff",
	};
	struct caller caller;
	struct problems p = PROBLEMS_INIT;
	struct config c = CONFIG_INIT;
	struct error err = ERROR_INIT;
	const struct account *a = NULL;
	bool is_user = cases[i].file == 'u';

	if (setresgid(USER, GROUP, GROUP) < 0 || setresuid(USER, USER, USER) < 0)
		return 1;
	caller_init(&caller);
	if (!caller.set_id || !setid_settle(&f, &caller, cases[i].wanted, &err))
		return 2;
	if (is_user != (f.user != NULL) || is_user == (f.system != NULL))
		return 3;
	if (caller.set_id == is_user || (setegid(GROUP) == 0) == is_user)
		return 4;
	load_config(&c, &caller, &f, &p);
	if (!p.count)
		a = config_choose(&c, cases[i].wanted, NULL, &err);
	if (strcmp(a ? a->name : "", cases[i].account) != 0)
		return 5;
	if (a && strcmp(a->hosts.items[0], "evil.example.net") == 0 && (a->password || a->user))
		return 6;
	if ((c.user_file != NULL) != (is_user && cases[i].user))
		return 7;
	config_release(&c);
	caller_release(&caller);
	free(f.account);
	return 0;
}

static void one_file_is_used_alone(void **state)
{
	(void)state;
	if (getuid() != 0) {
		print_message("not root: set-id processes are not tried\n");
		skip();
	}
	assert_int_equal(chmod(scratch, 0755), 0);
	scratch_write("system.ini", system_file, 0640);
	assert_int_equal(chown(scratch_path("system.ini"), 0, GROUP), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int status;
		pid_t pid;

		remove(scratch_path("user.ini"));
		if (cases[i].user)
			assert_int_equal(chown(scratch_write("user.ini", cases[i].user, 0600), USER, USER), 0);
		pid = fork();
		if (pid == 0)
			_exit(check(i));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			print_error("case %zu, check %d\n", i, WEXITSTATUS(status));
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file_is_used_alone),
	};

	return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
