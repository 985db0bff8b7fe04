/* SPDX-License-Identifier: ISC */
/*
 * What a process inherits, made harmless, and the signals that ask it to
 * stop: from process_catch_stop on they only take effect where something is
 * waited for, through process_poll.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum process_stop { STOP_NONE, STOP_KEEP, STOP_DROP }; /* SIGTERM and SIGHUP; SIGINT */

/*
 * Standard descriptors are open afterwards (a closed one cannot be read or
 * written), no signal is blocked, SIGPIPE and SIGXFSZ are errors of the call,
 * SIGCHLD has its default, umask is 077, memory of more than 128 KiB goes back
 * to the system when it is freed (GNU libc would soon keep as much as 32 MiB);
 * and what privilege_protect does.
 */
void process_prepare(void);

/*
 * From here on SIGTERM, SIGHUP and SIGINT (unless inherited as ignored) are blocked and noted by
 * process_poll only.
 */
void process_catch_stop(void);

/* Has one of them come?  The first one counts. */
enum process_stop process_stopped(void);

/*
 * poll until the deadline (base/clock.h), over interruptions: the number of
 * ready descriptors, 0 when the deadline has passed, -1 with EINTR when the
 * process was asked to stop (also before the call).
 */
int process_poll(struct pollfd *fds, nfds_t count, int64_t deadline_ms);

#endif
