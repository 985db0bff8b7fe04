/* SPDX-License-Identifier: ISC */
/*
 * esmtp: ~/.esmtprc.  Lines KEY = VALUE; `identity = ADDRESS` begins those for a sender, the
 * first ones are the default.
 */
#include "cli/import_format.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

static const struct import_row rows[] = {
	{ "certificate_passphrase", IMPORT_LOST, "a key's file must have no passphrase" },
	{ "force_mda", IMPORT_LOST, "nothing is delivered locally" },
	{ "force_reverse_path", IMPORT_LATER, NULL },
	{ "force_sender", IMPORT_LOST, "no Sender field is made; from_override = yes is for From" },
	{ "helo", IMPORT_GLOBAL, "hostname" },
	{ "hostname", IMPORT_LATER, NULL },
	{ "identity", IMPORT_LATER, NULL },
	{ "mda", IMPORT_LOST, "nothing is delivered locally" },
	{ "message_id", IMPORT_LOST, "a Message-ID is added where there is none" },
	{ "password", IMPORT_LATER, NULL },
	{ "postconnect", IMPORT_LOST, "no command is run before or after a connection" },
	{ "preconnect", IMPORT_LOST, "no command is run before or after a connection" },
	{ "qualifydomain", IMPORT_GLOBAL, "domain" },
	{ "starttls", IMPORT_LATER, NULL },
	{ "username", IMPORT_LATER, NULL },
	{ NULL, IMPORT_SILENT, NULL },
};

static bool begin_identity(struct import *im, const struct strlist *words,
	const struct import_file *f, unsigned line, struct error *err)
{
	struct import_section *s;

	if (!words->count)
		return error_set(
			err, EX_DATAERR, NULL, "%s:%u: an identity needs a name", f->path, line);
	s = import_add_section(im, words->items[0], f, err);
	if (s)
		values_set(&s->values, "identity", words->items[0], f->name, line);
	return s;
}

static bool set_value(struct import *im, const char *key, const struct strlist *words,
	const struct import_file *f, unsigned line, struct error *err)
{
	struct import_section *s = im->count ? &im->sections[im->count - 1] : NULL;

	s = s ? s : import_add_section(im, "default", f, err);
	if (s)
		values_set(&s->values, key, words->count ? words->items[0] : "yes", f->name, line);
	return s;
}

/* The key; `force sender` is one of two words. */
static char *take_key(const char **text)
{
	size_t len = import_key_length(*text);
	struct buf key = BUF_INIT;

	buf_add(&key, *text, len);
	*text += len + strspn(*text + len, " \t");
	if (ascii_equal(buf_str(&key), "force")) {
		len = import_key_length(*text);
		buf_addc(&key, '_');
		buf_add(&key, *text, len);
		*text += len + strspn(*text + len, " \t");
	}
	return buf_detach(&key);
}

static bool parse_line(struct import *im, const struct import_file *f,
	const struct import_line *line, struct error *err)
{
	struct strlist words = STRLIST_INIT;
	const char *text = line->text;
	char *key = take_key(&text);
	char *value = import_value_of(text, '=');
	bool ok = import_split(value, &words) ||
		  error_set(err, EX_DATAERR, NULL, "%s:%u: a quote is not closed", f->path,
			  line->number);

	if (ok && ascii_equal(key, "identity"))
		ok = begin_identity(im, &words, f, line->number, err);
	else if (ok)
		ok = set_value(im, key, &words, f, line->number, err);
	strlist_release(&words);
	alloc_wipe(value);
	free(key);
	return ok;
}

static bool parse(struct import *im, const struct import_file *f, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < f->count; i++)
		ok = parse_line(im, f, &f->lines[i], err);
	return ok;
}

/* esmtp's %u is our %U. */
static void set_forced(struct import *im, struct draft_section *account, const char *address)
{
	struct buf from = BUF_INIT;

	for (const char *at = address; *at; at++)
		buf_addc(&from, *at == 'u' && at > address && at[-1] == '%' ? 'U' : *at);
	import_force_sender(im, account, buf_str(&from));
	buf_release(&from);
}

static void finish_sender(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	const char *identity = values_get(v, "identity");
	const char *forced = values_get(v, "force_reverse_path");

	draft_set(account, "from", "%U@%H");
	draft_set(account, "from_override", "no");
	if (identity && strchr(identity, '@')) {
		draft_set(account, "match", identity);
		draft_set(account, "from", identity);
	}
	draft_note(
		account, "the sender is what -f says, else from; esmtp -t takes the From field's");
	if (forced)
		set_forced(im, account, forced);
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	const struct import_values *v = &s->values;
	const char *server = values_get(v, "hostname");
	bool tls = values_get(v, "starttls") && !values_is(v, "starttls", "disabled");

	import_set_server(account, server ? server : "localhost", "587");
	if (!tls)
		draft_set(account, "tls", "off");
	if (values_is(v, "starttls", "enabled"))
		draft_note(account,
			"starttls = enabled has no equivalent: TLS is demanded; tls = off does "
			"without");
	import_set_login(account, values_get(v, "username"), values_get(v, "password"));
	finish_sender(im, v, account);
	import_set_no_aliases(im);
	if (im->count > 1)
		draft_set(im->draft.global, "account", im->draft.sections[1]->name);
}

static const struct import_name names[] = { { "esmtprc", parse }, { NULL, NULL } };

const struct import_format import_esmtp = {
	.program = "esmtp",
	.rows = rows,
	.names = names,
	.finish = finish,
	.knows_all_keys = true,
};
