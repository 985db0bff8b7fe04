/* SPDX-License-Identifier: ISC */
/*
 * The syntax of sendoff.ini: iniparser parses, and a strict check of every
 * line guards it, so that no character of a value is ever lost in silence and
 * versions 4.1 and 4.2 of the library read the same.  Knows no key by name.
 */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include "base/buf.h"
#include "config/problems.h"

#include <stdbool.h>
#include <stddef.h>

enum { INI_MAX_BYTES = 256 * 1024, INI_MAX_LINE = 1022 };

struct ini_entry {
	char *section; /* lower case */
	char *key;     /* lower case; NULL: the section's own line */
	char *value;   /* without quotes; NULL for a section */
	unsigned line; /* from 1 */
	bool quoted;
	bool has_comment; /* behind the value */
	bool is_bad;      /* the value is not what was written: a problem was added */
};

struct ini {
	struct ini_entry *entries; /* in the file's order */
	size_t count, alloc;
};

#define INI_INIT { 0 }

/*
 * Parses the text of a file.  False when there are problems, each added with file and line and
 * without any value; what is right of the file is in *ini all the same.
 */
bool ini_parse(struct ini *ini, const char *file, const struct buf *text, struct problems *p);

/* Values are overwritten before they are freed. */
void ini_release(struct ini *ini);

#endif
