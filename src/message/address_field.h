/* SPDX-License-Identifier: ISC */
/*
 * The address lists of a header field made fit for the wire: names and
 * comments as encoded words, domains as A-labels.  What stands between is
 * kept as it is.
 */
#ifndef MESSAGE_ADDRESS_FIELD_H
#define MESSAGE_ADDRESS_FIELD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds the field's value to out, which holds the field from its name on.  An address that cannot
 * be written in ASCII becomes what message/render.h says; with utf8 valid UTF-8 stays.  False,
 * with out as it was: no address list.
 */
bool address_field_add(struct buf *out, const char *value, size_t len, bool utf8);

/* Does the list hold an address with valid UTF-8 in its local part? */
bool address_field_needs_utf8(const char *value, size_t len);

#endif
