/* SPDX-License-Identifier: ISC */
/*
 * Durations and sizes as people write them: "90", "15m", "1h30m"; "64K", "1G".
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Parts with s, m, h, d or w behind each number; a bare number counts in
 * bare_unit seconds and stands alone.  *seconds is at most ten years; false for anything else.
 */
bool units_duration(const char *s, int64_t bare_unit, int64_t *seconds);

/* Bytes, with K, M or G (powers of 1024, case ignored) behind the number or not; at most 1 PiB. */
bool units_size(const char *s, uint64_t *bytes);

/* Adds seconds as units_duration reads them: "1h30m", "0s". */
void units_add_duration(struct buf *b, int64_t seconds);

/* Adds bytes for people: "812 B", "1.4 KiB", "70.8 MiB". */
void units_add_size(struct buf *b, uint64_t bytes);

#endif
