/* SPDX-License-Identifier: ISC */
/*
 * Raw 8-bit text in header fields as encoded words (RFC 2047).  The charset is utf-8 when the octets are
 * valid UTF-8, else unknown-8bit (RFC 1428).  Encoded words that are there
 * already stay as they are.
 *
 * All functions append to a buffer that holds the field from its name on,
 * folds as "\n", so that they know the column and fold before it passes 76.
 */
#ifndef MESSAGE_ENCODED_WORD_H
#define MESSAGE_ENCODED_WORD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORD_MAX = 997 }; /* octets of a word that fits a line of 998 behind a blank */

/* How text is cut into words, and where encoded words may stand (RFC 2047 section 5). */
enum text_form {
	TEXT_PLAIN,   /* unstructured text: at blanks */
	TEXT_PHRASE,  /* around addresses: words, quoted strings, comments, signs */
	TEXT_COMMENT, /* inside a comment: parentheses, quoted pairs */
};

/* Is it one encoded word, whole? */
bool is_encoded_word(const char *s, size_t len);

/*
 * Adds text, the words in it that need it encoded: those with 8-bit octets (with utf8 only what is not valid UTF-8) and
 * those over WORD_MAX.  Blanks between two words that are encoded are part of what is encoded, for readers drop them.
 */
void encoded_text_add(struct buf *out, const char *text, size_t len, enum text_form form, bool utf8);

/* Adds all of the text as encoded words. */
void encoded_words_add(struct buf *out, const char *text, size_t len);

#endif
