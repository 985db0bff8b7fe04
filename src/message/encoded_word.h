/* SPDX-License-Identifier: ISC */
/*
 * Encoded words (RFC 2047).  The charset is utf-8 when the octets are valid
 * UTF-8, else unknown-8bit (RFC 1428).  Appends to a buffer that holds the
 * field from its name on, folds as "\n", so as to know the column.
 */
#ifndef MESSAGE_ENCODED_WORD_H
#define MESSAGE_ENCODED_WORD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Is it one encoded word, whole? */
bool is_encoded_word(const char *s, size_t len);

/*
 * Adds all of the text as encoded words of at most 75 octets that split no character, folding
 * before column 76.
 */
void encoded_words_add(struct buf *out, const char *text, size_t len);

/*
 * Adds the text of an encoded word in utf-8 as new ones of the right length; false, and nothing,
 * for what is none.
 */
bool encoded_word_split(struct buf *out, const char *s, size_t len);

#endif
