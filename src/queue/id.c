/* SPDX-License-Identifier: ISC */
#include "queue/id.h"

#include "base/chance.h"
#include "base/crc32.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

/* Crockford's: in ASCII order, one case, nothing that looks like something else. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum {
	TIME_LEN = 11, /* 55 bits of microseconds since 1970: to the year 3111 */
	CHANCE_LEN = QUEUE_ID_LEN - TIME_LEN, /* 50 bits */
};

static void put(char *to, size_t len, uint64_t value)
{
	while (len--) {
		to[len] = digits[value & 31];
		value >>= 5;
	}
}

void queue_id_make(char id[QUEUE_ID_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put(id, TIME_LEN, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	put(id + TIME_LEN, CHANCE_LEN, chance_bits());
	id[QUEUE_ID_LEN] = '\0';
}

void queue_id_derive(char id[QUEUE_ID_SIZE], const char *from, unsigned n)
{
	uint32_t high = crc32_add(n, from, QUEUE_ID_LEN);
	uint32_t low = crc32_add(~high, from, QUEUE_ID_LEN);

	memcpy(id, from, TIME_LEN);
	put(id + TIME_LEN, CHANCE_LEN, (uint64_t)high << 32 | low);
	id[QUEUE_ID_LEN] = '\0';
}

bool queue_id_is_valid(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] && strchr(digits, s[i]))
		i++;
	return len == QUEUE_ID_LEN && i == len;
}
