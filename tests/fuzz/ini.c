/* SPDX-License-Identifier: ISC */
/* A configuration file, and each of its values as the setting that it is for. */
#include "config/ini.h"

#include "base/ascii.h"
#include "config/config.h"
#include "config/settings.h"
#include "fuzz.h"

static void convert(const struct ini_entry *e, struct config *c, struct account *a, struct caller *caller)
{
	bool is_global = strcmp(e->section, "sendoff") == 0;
	const struct setting *s = setting_find(is_global ? SETTING_GLOBAL : SETTING_ACCOUNT, e->key);
	struct buf why = BUF_INIT;
	bool ok;

	if (!s) {
		setting_nearest(is_global ? SETTING_GLOBAL : SETTING_ACCOUNT, e->key);
		return;
	}
	ok = setting_convert(s, is_global ? (void *)c : (void *)a, e->value, caller, &why);
	fuzz_require(ok || why.len, "a wrong value is told why");
	setting_is_secret(s, e->value);
	buf_release(&why);
}

static void check(const struct ini *ini, const struct fuzz_input *in)
{
	struct config config = CONFIG_INIT;
	struct account account = { 0 };
	struct caller caller = CALLER_INIT;

	caller_init(&caller);
	settings_default(SETTING_GLOBAL, &config);
	settings_default(SETTING_ACCOUNT, &account);
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];

		fuzz_require(e->line > 0 && e->section && *e->section, "an entry has a place");
		fuzz_require(!e->key == !e->value, "a key has a value");
		fuzz_require(!e->value || !*e->value || memmem(in->data, in->size, e->value, strlen(e->value)),
			"a value stands in the file as it is");
		if (e->key)
			convert(e, &config, &account, &caller);
	}
	settings_release(SETTING_GLOBAL, &config);
	settings_release(SETTING_ACCOUNT, &account);
	caller_release(&caller);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	struct buf text = BUF_INIT;
	struct ini ini = INI_INIT;
	struct strlist lines = STRLIST_INIT;
	struct problems problems = { .lines = &lines };
	bool ok;

	buf_add(&text, data, size);
	ok = ini_parse(&ini, "/etc/sendoff.ini", &text, &problems);
	fuzz_require(ok == !problems.count, "what is wrong is a problem");
	for (size_t i = 0; i < lines.count; i++)
		fuzz_require(utf8_is_valid(lines.items[i], strlen(lines.items[i])), "a problem is printable");
	check(&ini, &in);
	strlist_release(&lines);
	ini_release(&ini);
	buf_release(&text);
	return 0;
}
