/* SPDX-License-Identifier: ISC */
/*
 * nullmailer: `remotes` with lines HOST [PROTOCOL [--OPTION[=VALUE]]…], tried in order, and
 * beside it files of one value each.
 */
#include "cli/import_format.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Options of a remote, and names of files. */
static const struct import_row rows[] = {
	{ "adminaddr", IMPORT_LATER, NULL },
	{ "allmailfrom", IMPORT_LATER, NULL },
	{ "auth-login", IMPORT_LATER, NULL },
	{ "bounceto", IMPORT_LOST, "bounces go to the sender" },
	{ "daemon", IMPORT_SILENT, NULL },
	{ "defaultdomain", IMPORT_LATER, NULL },
	{ "defaulthost", IMPORT_LATER, NULL },
	{ "doublebounceto", IMPORT_GLOBAL, "postmaster" },
	{ "helohost", IMPORT_GLOBAL, "hostname" },
	{ "host", IMPORT_LATER, NULL },
	{ "idhost", IMPORT_LOST, "the Message-ID has the sender's domain" },
	{ "insecure", IMPORT_LATER, NULL },
	{ "maxpause", IMPORT_GLOBAL, "retry_max" },
	{ "mailname", IMPORT_LATER, NULL },
	{ "me", IMPORT_LATER, NULL },
	{ "pass", IMPORT_LATER, NULL },
	{ "pausetime", IMPORT_GLOBAL, "retry_min" },
	{ "port", IMPORT_ACCOUNT, "port" },
	{ "protocol", IMPORT_LATER, NULL },
	{ "queuelifetime", IMPORT_GLOBAL, "expire" },
	{ "sendtimeout", IMPORT_LOST, "timeout is for each reply, not for the whole" },
	{ "source", IMPORT_ACCOUNT, "source_address" },
	{ "ssl", IMPORT_LATER, NULL },
	{ "starttls", IMPORT_LATER, NULL },
	{ "syslog", IMPORT_SILENT, NULL },
	{ "tls", IMPORT_LATER, NULL },
	{ "tls-anon-auth", IMPORT_LOST, "a server without a certificate is not trusted" },
	{ "user", IMPORT_LATER, NULL },
	{ "x509cafile", IMPORT_ACCOUNT, "tls_trust" },
	{ "x509certfile", IMPORT_LATER, NULL },
	{ "x509crlfile", IMPORT_LOST, "revocation lists are not read" },
	{ "x509fmtder", IMPORT_LOST, "certificates are in PEM files" },
	{ "x509keyfile", IMPORT_LATER, NULL },
	{ NULL, IMPORT_SILENT, NULL },
};

static void set_option(
	struct import_values *v, const char *word, const struct import_file *f, unsigned line)
{
	const char *name = word + strspn(word, "-");
	size_t len = strcspn(name, "=");
	char *key = alloc_bytes(name, len);

	values_set(v, key, name[len] ? name + len + 1 : "yes", f->name, line);
	free(key);
}

static bool add_remote(struct import *im, const struct strlist *words, const struct import_file *f,
	unsigned line, struct error *err)
{
	struct import_section *s = import_add_section(im, words->items[0], f, err);

	if (!s)
		return false;
	values_set(&s->values, "host", words->items[0], f->name, line);
	for (size_t i = 1; i < words->count; i++)
		if (i == 1 && *words->items[1] != '-' && !strchr(words->items[1], '='))
			values_set(&s->values, "protocol", words->items[1], f->name, line);
		else
			set_option(&s->values, words->items[i], f, line);
	return true;
}

static bool parse_remotes(struct import *im, const struct import_file *f, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < f->count; i++) {
		struct strlist words = STRLIST_INIT;

		ok = import_split(f->lines[i].text, &words) ||
		     error_set(err, EX_DATAERR, NULL, "%s:%u: a quote is not closed", f->path,
			     f->lines[i].number);
		ok = ok && add_remote(im, &words, f, f->lines[i].number, err);
		strlist_release(&words);
	}
	return ok;
}

/* A file of one value, named like its key. */
static bool parse_value(struct import *im, const struct import_file *f, struct error *err)
{
	if (f->count)
		values_set(&im->common, f->name, f->lines[0].text, f->name, f->lines[0].number);
	return true;
}

static bool is_remotes(const struct import_file *f)
{
	struct strlist words = STRLIST_INIT;
	bool is = f->count && import_split(f->lines[0].text, &words) && words.count > 1 &&
		  (strcmp(words.items[1], "smtp") == 0 || strcmp(words.items[1], "qmqp") == 0);

	strlist_release(&words);
	return is;
}

static void finish_tls(const struct import_values *v, struct draft_section *account)
{
	const char *cert = values_get(v, "x509certfile");
	const char *key = values_get(v, "x509keyfile");
	bool implicit = values_get(v, "tls") || values_get(v, "ssl");

	if (implicit)
		draft_set(account, "tls", "implicit");
	else if (!values_get(v, "starttls"))
		draft_set(account, "tls", "off");
	if (!draft_get(account, "port"))
		draft_set(account, "port", implicit ? "465" : "25");
	if (values_get(v, "insecure"))
		draft_set(account, "tls_verify", "no");
	draft_set(account, "tls_cert", cert);
	if (cert)
		draft_set(account, "tls_key", key ? key : cert);
}

/*
 * defaulthost completes addresses, and is itself completed with defaultdomain where it has no
 * dot; me is the default, which Debian reads from /etc/mailname.
 */
static void finish_names(struct import *im)
{
	struct draft_section *global = im->draft.global;
	const char *me =
		values_get(&im->common, values_get(&im->common, "mailname") ? "mailname" : "me");
	const char *host = values_get(&im->common, "defaulthost");
	const char *domain = values_get(&im->common, "defaultdomain");
	const char *admin = values_get(&im->common, "adminaddr");

	if (!values_get(&im->common, "helohost") && me)
		draft_set(global, "hostname", me);
	host = host ? host : me;
	if (host && !strchr(host, '.') && domain)
		draft_setf(global, "domain", "%s.%s", host, domain);
	else
		draft_set(global, "domain", host);
	if (admin && strchr(admin, ','))
		draft_note(
			global, "adminaddr: it takes one address; put several into the alias file");
	draft_setf(global, "adminaddr", "%.*s", admin ? (int)strcspn(admin, ", \t") : 0,
		admin ? admin : "");
}

/*
 * The first remote is tried first; each falls back to the next, which comes after it in the
 * draft.
 */
static void chain(struct import *im, struct draft_section *account)
{
	if (im->draft.count > 2)
		draft_set(im->draft.sections[im->draft.count - 2], "fallback", account->name);
	draft_set(im->draft.global, "account", im->draft.sections[1]->name);
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	const struct import_values *v = &s->values;
	const char *sender = values_get(&im->common, "allmailfrom");

	if (values_get(v, "protocol") && !values_is(v, "protocol", "smtp"))
		draft_note(account, "only SMTP is spoken, not the protocol of this remote");
	draft_set(account, "host", s->name);
	finish_tls(v, account);
	import_set_login(account, values_get(v, "user"), values_get(v, "pass"));
	import_set_no_aliases(im);
	if (values_get(v, "auth-login"))
		draft_set(account, "auth", "login");
	finish_names(im);
	import_set_sender(account);
	if (sender)
		import_force_sender(im, account, sender);
	chain(im, account);
	import_set_queue(im);
}

static const struct import_name names[] = { { "remotes", parse_remotes },
	{ "adminaddr", parse_value }, { "allmailfrom", parse_value }, { "bounceto", parse_value },
	{ "defaultdomain", parse_value }, { "defaulthost", parse_value },
	{ "doublebounceto", parse_value }, { "helohost", parse_value }, { "idhost", parse_value },
	{ "mailname", parse_value }, { "maxpause", parse_value }, { "me", parse_value },
	{ "pausetime", parse_value }, { "queuelifetime", parse_value },
	{ "sendtimeout", parse_value }, { NULL, NULL } };

const struct import_format import_nullmailer = {
	.program = "nullmailer",
	.rows = rows,
	.names = names,
	.is_one_of = is_remotes,
	.finish = finish,
	.knows_all_keys = true,
};
