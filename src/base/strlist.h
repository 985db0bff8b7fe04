/* SPDX-License-Identifier: ISC */
/*
 * A growing list of strings that it owns.  A zeroed struct strlist is a valid
 * empty one.
 */
#ifndef BASE_STRLIST_H
#define BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **items;
	size_t count;
	size_t alloc;
};

#define STRLIST_INIT { 0 }

/* Adds a copy; _bytes of len bytes, _take the string itself. */
void strlist_add(struct strlist *l, const char *s);
void strlist_add_bytes(struct strlist *l, const char *s, size_t len);
void strlist_take(struct strlist *l, char *s);

/*
 * Adds the members of a list that is separated by commas, blanks around them removed, empty ones
 * left out.
 */
void strlist_split(struct strlist *l, const char *commas);

/* Is s in the list?  ASCII letters compare without case. */
bool strlist_has(const struct strlist *l, const char *s);

void strlist_release(struct strlist *l);

#endif
