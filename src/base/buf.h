/* SPDX-License-Identifier: ISC */
/*
 * Byte strings that grow and never truncate.  A zeroed struct buf is a valid
 * empty one; data is NULL only then, otherwise data[len] is always a NUL that
 * len does not count.  Memory failures end the process (base/alloc.h).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t alloc;
};

#define BUF_INIT { 0 }

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_hex(struct buf *b, const void *data, size_t len); /* two digits 0-9a-f an octet */
void buf_vaddf(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Adds only if the whole then has at most ceiling bytes; false: nothing was added. */
bool buf_add_within(struct buf *b, const void *data, size_t len, size_t ceiling);

/* Puts len bytes in at offset at, which must not be beyond the end. */
void buf_insert(struct buf *b, size_t at, const void *data, size_t len);

/* Takes len bytes out at offset at; both must lie within. */
void buf_remove(struct buf *b, size_t at, size_t len);

/*
 * Room for len more bytes, to be written at data + len by the caller, who then adds to len and
 * ends with buf_truncate(b, b->len).
 */
char *buf_reserve(struct buf *b, size_t len);

/* Shortens to len bytes (never lengthens), keeping the memory. */
void buf_truncate(struct buf *b, size_t len);

/* Exchanges two buffers. */
void buf_swap(struct buf *a, struct buf *b);

/* The bytes as a C string, "" for an empty buffer; valid until the next change. */
const char *buf_str(const struct buf *b);

/* Hands the memory to the caller, who frees it; the buffer is empty again.  Never NULL. */
char *buf_detach(struct buf *b);

void buf_release(struct buf *b);

/* As buf_release, for secrets: the bytes are overwritten first. */
void buf_wipe(struct buf *b);

#endif
