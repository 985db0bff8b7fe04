/* SPDX-License-Identifier: ISC */
/*
 * Other programs' configuration files as lines and as keys with values.  The
 * files are not trusted: their size, lines and octets are limited.
 */
#ifndef CLI_IMPORT_SOURCE_H
#define CLI_IMPORT_SOURCE_H

#include "base/error.h"
#include "base/strlist.h"

#include <stdbool.h>
#include <stddef.h>

enum { IMPORT_MAX_BYTES = 256 * 1024, IMPORT_MAX_LINE = 4096 };

/* A line that is neither empty nor a comment, without the blanks around it. */
struct import_line {
	char *text;
	unsigned number; /* from 1 */
	bool indented;   /* blanks stood before it */
};

struct import_file {
	const char *path; /* not owned */
	const char *name; /* the last part of path */
	struct import_line *lines;
	size_t count, alloc;
};

/* EX_NOINPUT for a file that cannot be read, EX_DATAERR for what is no text file. */
bool import_read(struct import_file *f, const char *path, struct error *err);
void import_file_release(struct import_file *f);

struct import_value {
	char *key, *value;
	const char *file; /* import_file.name: lives as long as that */
	unsigned line;
};

/* A zeroed one is empty.  Keys compare without case. */
struct import_values {
	struct import_value *items; /* in the order of their files */
	size_t count, alloc;
};

/* In place of what the key had. */
void values_set(struct import_values *v, const char *key, const char *value, const char *file,
	unsigned line);

/* All of from, in place of what v has of the same keys. */
void values_copy(struct import_values *v, const struct import_values *from);

/* The value, NULL where there is none. */
const char *values_get(const struct import_values *v, const char *key);

/* Has the key this value (without case)? */
bool values_is(const struct import_values *v, const char *key, const char *value);

void values_release(struct import_values *v);

/*
 * What stands behind a key: without the blanks and the one separator (0: none) before it.  To be
 * freed.
 */
char *import_value_of(const char *rest, char separator);

/* Length of the letters, digits, '_' and '-' that a line begins with. */
size_t import_key_length(const char *text);

/*
 * Splits at blanks as a shell does, with '…', "…", a backslash, and # for a comment.  False: a
 * quote is not closed.
 */
bool import_split(const char *text, struct strlist *words);

#endif
