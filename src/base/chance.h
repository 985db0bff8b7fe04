/* SPDX-License-Identifier: ISC */
/*
 * Random numbers for names and delays: nothing secret may hang on them.
 */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include <stdint.h>

/* 64 bits by chance.  Never waits: early at boot they are made of the time. */
uint64_t chance_bits(void);

#endif
