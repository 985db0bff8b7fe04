/* SPDX-License-Identifier: ISC */
/*
 * CRC-32 as Ethernet, gzip and PNG have it (ISO 3309): finds damage, not
 * malice.
 */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what gave `before` (0: nothing) with len more bytes behind it. */
uint32_t crc32_add(uint32_t before, const void *data, size_t len);

#endif
