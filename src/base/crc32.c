/* SPDX-License-Identifier: ISC */
#include "base/crc32.h"

enum { SLICES = 8 };

/* table[k][b]: what byte b does to the checksum with k zero bytes behind it. */
static uint32_t table[SLICES][256];

static void make_table(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
		table[0][b] = crc;
	}
	for (size_t k = 1; k < SLICES; k++)
		for (size_t b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
}

static uint32_t add_slices(uint32_t crc, const unsigned char *p)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < SLICES; i++)
		next ^= table[SLICES - 1 - i][p[i] ^ (i < 4 ? crc >> 8 * i & 255 : 0)];
	return next;
}

uint32_t crc32_add(uint32_t before, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t crc = ~before;

	if (!table[0][1])
		make_table();
	for (; len >= SLICES; p += SLICES, len -= SLICES)
		crc = add_slices(crc, p);
	for (; len; p++, len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
	return ~crc;
}
