/* SPDX-License-Identifier: ISC */
/*
 * Text of header fields with the raw 8-bit words in it as encoded words
 * (RFC 2047 section 5).  Encoded words that are there already stay as they
 * are, unless one is too long for any line.
 */
#ifndef MESSAGE_ENCODED_TEXT_H
#define MESSAGE_ENCODED_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORD_MAX = 997 }; /* octets of a word that fits a line of 998 behind a blank */

/* How text is cut into words, and where encoded words may stand. */
enum text_form {
	TEXT_PLAIN,   /* unstructured text: at blanks */
	TEXT_SIGNS,   /* beside an address: quoted strings, comments, signs, routes */
	TEXT_GROUPS,  /* between members: words, quoted strings, comments, and , : ; */
	TEXT_NAME,    /* a display name: the same, but a word with any sign is encoded */
	TEXT_COMMENT, /* inside a comment: parentheses, quoted pairs */
};

/*
 * Adds text to a buffer that holds the field from its name on.  Encoded are words with 8-bit
 * octets (with utf8: that are not valid UTF-8), those over WORD_MAX and, in groups and names,
 * those with a sign that no phrase may hold (RFC 5322 section 3.2.3).  Blanks between two words
 * that are encoded are encoded with them, for readers drop what stands between.
 */
void encoded_text_add(
	struct buf *out, const char *text, size_t len, enum text_form form, bool utf8);

#endif
