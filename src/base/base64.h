/* SPDX-License-Identifier: ISC */
/*
 * Base64 (RFC 4648 section 4) without line breaks.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds the encoded form, padded. */
void base64_encode(struct buf *b, const void *data, size_t len);

/*
 * Adds what len characters stand for; false, with b as it was, for what is not base64.  The
 * padding may be missing.
 */
bool base64_decode(struct buf *b, const char *text, size_t len);

#endif
