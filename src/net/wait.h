/* SPDX-License-Identifier: ISC */
/*
 * The one place where the network is waited for: poll with a deadline of the
 * monotonic clock.  A process that was asked to stop (base/process.h) finds every
 * deadline passed.
 */
#ifndef NET_WAIT_H
#define NET_WAIT_H

#include "base/error.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How many of the descriptors are ready; 0 when the deadline passed first.  A deadline in the
 * past still looks once.
 */
int wait_any(struct pollfd *fds, nfds_t count, int64_t deadline_ms);

/*
 * What one descriptor is ready for, POLLERR and POLLHUP included; 0 when the deadline passed
 * first.
 */
short wait_for(int fd, short events, int64_t deadline_ms);

/* As clock_left_ms. */
int wait_left_ms(int64_t deadline_ms);

/* EX_TEMPFAIL with that status and text, or that a signal ended the wait.  Always returns false. */
bool wait_error(struct error *err, const char *status, const char *text);

#endif
