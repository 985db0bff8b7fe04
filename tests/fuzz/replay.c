/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { INPUTS = 3000, PIECES = 40 };

/* xorshift64: the same numbers on every machine. */
static uint64_t chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void make_input(struct buf *b, uint64_t *state)
{
	size_t words = 0, pieces = chance(state) % PIECES;

	while (fuzz_words[words])
		words++;
	buf_truncate(b, 0);
	for (size_t i = 0; i < pieces; i++) {
		const char *word = fuzz_words[chance(state) % words];
		size_t times = chance(state) % 8 ? 1 : chance(state) % 400;

		if (chance(state) % 6 == 0)
			buf_addc(b, (char)(unsigned char)(chance(state) & 255));
		for (size_t k = 0; k < times; k++)
			buf_adds(b, word);
	}
}

static int run_file(const char *path)
{
	struct buf b = BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && file_read_all(fd, &b, SIZE_MAX / 2);

	if (ok)
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&b), b.len);
	else
		perror(path);
	if (fd >= 0)
		close(fd);
	buf_release(&b);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	uint64_t state = 88172645463325252ULL;
	struct buf b = BUF_INIT;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	for (int i = 0; i < INPUTS && argc == 1; i++) {
		make_input(&b, &state);
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&b), b.len);
	}
	buf_release(&b);
	return failed;
}
