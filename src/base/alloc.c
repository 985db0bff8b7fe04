/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { RESERVE = 256 * 1024 };

static void *reserve; /* set aside by alloc_reserve; NULL: never, or it was needed */

/* May a failed call be made once more? */
static bool give_reserve(void)
{
	bool had = reserve != NULL;

	free(reserve);
	reserve = NULL;
	return had;
}

static void *must(void *p)
{
	static const char line[] = "sendmail: out of memory\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		_exit(EX_TEMPFAIL);
	_exit(EX_TEMPFAIL);
}

void *alloc_zero(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p && give_reserve())
		p = calloc(count ? count : 1, size ? size : 1);
	return must(p);
}

void *alloc_grow(void *array, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		return must(NULL);
	bytes = bytes ? bytes : 1;
	p = realloc(array, bytes);
	if (!p && give_reserve())
		p = realloc(array, bytes);
	return must(p);
}

void *alloc_more(void *array, size_t count, size_t *alloc, size_t size)
{
	if (count < *alloc)
		return array;
	*alloc = *alloc ? *alloc * 2 : 8;
	return alloc_grow(array, *alloc, size);
}

char *alloc_string(const char *s)
{
	return s ? alloc_bytes(s, strlen(s)) : NULL;
}

char *alloc_bytes(const void *data, size_t len)
{
	char *p = len < SIZE_MAX ? alloc_grow(NULL, len + 1, 1) : must(NULL);

	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
}

void alloc_reserve(void)
{
	if (!reserve)
		reserve = must(malloc(RESERVE));
}

void alloc_free(char **p)
{
	free(*p);
	*p = NULL;
}

void alloc_wipe(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
