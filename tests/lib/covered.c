/* SPDX-License-Identifier: ISC */
/*
 * Part of every program that is built to measure coverage (--enable-coverage).  A process that ends
 * by _exit, turns into another program, or has confined itself would leave no counts behind, and
 * what the tests do reach would look as if they did not.
 *
 * The counts are written by a child that no tracer follows: a fault that a test injects while gcov
 * adds to its files would spoil what other processes have written there.
 */
#include "base/landlock.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __wrap_execl(const char *path, const char *word, ...);
bool __real_landlock_enter(const struct landlock_rule *rules, size_t count);
bool __wrap_landlock_enter(const struct landlock_rule *rules, size_t count);

/* Counts that cannot be written (from a chroot, say) are lost; stderr belongs to the program. */
static void write_counts(void)
{
	void (*faults_end)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "faults_end");
	pid_t child;

	if (faults_end)
		faults_end();
	child = (pid_t)syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0) {
		setenv("GCOV_ERROR_FILE", "/dev/null", 1);
		__gcov_dump();
		__real__exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	__gcov_reset();
}

/* Comes after what the program has registered; gcov's own end is not reached. */
static void end(int status, void *unused)
{
	(void)unused;
	fflush(NULL);
	write_counts();
	__real__exit(status);
}

__attribute__((constructor)) static void begin(void)
{
	on_exit(end, NULL);
}

void __wrap__exit(int status)
{
	write_counts();
	__real__exit(status);
}

int __wrap_execl(const char *path, const char *word, ...)
{
	enum { WORDS_MAX = 8 };
	char *words[WORDS_MAX + 1] = { NULL };
	size_t count = 0;
	va_list rest;

	va_start(rest, word);
	for (; word && count < WORDS_MAX; word = va_arg(rest, const char *))
		words[count++] = (char *)word;
	va_end(rest);
	write_counts();
	return execv(path, words);
}

/* One rule more, for the counts. */
bool __wrap_landlock_enter(const struct landlock_rule *rules, size_t count)
{
	struct landlock_rule *all = calloc(count + 1, sizeof *all);
	bool ok;

	if (!all)
		return false;
	memcpy(all, rules, count * sizeof *all);
	all[count] = (struct landlock_rule){ COVERAGE_FOLDER, LANDLOCK_OWN };
	ok = __real_landlock_enter(all, count + 1);
	free(all);
	return ok;
}
