/* SPDX-License-Identifier: ISC */
#include "base/strlist.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

void strlist_take(struct strlist *l, char *s)
{
	l->items = alloc_more(l->items, l->count, &l->alloc, sizeof *l->items);
	l->items[l->count++] = s;
}

void strlist_add(struct strlist *l, const char *s)
{
	strlist_take(l, alloc_string(s));
}

void strlist_add_bytes(struct strlist *l, const char *s, size_t len)
{
	strlist_take(l, alloc_bytes(s, len));
}

void strlist_split(struct strlist *l, const char *commas)
{
	while (*commas) {
		size_t len = strcspn(commas, ",");
		size_t start = strspn(commas, " \t");
		size_t end = len;

		while (end > start && strchr(" \t", commas[end - 1]))
			end--;
		if (start < end)
			strlist_add_bytes(l, commas + start, end - start);
		commas += len + (commas[len] == ',');
	}
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->count; i++)
		if (ascii_equal(l->items[i], s))
			return true;
	return false;
}

void strlist_release(struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct strlist)STRLIST_INIT;
}
