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

enum { IS_DIGIT = 64, VALUE = 63 };

/*
 * IS_DIGIT and the value of a digit; 0 for what is none.  A table, because a store of trust
 * anchors is 200 kB of digits.
 */
static const unsigned char values[256] = {
	/* clang-format off */
	['A'] = 64, ['B'] = 65, ['C'] = 66, ['D'] = 67, ['E'] = 68, ['F'] = 69, ['G'] = 70,
	['H'] = 71, ['I'] = 72, ['J'] = 73, ['K'] = 74, ['L'] = 75, ['M'] = 76, ['N'] = 77,
	['O'] = 78, ['P'] = 79, ['Q'] = 80, ['R'] = 81, ['S'] = 82, ['T'] = 83, ['U'] = 84,
	['V'] = 85, ['W'] = 86, ['X'] = 87, ['Y'] = 88, ['Z'] = 89, ['a'] = 90, ['b'] = 91,
	['c'] = 92, ['d'] = 93, ['e'] = 94, ['f'] = 95, ['g'] = 96, ['h'] = 97, ['i'] = 98,
	['j'] = 99, ['k'] = 100, ['l'] = 101, ['m'] = 102, ['n'] = 103, ['o'] = 104, ['p'] = 105,
	['q'] = 106, ['r'] = 107, ['s'] = 108, ['t'] = 109, ['u'] = 110, ['v'] = 111, ['w'] = 112,
	['x'] = 113, ['y'] = 114, ['z'] = 115, ['0'] = 116, ['1'] = 117, ['2'] = 118, ['3'] = 119,
	['4'] = 120, ['5'] = 121, ['6'] = 122, ['7'] = 123, ['8'] = 124, ['9'] = 125, ['+'] = 126,
	['/'] = 127,
	/* clang-format on */
};

/* Four digits to three octets; false: one is none. */
static inline bool decode_group(const unsigned char *in, char *out)
{
	uint32_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];
	uint32_t bits = (a & VALUE) << 18 | (b & VALUE) << 12 | (c & VALUE) << 6 | (d & VALUE);

	out[0] = (char)(bits >> 16);
	out[1] = (char)(bits >> 8 & 255);
	out[2] = (char)(bits & 255);
	return a & b & c & d & IS_DIGIT;
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
	char *out;
	bool ok;

	for (size_t pad = 0; pad < 2 && len && text[len - 1] == '='; pad++)
		len--;
	ok = len % 4 != 1;
	out = buf_reserve(b, len / 4 * 3 + 3);
	for (; ok && len >= 4; in += 4, len -= 4, out += 3)
		ok = decode_group(in, out);
	if (ok && len) {
		ok = decode_last(in, len, out);
		out += len - 1;
	}
	b->len = (size_t)(out - b->data);
	buf_truncate(b, ok ? b->len : before);
	return ok;
}
