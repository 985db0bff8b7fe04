/* SPDX-License-Identifier: ISC */
#include "net/wait.h"

#include "base/clock.h"
#include "base/process.h"

int wait_any(struct pollfd *fds, nfds_t count, int64_t deadline_ms)
{
	int ready = process_poll(fds, count, deadline_ms);

	return ready < 0 ? 0 : ready;
}

short wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd one = { .fd = fd, .events = events };

	return wait_any(&one, 1, deadline_ms) ? one.revents : 0;
}

int wait_left_ms(int64_t deadline_ms)
{
	return process_stopped() ? 0 : clock_left_ms(deadline_ms);
}

bool wait_error(struct error *err, const char *status, const char *text)
{
	return error_set(
		err, EX_TEMPFAIL, status, "%s", process_stopped() ? "stopped by a signal" : text);
}
