/* SPDX-License-Identifier: ISC */
/*
 * What the fuzz targets share.  Each file of this folder is one target; libFuzzer (configure
 * --enable-fuzzing, tests/fuzz/run) makes its inputs up, replay.c plays those that are kept in
 * corpus/ and some made by chance.  Sanitizers find what is done to memory, fuzz_require what is
 * wrong all the same.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process when a property does not hold. */
static inline void fuzz_require(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", property);
	abort();
}

/* What is left of an input that is read piece by piece. */
struct fuzz_input {
	const char *data;
	size_t size;
};

/* The next octet as a number; 0 when there is none. */
static inline unsigned fuzz_octet(struct fuzz_input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return (unsigned char)*in->data++;
}

/* The next piece, up to `mark`, which goes; the rest where there is none. */
static inline struct fuzz_input fuzz_piece(struct fuzz_input *in, char mark)
{
	struct fuzz_input piece = *in;
	const char *end = in->size ? memchr(in->data, mark, in->size) : NULL;

	if (end)
		piece.size = (size_t)(end - in->data);
	in->data += piece.size + (end ? 1 : 0);
	in->size -= piece.size + (end ? 1 : 0);
	return piece;
}

/* A copy of exactly its size, so that AddressSanitizer sees what reads past its end; to be freed. */
static inline char *fuzz_copy(const struct fuzz_input *in)
{
	char *copy = malloc(in->size ? in->size : 1);

	fuzz_require(copy != NULL, "there is memory");
	if (in->size)
		memcpy(copy, in->data, in->size);
	return copy;
}

/* The same as a string; a NUL within ends it. */
static inline char *fuzz_string(const struct fuzz_input *in)
{
	struct buf b = BUF_INIT;

	buf_add(&b, in->data, in->size);
	return buf_detach(&b);
}

/* Is there neither CR nor LF but as CR LF, no NUL, and no line over `longest` octets? */
static inline bool fuzz_lines_are_clean(const char *text, size_t len, size_t longest)
{
	size_t line = 0;

	for (size_t i = 0; i < len; i++) {
		bool is_end = text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';

		if (!text[i] || text[i] == '\n' || (text[i] == '\r' && !is_end) || line > longest)
			return false;
		line = is_end ? 0 : line + 1;
		i += is_end;
	}
	return line <= longest;
}

#endif
