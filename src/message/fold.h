/* SPDX-License-Identifier: ISC */
/*
 * Lines of a header field (RFC 5322 section 2.2.3): where they may be broken,
 * and breaking those that are too long.  The field is text from its name on,
 * folds as "\n" before a blank.
 */
#ifndef MESSAGE_FOLD_H
#define MESSAGE_FOLD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	FOLD_HARD = 998, /* octets of a line at most (RFC 5322 section 2.1.1) */
	/* What folded lines get; with encoded words no more is allowed (RFC 2047 section 2). */
	FOLD_SOFT = 76,
	FOLD_BLANKS = 500, /* blanks in a row that are kept behind a fold */
};

/* Octets on the last line. */
size_t fold_column(const struct buf *field);

/*
 * Begins a new line, unless the last is blank; the blank at its start is the one that ended the
 * last line, or a new one.
 */
void fold_here(struct buf *field);

/*
 * Folds every line over FOLD_HARD octets, with `encoded` those over FOLD_SOFT that hold encoded
 * words: at blanks (never so that a line has nothing but blanks), behind the colon of the name
 * and, with at_commas, behind commas between addresses.  False: a line cannot be brought under
 * FOLD_HARD; the field is as it was.
 */
bool fold_lines(struct buf *field, bool encoded, bool at_commas);

#endif
