/* SPDX-License-Identifier: ISC */
/*
 * Time that only goes forward, in milliseconds, and deadlines on it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: a deadline is such a number. */
int64_t clock_now_ms(void);

/* What is left until the deadline, for poll: 0 when it has passed, at most INT_MAX. */
int clock_left_ms(int64_t deadline_ms);

/* Seconds since 1970 of the wall clock, for dates and for what outlives a reboot. */
int64_t clock_wall_s(void);

/* The same in milliseconds. */
int64_t clock_wall_ms(void);

#endif
