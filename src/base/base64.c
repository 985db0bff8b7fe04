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

bool base64_decode(struct buf *b, const char *text, size_t len)
{
	size_t before = b->len;
	uint32_t bits = 0;

	for (size_t pad = 0; pad < 2 && len && text[len - 1] == '='; pad++)
		len--;
	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit) {
			buf_truncate(b, before);
			return false;
		}
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (i % 4)
			buf_addc(b, (char)(bits >> (6 - i % 4 * 2) & 255));
	}
	if (len % 4 == 1)
		buf_truncate(b, before);
	return len % 4 != 1;
}
