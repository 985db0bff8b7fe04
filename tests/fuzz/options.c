/* SPDX-License-Identifier: ISC */
/* A command line: its words, argv[0] first, each with a NUL behind it. */
#include "cli/options.h"

#include "base/strlist.h"
#include "fuzz.h"

static void check(const struct options *o, bool ok, const struct error *err, const struct strlist *words)
{
	fuzz_require(o->mode <= MODE_REFUSED, "a mode");
	fuzz_require(ok || err->code == EX_USAGE || err->code == EX_DATAERR, "EX_USAGE or EX_DATAERR");
	fuzz_require(ok ? o->mode != MODE_REFUSED : *err->text, "a refusal says why");
	fuzz_require(o->recipient_count < words->count || !o->recipient_count, "recipients are words");
	for (size_t i = 0; i < o->recipient_count; i++)
		fuzz_require(o->recipients[i] != NULL, "recipients are words");
	fuzz_require(o->interval_s >= 0, "an interval is positive");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	struct strlist words = STRLIST_INIT;
	struct options options = OPTIONS_INIT;
	struct error err = ERROR_INIT;
	bool ok;

	while (in.size) {
		struct fuzz_input word = fuzz_piece(&in, '\0');

		strlist_add_bytes(&words, word.data, word.size);
	}
	strlist_take(&words, NULL);
	ok = options_parse(&options, (int)words.count - 1, words.items, &err);
	check(&options, ok, &err, &words);
	words.count--;
	strlist_release(&words);
	return 0;
}
