/* SPDX-License-Identifier: ISC */
#include "net/wait.h"

#include "base/clock.h"

#include <errno.h>

int wait_any(struct pollfd *fds, nfds_t count, int64_t deadline_ms)
{
	int ready;

	do {
		ready = poll(fds, count, clock_left_ms(deadline_ms));
	} while (ready < 0 && (errno == EINTR || errno == EAGAIN));
	return ready < 0 ? 0 : ready;
}

short wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd one = { .fd = fd, .events = events };

	return wait_any(&one, 1, deadline_ms) ? one.revents : 0;
}
