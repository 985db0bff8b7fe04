/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *buf_reserve(struct buf *b, size_t len)
{
	size_t want = len < SIZE_MAX - b->len ? b->len + len + 1 : SIZE_MAX;

	if (want > b->alloc) {
		size_t twice = b->alloc < SIZE_MAX / 2 ? b->alloc * 2 : SIZE_MAX;

		b->alloc = want > twice ? want : twice;
		b->data = alloc_grow(b->data, b->alloc, 1);
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *end = buf_reserve(b, len);

	if (len)
		memcpy(end, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_hex(struct buf *b, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *octets = data;

	for (size_t i = 0; i < len; i++) {
		buf_addc(b, digits[octets[i] >> 4]);
		buf_addc(b, digits[octets[i] & 15]);
	}
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vaddf(b, format, args);
	va_end(args);
}

void buf_vaddf(struct buf *b, const char *format, va_list args)
{
	size_t room = b->alloc - b->len;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(room ? b->data + b->len : NULL, room, format, again);
	va_end(again);
	if (len < 0)
		return;
	if ((size_t)len >= room)
		vsnprintf(buf_reserve(b, (size_t)len), (size_t)len + 1, format, args);
	b->len += (size_t)len;
}

bool buf_add_within(struct buf *b, const void *data, size_t len, size_t ceiling)
{
	if (b->len > ceiling || len > ceiling - b->len)
		return false;
	buf_add(b, data, len);
	return true;
}

void buf_insert(struct buf *b, size_t at, const void *data, size_t len)
{
	buf_reserve(b, len);
	memmove(b->data + at + len, b->data + at, b->len - at + 1);
	if (len)
		memcpy(b->data + at, data, len);
	b->len += len;
}

void buf_remove(struct buf *b, size_t at, size_t len)
{
	if (!len)
		return;
	memmove(b->data + at, b->data + at + len, b->len - at - len + 1);
	b->len -= len;
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len < b->len)
		b->len = len;
	if (b->data)
		b->data[b->len] = '\0';
}

void buf_swap(struct buf *a, struct buf *b)
{
	struct buf c = *a;

	*a = *b;
	*b = c;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_detach(struct buf *b)
{
	char *data = buf_reserve(b, 0) - b->len;

	*b = (struct buf)BUF_INIT;
	return data;
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->alloc);
	buf_release(b);
}
