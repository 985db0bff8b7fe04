/* SPDX-License-Identifier: ISC */
/*
 * Laid before libc (LD_PRELOAD) by tests/sweep: makes what is plenty scarce.
 *
 *	FAULT_ALLOC=N	the N-th allocation of the program fails (0: none); with FAULT_REPORT=FILE the
 *			number of allocations made is written there at the end
 *	FAULT_SHORT=N	reads and writes move at most N octets at a time
 *
 * A crash is told with the file that the code lies in.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <ucontext.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static unsigned long fails_at, made;
static size_t most;
static int is_over;

/* Says in which file the code lies that crashed, and ends as it would have. */
static void tell(const void *code, int number)
{
	char line[512];
	Dl_info where = { .dli_fname = "?" };

	dladdr(code, &where);
	snprintf(line, sizeof line, "crashed in %s\n", where.dli_fname);
	if (write(2, line, strlen(line)) < 0)
		_exit(125);
	signal(number, SIG_DFL);
	raise(number);
}

static void tell_crash(int number, siginfo_t *info, void *context)
{
	(void)info;
#if defined(__x86_64__)
	tell((void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP], number);
#elif defined(__i386__)
	tell((void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_EIP], number);
#else
	(void)context;
	tell(NULL, number);
#endif
}

/* Libraries that give up without memory call it. */
void abort(void)
{
	tell(__builtin_return_address(0), SIGABRT);
	_exit(125);
}

__attribute__((constructor)) static void start(void)
{
	struct sigaction on_crash = { .sa_sigaction = tell_crash, .sa_flags = SA_SIGINFO };
	const char *alloc = getenv("FAULT_ALLOC"), *piece = getenv("FAULT_SHORT");

	fails_at = alloc ? strtoul(alloc, NULL, 10) : 0;
	most = piece ? strtoul(piece, NULL, 10) : 0;
	made = 0;
	sigaction(SIGSEGV, &on_crash, NULL);
}

/* The end of the program; gcov calls it before it writes down its counts. */
__attribute__((destructor)) void faults_end(void)
{
	const char *path = getenv("FAULT_REPORT");
	FILE *file;

	if (is_over)
		return;
	is_over = 1;
	file = path ? fopen(path, "w") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", made);
	fclose(file);
}

static int fails(void)
{
	if (is_over || ++made != fails_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

static size_t cut(size_t len)
{
	return most && len > most ? most : len;
}

ssize_t read(int fd, void *data, size_t len)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");

	return real(fd, data, cut(len));
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

	return real(fd, data, cut(len));
}

ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
	ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");

	return real(fd, data, cut(len), at);
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	return pread64(fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");

	return real(fd, data, cut(len), at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");

	return real(fd, data, cut(len), flags);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	ssize_t (*real)(int, void *, size_t, int) = dlsym(RTLD_NEXT, "recv");

	return real(fd, data, cut(len), flags);
}
