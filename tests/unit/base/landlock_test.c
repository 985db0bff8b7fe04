/* SPDX-License-Identifier: ISC */
#include "base/landlock.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/sendoff-landlock-XXXXXX";

/* What a confined process tries to open, and whether it can. */
static const struct {
	const char *path;
	int flags;
	bool works;
} cases[] = {
	{ "read", O_RDONLY, true },
	{ "read", O_WRONLY, false },
	{ "write", O_RDWR, true },
	{ "write", O_WRONLY | O_TRUNC, true },
	{ "other", O_RDONLY, false },
	{ "new", O_WRONLY | O_CREAT, false },
	{ "below/file", O_RDONLY, true },
	{ "below/file", O_WRONLY, false },
	{ "below/new", O_WRONLY | O_CREAT, false },
	{ "own/new", O_WRONLY | O_CREAT, true },
	{ "own", O_RDONLY | O_DIRECTORY, true },
	{ ".", O_RDONLY | O_DIRECTORY, false },
	{ "own/../other", O_RDONLY, false },
	{ "own/link", O_RDONLY, false },
};

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static bool enter(void)
{
	static char paths[4][64];
	struct landlock_rule rules[] = {
		{ "read", LANDLOCK_READ },
		{ "below", LANDLOCK_READ_BELOW },
		{ "write", LANDLOCK_WRITE },
		{ "own", LANDLOCK_OWN },
		{ "/nothing/here", LANDLOCK_OWN },
		{ "/dev/null", LANDLOCK_OWN },
		{ "/proc", LANDLOCK_READ_BELOW },
	};

	for (size_t i = 0; i < 4; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%s", folder, rules[i].path);
		rules[i].path = paths[i];
	}
	return landlock_enter(rules, sizeof rules / sizeof *rules);
}

/* As the queue keeps a message: a spool made before, named now, moved to a folder below. */
static bool keeps_files(int spool)
{
	int own = open(in_folder("own"), O_RDONLY | O_DIRECTORY);
	int fd = openat(own, ".", O_TMPFILE | O_RDWR, 0600);

	return file_link_unnamed(spool, own, "spooled") && file_link_unnamed(fd, own, "named") &&
	       mkdirat(own, "failed", 0700) == 0 && renameat(own, "named", own, "failed/named") == 0 &&
	       unlinkat(own, "spooled", 0) == 0;
}

/* The exit status is the number of the check that failed. */
static int check(void)
{
	int spool = file_open_unnamed(in_folder("own"), 0600);

	if (landlock_is_entered() || !enter() || !landlock_is_entered())
		return 100;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = open(in_folder(cases[i].path), cases[i].flags | O_CLOEXEC, 0600);

		if ((fd >= 0) != cases[i].works)
			return (int)i + 1;
		if (fd >= 0)
			close(fd);
	}
	if (!keeps_files(spool))
		return 101;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 102;
	execl("/bin/true", "true", (char *)NULL);
	return errno == EACCES ? 0 : 103;
}

static void put(const char *name)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(in_folder("own"), 0700), 0);
	assert_int_equal(mkdir(in_folder("below"), 0700), 0);
	put("read");
	put("write");
	put("other");
	put("below/file");
	return symlink("../other", in_folder("own/link"));
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "own/failed/named", "own/failed", "own/new", "own/link", "own", "below/file",
		"below", "read", "write", "other", "" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		remove(in_folder(names[i]));
	return 0;
}

static void only_the_rules_can_be_opened(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!landlock_is_there()) {
		print_message("no Landlock in this kernel\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(WIFEXITED(status));
	assert_false(landlock_is_entered());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_rules_can_be_opened),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
