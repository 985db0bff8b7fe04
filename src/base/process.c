/* SPDX-License-Identifier: ISC */
#include "base/process.h"

#include "base/clock.h"
#include "base/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = 128 * 1024 }; /* octets of a block that has a mapping of its own */

static volatile sig_atomic_t stop; /* enum process_stop */
static sigset_t stop_signals;      /* those that are caught */
static sigset_t while_waiting;     /* what stays blocked in process_poll */
static bool catching;

static void note(int signal)
{
	if (stop == STOP_NONE)
		stop = signal == SIGINT ? STOP_DROP : STOP_KEEP;
}

/* Where there is no /dev/null any path will do: it only keeps the place. */
static void open_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			(void)open("/", O_PATH);
}

void process_prepare(void)
{
	sigset_t none;

	privilege_protect();
	open_standard_descriptors();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	umask(077);
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void process_catch_stop(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	struct sigaction action = { .sa_handler = note }, old;

	sigemptyset(&stop_signals);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (sigaction(signals[i], NULL, &old) < 0 || old.sa_handler == SIG_IGN)
			continue;
		sigaddset(&stop_signals, signals[i]);
		sigaction(signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &stop_signals, &while_waiting);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigdelset(&while_waiting, signals[i]);
	catching = true;
}

enum process_stop process_stopped(void)
{
	return (enum process_stop)stop;
}

int process_poll(struct pollfd *fds, nfds_t count, int64_t deadline_ms)
{
	for (;;) {
		int left = clock_left_ms(deadline_ms);
		struct timespec timeout = { .tv_sec = left / 1000,
			.tv_nsec = left % 1000 * 1000000L };
		int n;

		if (stop != STOP_NONE) {
			errno = EINTR;
			return -1;
		}
		n = ppoll(fds, count, &timeout, catching ? &while_waiting : NULL);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}
