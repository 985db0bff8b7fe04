/* SPDX-License-Identifier: ISC */
/*
 * Lines `key value value…` in which no value can break out of its place:
 * what is not printable ASCII, and '%', is written %XX.  "-" is no value at
 * all, "%" alone the empty one.  Read as strictly as written: one form for each thing.
 */
#ifndef QUEUE_RECORD_H
#define QUEUE_RECORD_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds "key", values one by one (NULL: none), and the end of the line. */
void record_begin(struct buf *out, const char *key);
void record_text(struct buf *out, const char *value);
void record_number(struct buf *out, uint64_t value);
void record_end(struct buf *out);

/* Adds a whole line with one value. */
void record_add_text(struct buf *out, const char *key, const char *value);
void record_add_number(struct buf *out, const char *key, uint64_t value);

/* Adds the line "error CODE SCOPE REPLY STATUS TEXT HINT". */
void record_add_error(struct buf *out, const struct error *err);

enum { RECORD_VALUES = 8 };

struct record {
	const char *at, *end;        /* what is not read yet */
	char *values[RECORD_VALUES]; /* of the line read last, decoded; NULL: none */
};

/*
 * Reads the next line, which must have this key and so many values.  False: it has not; no value
 * holds a NUL, CR or LF.
 */
bool record_next(struct record *r, const char *key, size_t count);

/* Has the next line this key? */
bool record_peek(const struct record *r, const char *key);

/* A value of the line as a number of at most max. */
bool record_to_number(const struct record *r, size_t value, uint64_t max, uint64_t *number);

/* So many values from `first` on as flags, 0 or 1 each; false: one is neither. */
bool record_to_flags(const struct record *r, size_t first, bool *const flags[], size_t count);

/* Hands a value to the caller, who frees it. */
char *record_take(struct record *r, size_t value);

/* The next line at once: of one number, of one text that the caller frees, of an error. */
bool record_next_number(struct record *r, const char *key, uint64_t max, uint64_t *number);
bool record_next_text(struct record *r, const char *key, char **text);
bool record_next_error(struct record *r, struct error *error);

void record_release(struct record *r);

#endif
