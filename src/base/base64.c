/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *b, const void *data, size_t len)
{
	const unsigned char *in = data;
	char *out = buf_reserve(b, (len + 2) / 3 * 4);

	for (; len; in += len < 3 ? len : 3, len -= len < 3 ? len : 3) {
		uint32_t bits = (uint32_t)in[0] << 16 | (len > 1 ? (uint32_t)in[1] << 8 : 0) |
				(len > 2 ? in[2] : 0);

		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = len > 1 ? digits[bits >> 6 & 63] : '=';
		*out++ = len > 2 ? digits[bits & 63] : '=';
		b->len += 4;
	}
	buf_truncate(b, b->len);
}

/*
 * The value of a digit and 1; 0 for what is none.  A table, because a store of trust anchors is
 * 300 kB of digits.
 */
static const unsigned char values[256] = {
	/* clang-format off */
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7,
	['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
	['/'] = 64,
	/* clang-format on */
};

/* Four digits to three octets; false: one is none. */
static bool decode_group(const unsigned char *in, char *out)
{
	uint32_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];
	uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

	out[0] = (char)(bits >> 16 & 255);
	out[1] = (char)(bits >> 8 & 255);
	out[2] = (char)(bits & 255);
	return a && b && c && d;
}

/* Two or three digits to one octet less. */
static bool decode_last(const unsigned char *in, size_t count, char *out)
{
	const unsigned char group[4] = { in[0], in[1], count > 2 ? in[2] : 'A', 'A' };
	char octets[3];
	bool ok = decode_group(group, octets);

	memcpy(out, octets, count - 1);
	return ok;
}

bool base64_decode(struct buf *b, const char *text, size_t len)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t before = b->len;
	bool ok;

	for (size_t pad = 0; pad < 2 && len && text[len - 1] == '='; pad++)
		len--;
	ok = len % 4 != 1;
	buf_reserve(b, len / 4 * 3 + 3);
	for (; ok && len >= 4; in += 4, len -= 4, b->len += 3)
		ok = decode_group(in, b->data + b->len);
	if (ok && len) {
		ok = decode_last(in, len, b->data + b->len);
		b->len += len - 1;
	}
	buf_truncate(b, ok ? b->len : before);
	return ok;
}
