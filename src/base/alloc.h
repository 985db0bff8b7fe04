/* SPDX-License-Identifier: ISC */
/*
 * Memory that never fails to come: when there is none, the process ends with
 * EX_TEMPFAIL, for the message is still with the caller or safe in the queue.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/*
 * Zeroed memory for count objects of size bytes; the caller frees it.  Overflow counts as out of
 * memory.
 */
void *alloc_zero(size_t count, size_t size);

/* realloc for an array of count objects of size bytes; what is new is not zeroed. */
void *alloc_grow(void *array, size_t count, size_t size);

/*
 * Room for one more in an array of count objects, which has room for *alloc: the same array, or
 * one in its place that is twice as large.
 */
void *alloc_more(void *array, size_t count, size_t *alloc, size_t size);

/* Copies of a string, of len bytes (a NUL is added); NULL stays NULL.  The caller frees them. */
char *alloc_string(const char *s);
char *alloc_bytes(const void *data, size_t len);

/*
 * Sets memory aside for when there is none: to be called before the step behind which the process
 * must not end that way, for the message is then no longer with the caller alone.
 */
void alloc_reserve(void);

/* Frees *p and sets it to NULL. */
void alloc_free(char **p);

/* Overwrites a secret before it is freed; NULL is accepted. */
void alloc_wipe(char *secret);

#endif
