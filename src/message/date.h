/* SPDX-License-Identifier: ISC */
/*
 * Dates as RFC 5322 section 3.3 writes them, in the local time zone and in
 * English whatever the locale.
 */
#ifndef MESSAGE_DATE_H
#define MESSAGE_DATE_H

#include "base/buf.h"

#include <stdint.h>

/* Adds "Thu, 26 Nov 2026 10:30:00 +0100" for these seconds since 1970. */
void date_add(struct buf *b, int64_t when_s);

#endif
