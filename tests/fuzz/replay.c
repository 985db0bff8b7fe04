/* SPDX-License-Identifier: ISC */
/*
 * In libFuzzer's place: plays the files and folders named, once each; without arguments the
 * target's own corpus in the source tree and inputs made by chance from a fixed seed.
 */
#include "fuzz.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/strlist.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUTS = 1000, PIECES = 40 };

static void play_bytes(const struct buf *b)
{
	char *copy = fuzz_copy(&(struct fuzz_input){ b->data, b->len });

	LLVMFuzzerTestOneInput((const uint8_t *)copy, b->len);
	free(copy);
}

static void play(const char *path)
{
	struct buf b = BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !file_read_all(fd, &b, 64 * 1024 * 1024)) {
		perror(path);
		exit(1);
	}
	close(fd);
	fprintf(stderr, "%s\n", path);
	play_bytes(&b);
	buf_release(&b);
}

static size_t play_folder(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	size_t played = 0;

	for (int i = 0; i < count; i++) {
		struct buf b = BUF_INIT;

		if (*names[i]->d_name != '.') {
			buf_addf(&b, "%s/%s", path, names[i]->d_name);
			play(buf_str(&b));
			played++;
		}
		buf_release(&b);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return played;
}

static size_t play_any(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return play_folder(path);
	play(path);
	return 1;
}

static char hex_octet(const char *s)
{
	return (char)(ascii_hex_value(s[0]) << 4 | ascii_hex_value(s[1]));
}

/* A line of a dictionary: "word", with \xNN for octets that cannot stand there. */
static void add_word(struct strlist *words, const char *line)
{
	struct buf b = BUF_INIT;

	for (line++; *line && *line != '"' && *line != '\n'; line++) {
		bool is_code = line[0] == '\\' && line[1] == 'x' && ascii_hex_value(line[2]) >= 0 &&
			       ascii_hex_value(line[3]) >= 0;

		if (is_code)
			line += 2;
		buf_addc(&b, is_code ? hex_octet(line++) : *line);
	}
	strlist_add_bytes(words, buf_str(&b), b.len);
	buf_release(&b);
}

static void read_words(struct strlist *words, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof line, file))
		if (*line == '"')
			add_word(words, line);
	if (file)
		fclose(file);
}

/* xorshift64: the same numbers on every machine. */
static uint64_t chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void make_input(struct buf *b, const struct strlist *words, uint64_t *state)
{
	uint64_t pieces = chance(state) % PIECES;

	buf_truncate(b, 0);
	for (size_t i = 0; i < pieces; i++) {
		const char *word = words->items[chance(state) % words->count];
		uint64_t times = chance(state) % 8 ? 1 : chance(state) % 400;

		if (chance(state) % 6 == 0)
			buf_addc(b, (char)(unsigned char)(chance(state) & 255));
		for (size_t k = 0; k < times; k++)
			buf_add(b, word, *word ? strlen(word) : 1);
	}
}

static size_t play_chance(const struct strlist *words)
{
	uint64_t state = 88172645463325252ULL;
	struct buf b = BUF_INIT;

	for (int i = 0; i < INPUTS; i++) {
		make_input(&b, words, &state);
		play_bytes(&b);
	}
	buf_release(&b);
	return INPUTS;
}

/* The target's corpus, then inputs made by chance from the words of its dictionary. */
static size_t play_own(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	const char *tree = getenv("srcdir");
	struct strlist words = STRLIST_INIT;
	struct buf b = BUF_INIT;
	size_t played;

	buf_addf(&b, "%s/tests/fuzz/corpus/%s", tree ? tree : ".", name);
	played = play_any(buf_str(&b));
	buf_truncate(&b, 0);
	buf_addf(&b, "%s/tests/fuzz/dict/%s", tree ? tree : ".", name);
	read_words(&words, buf_str(&b));
	played += words.count ? play_chance(&words) : 0;
	strlist_release(&words);
	buf_release(&b);
	return played;
}

int main(int argc, char **argv)
{
	size_t played = argc > 1 ? 0 : play_own(argv[0]);

	for (int i = 1; i < argc; i++)
		played += play_any(argv[i]);
	printf("%zu inputs played\n", played);
	return played ? 0 : 1;
}
