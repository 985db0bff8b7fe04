/* SPDX-License-Identifier: ISC */
/*
 * A fuzz target is one function.  `make check` runs it on inputs made by chance from a fixed seed (replay.c) and on the
 * files named on its command line.  With libFuzzer, in a build of clang, replay.c left out:
 *   clang -fsanitize=fuzzer,address,undefined -Isrc -I. -include config.h -include src/base/banned.h \
 *	tests/fuzz/content_fuzz.c libmessage.a libconfig.a libbase.a -lidn2 -liniparser
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Aborts when something does not hold; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Pieces that inputs are made of, NULL at the end. */
extern const char *const fuzz_words[];

#endif
