/* SPDX-License-Identifier: ISC */
/*
 * The machine's part of a report: the fields of message/delivery-status
 * (RFC 3464 section 2; RFC 6533 for addresses beyond ASCII).
 */
#ifndef QUEUE_REPORT_FIELDS_H
#define QUEUE_REPORT_FIELDS_H

#include "base/buf.h"
#include "queue/bounce.h"

/*
 * Adds the fields of the message, then for each recipient an empty line and its fields.  LF line
 * ends, all ASCII.
 */
void report_add_fields(const struct report *r, struct buf *out);

#endif
