/* SPDX-License-Identifier: ISC */
#include "cli/import_draft.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "config/config.h"
#include "config/ini.h"
#include "config/settings.h"
#include "config/syntax.h"

#include <stdlib.h>
#include <string.h>

static struct draft_section *add_section(struct draft *d, char *name)
{
	struct draft_section *s = alloc_zero(1, sizeof *s);

	d->sections = alloc_more(d->sections, d->count, &d->alloc, sizeof *d->sections);
	s->draft = d;
	s->name = name;
	d->sections[d->count++] = s;
	return s;
}

void draft_init(struct draft *d, struct caller *caller)
{
	*d = (struct draft){ .caller = caller };
	d->global = add_section(d, alloc_string("sendoff"));
}

static bool name_is_taken(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (ascii_equal(d->sections[i]->name, name))
			return true;
	return false;
}

struct draft_section *draft_add_account(struct draft *d, const char *name)
{
	enum { NAME_MAX_BYTES = 200 };
	struct buf clean = BUF_INIT;
	size_t len;

	for (; *name && clean.len < NAME_MAX_BYTES; name++)
		buf_addc(&clean, ascii_is_alnum(*name) || strchr("_.@+*-", *name) ? *name : '-');
	if (!clean.len)
		buf_adds(&clean, "account");
	len = clean.len;
	for (unsigned n = 2; name_is_taken(d, buf_str(&clean)); n++) {
		buf_truncate(&clean, len);
		buf_addf(&clean, "-%u", n);
	}
	return add_section(d, buf_detach(&clean));
}

static bool is_global(const struct draft_section *s)
{
	return s == s->draft->global;
}

static enum setting_scope scope_of(const struct draft_section *s)
{
	return is_global(s) ? SETTING_GLOBAL : SETTING_ACCOUNT;
}

static struct draft_key *find_key(const struct draft_section *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->keys[i].name, key) == 0)
			return &s->keys[i];
	return NULL;
}

const char *draft_get(const struct draft_section *s, const char *key)
{
	const struct draft_key *k = find_key(s, key);

	return k ? k->value : NULL;
}

/* False: *why says what a value of this key must be. */
static bool is_taken(
	const struct setting *setting, const char *value, struct caller *caller, struct buf *why)
{
	union {
		struct config config;
		struct account account;
	} scratch = { 0 };
	bool ok;

	if (has_control_character(value) ||
		strlen(setting->name) + strlen(value) + strlen(" = \"\"") > INI_MAX_LINE) {
		buf_adds(why, "is too long, or has a control character");
		return false;
	}
	settings_default(setting->scope, &scratch);
	ok = setting_convert(setting, &scratch, value, caller, why);
	settings_release(setting->scope, &scratch);
	return ok;
}

static void put(struct draft_section *s, const char *key, const char *value)
{
	struct draft_key *k = find_key(s, key);

	if (!k) {
		s->keys = alloc_more(s->keys, s->count, &s->alloc, sizeof *s->keys);
		k = &s->keys[s->count++];
		*k = (struct draft_key){ .name = alloc_string(key) };
	}
	alloc_wipe(k->value);
	k->value = alloc_string(value);
}

void draft_set(struct draft_section *s, const char *key, const char *value)
{
	const struct setting *setting = setting_find(scope_of(s), key);
	const char *old = draft_get(s, key);
	struct buf why = BUF_INIT;

	if (!value || !*value)
		return;
	if (is_global(s) && old && strcmp(old, value) != 0) {
		draft_note(s, "%s: more than one value; sendoff has one for all accounts", key);
	} else if (is_taken(setting, value, s->draft->caller, &why)) {
		put(s, key, value);
		s->draft->has_secret |= setting_is_secret(setting, value);
	} else {
		draft_note(s, "%s is left out: the value %s", key, buf_str(&why));
	}
	buf_release(&why);
}

void draft_setf(struct draft_section *s, const char *key, const char *format, ...)
{
	struct buf value = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&value, format, args);
	va_end(args);
	draft_set(s, key, buf_str(&value));
	buf_release(&value);
}

void draft_unset(struct draft_section *s, const char *key)
{
	struct draft_key *k = find_key(s, key);

	if (!k)
		return;
	alloc_wipe(k->value);
	free(k->name);
	*k = s->keys[--s->count];
}

static bool has_note(const struct draft *d, const char *note)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t n = 0; n < d->sections[i]->notes.count; n++)
			if (strcmp(d->sections[i]->notes.items[n], note) == 0)
				return true;
	return false;
}

/* The longest comment, well under the longest line. */
enum { NOTE_MAX_BYTES = 500 };

void draft_note(struct draft_section *s, const char *format, ...)
{
	struct buf raw = BUF_INIT;
	struct buf note = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&raw, format, args);
	va_end(args);
	buf_add_printable(&note, raw.data, raw.len < NOTE_MAX_BYTES ? raw.len : NOTE_MAX_BYTES);
	while (note.len && note.data[note.len - 1] == '\\') /* it would be an error in the file */
		buf_truncate(&note, note.len - 1);
	if (!has_note(s->draft, buf_str(&note)))
		strlist_add(&s->notes, buf_str(&note));
	buf_release(&note);
	buf_release(&raw);
}

bool draft_needs_quotes(const char *value)
{
	return strpbrk(value, "#;\"'\\") || ascii_is_blank(*value) ||
	       (*value && ascii_is_blank(value[strlen(value) - 1]));
}

static const char *quote_of(const struct setting *setting, const char *value)
{
	return setting->kind == SETTING_SECRET || draft_needs_quotes(value) ? "\"" : "";
}

static void render_section(const struct draft_section *s, struct buf *out)
{
	buf_addf(out, "%s[%s]\n", out->len ? "\n" : "", s->name);
	for (size_t i = 0; i < s->notes.count; i++)
		buf_addf(out, "; %s\n", s->notes.items[i]);
	for (const struct setting *setting = settings; setting->name; setting++) {
		const char *value =
			setting->scope == scope_of(s) ? draft_get(s, setting->name) : NULL;
		const char *quote = value ? quote_of(setting, value) : "";

		if (value)
			buf_addf(out, "%s = %s%s%s\n", setting->name, quote, value, quote);
	}
}

void draft_render(const struct draft *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++)
		if (i || d->sections[i]->count || d->sections[i]->notes.count)
			render_section(d->sections[i], out);
}

static void release_section(struct draft_section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		alloc_wipe(s->keys[i].value);
		free(s->keys[i].name);
	}
	free(s->keys);
	free(s->name);
	strlist_release(&s->notes);
	free(s);
}

void draft_release(struct draft *d)
{
	for (size_t i = 0; i < d->count; i++)
		release_section(d->sections[i]);
	free(d->sections);
	*d = (struct draft){ 0 };
}
