/* SPDX-License-Identifier: ISC */
/*
 * A sendoff.ini in the making: every value is checked and quoted as the file
 * needs it, so that what is printed is always a configuration that loads.
 * What cannot be written becomes a comment, which never quotes a value.
 */
#ifndef CLI_IMPORT_DRAFT_H
#define CLI_IMPORT_DRAFT_H

#include "base/buf.h"
#include "base/strlist.h"
#include "config/caller.h"

#include <stdbool.h>
#include <stddef.h>

struct draft_key {
	char *name, *value;
};

struct draft_section {
	struct draft *draft;
	char *name;
	struct draft_key *keys;
	size_t count, alloc;
	struct strlist notes; /* comments before the keys */
};

struct draft {
	struct caller *caller; /* whose home a value's ~/ is; not owned */
	struct draft_section **sections;
	size_t count, alloc;
	struct draft_section *global; /* [sendoff], the first; the others are accounts */
	bool has_secret;
};

/* caller must live as long; the draft stays where it is. */
void draft_init(struct draft *d, struct caller *caller);

/* Makes an account; its name is what sendoff allows of the one given, and unlike the others'. */
struct draft_section *draft_add_account(struct draft *d, const char *name);

/*
 * Sets a key, in place of what it was; NULL and "" change nothing.  A value that sendoff does not
 * take leaves a note instead; so does, in [sendoff], another value for a key that has one.
 */
void draft_set(struct draft_section *s, const char *key, const char *value);
void draft_setf(struct draft_section *s, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void draft_unset(struct draft_section *s, const char *key);

/* NULL: not set. */
const char *draft_get(const struct draft_section *s, const char *key);

/* Adds a comment, once in the whole draft. */
void draft_note(struct draft_section *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Would the file read a value without quotes as another, or a person take it for one? */
bool draft_needs_quotes(const char *value);

/* Adds the file's text. */
void draft_render(const struct draft *d, struct buf *out);

void draft_release(struct draft *d);

#endif
