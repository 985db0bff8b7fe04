/* SPDX-License-Identifier: ISC */
/*
 * Raw 8-bit values in the parameters of Content-Type and Content-Disposition
 * as RFC 2231 has them; parameters that are ASCII stay as they are.
 */
#ifndef MESSAGE_PARAMETERS_H
#define MESSAGE_PARAMETERS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds the field's value to out, which holds the field from its name on.  A value that is not
 * ASCII (with utf8: not valid UTF-8), or too long for a line, becomes name*=charset''value, or
 * where that is too long name*0*= and so on.
 */
void parameters_add(struct buf *out, const char *value, size_t len, bool utf8);

#endif
