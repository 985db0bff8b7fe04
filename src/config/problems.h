/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a configuration, gathered while it is read: the first
 * problem as an error, and each one as a line for people.
 */
#ifndef CONFIG_PROBLEMS_H
#define CONFIG_PROBLEMS_H

#include "base/error.h"
#include "base/strlist.h"

struct problems {
	size_t count;
	struct error first;    /* code EX_OK: none yet */
	struct strlist *lines; /* gets "file:line: text (hint)"; NULL: nobody wants them */
};

#define PROBLEMS_INIT { 0 }

/*
 * Adds an EX_CONFIG problem as "file:line: text"; no line with 0.  The text never quotes a
 * value.
 */
void problem_add(struct problems *p, const char *file, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds a problem that is an error already. */
void problem_add_error(struct problems *p, const struct error *err);

#endif
