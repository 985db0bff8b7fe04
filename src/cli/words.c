/* SPDX-License-Identifier: ISC */
#include "cli/words.h"

#include "base/ascii.h"

#include <string.h>

/* What stands behind the name in the same word: "" nothing, NULL: it is another word. */
static const char *behind(const struct word *w, const char *text)
{
	size_t len = strlen(w->name);

	if (strncmp(text, w->name, len) != 0)
		return NULL;
	if (!text[len] || text[len] == '=' || (w->name[1] != '-' && w->value))
		return text + len;
	return NULL;
}

static const struct word *find(const struct word *table, const char *text)
{
	while (table->name && !behind(table, text))
		table++;
	return table->name ? table : NULL;
}

const char *words_take_first(int *argc, char ***argv)
{
	char *word = *argc > 1 ? (*argv)[1] : NULL;

	if (!word || *word == '-')
		return NULL;
	(*argv)[1] = (*argv)[0];
	--*argc;
	++*argv;
	return word;
}

/* It would be a command or a key of its own. */
static bool check_line_breaks(int argc, char **argv, struct error *err)
{
	for (int i = 1; i < argc; i++)
		if (ascii_has_line_break(argv[i], strlen(argv[i])))
			return error_set(
				err, EX_USAGE, NULL, "%s: a word holds a line break", argv[0]);
	return true;
}

bool words_parse(const struct word *table, int argc, char **argv, struct error *err)
{
	if (!check_line_breaks(argc, argv, err))
		return false;
	for (int i = 1; i < argc; i++) {
		const struct word *w = find(table, argv[i]);
		const char *rest = w ? behind(w, argv[i]) : NULL;

		if (!w || (!w->value && *rest)) {
			error_set(err, EX_USAGE, NULL, "%s: unknown word '%s'", argv[0], argv[i]);
			return error_hint(err, "sendoff %s --help", argv[0]);
		}
		if (!w->value) {
			*w->flag = true;
			continue;
		}
		if (!*rest && ++i == argc)
			return error_set(err, EX_USAGE, NULL, "%s: option '%s' needs a value",
				argv[0], w->name);
		*w->value = *rest ? rest + (*rest == '=') : argv[i];
	}
	return true;
}
