/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

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
	return must(calloc(count ? count : 1, size ? size : 1));
}

void *alloc_grow(void *array, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return must(NULL);
	return must(realloc(array, bytes ? bytes : 1));
}

char *alloc_string(const char *s)
{
	return s ? alloc_bytes(s, strlen(s)) : NULL;
}

char *alloc_bytes(const void *data, size_t len)
{
	char *p = must(len < SIZE_MAX ? malloc(len + 1) : NULL);

	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
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
