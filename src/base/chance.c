/* SPDX-License-Identifier: ISC */
#include "base/chance.h"

#include <sys/random.h>
#include <sys/types.h>
#include <time.h>

uint64_t chance_bits(void)
{
	uint64_t bits;
	struct timespec now;

	if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) == (ssize_t)sizeof bits)
		return bits;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec ^ (uintptr_t)&now;
}
