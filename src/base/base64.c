/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <stdint.h>

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

/* -1 for what is no digit. */
static int digit_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct buf *b, const char *text, size_t len)
{
	size_t before = b->len;
	uint32_t bits = 0;
	char *out;

	for (size_t pad = 0; pad < 2 && len && text[len - 1] == '='; pad++)
		len--;
	out = buf_reserve(b, len / 4 * 3 + 3);
	for (size_t i = 0; i < len; i++) {
		int value = digit_value((unsigned char)text[i]);

		if (value < 0 || len % 4 == 1) {
			buf_truncate(b, before);
			return false;
		}
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			*out++ = (char)(bits >> (6 - i % 4 * 2) & 255);
	}
	b->len = (size_t)(out - b->data);
	buf_truncate(b, b->len);
	return true;
}
