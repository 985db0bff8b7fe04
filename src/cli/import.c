/* SPDX-License-Identifier: ISC */
#include "cli/import.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "cli/import_format.h"
#include "config/syntax.h"

#include <stdlib.h>
#include <string.h>

static const struct import_format *const formats[] = { &import_msmtp, &import_ssmtp, &import_dma,
	&import_nullmailer, &import_esmtp, &import_postfix };
enum { FORMATS = sizeof formats / sizeof *formats };

static const struct import_row *find_row(const struct import_format *format, const char *key)
{
	for (const struct import_row *row = format->rows; row->key; row++)
		if (ascii_equal(row->key, key))
			return row;
	return NULL;
}

/* The name of the file, without a dot before it. */
static const struct import_name *find_name(
	const struct import_format *format, const struct import_file *f)
{
	const char *name = f->name + (*f->name == '.');

	for (const struct import_name *n = format->names; n->name; n++)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

/* Do most lines begin with keys of the format? */
static bool looks_like(const struct import_format *format, const struct import_file *f)
{
	size_t known = 0;

	if (format->is_one_of)
		return format->is_one_of(f);
	for (size_t i = 0; i < f->count; i++) {
		const char *text = f->lines[i].text;
		size_t len = import_key_length(text);
		char *key = alloc_bytes(text, len);

		known += strchr(" \t=", text[len]) &&
			 find_row(format, key); /* or the line ends there */
		free(key);
	}
	return known * 2 > f->count;
}

static const struct import_name *recognise(
	const struct import_file *f, const struct import_format **format, struct error *err)
{
	for (size_t i = 0; i < FORMATS; i++) {
		const struct import_name *name = find_name(formats[i], f);

		if (name) {
			*format = formats[i];
			return name;
		}
	}
	for (size_t i = 0; i < FORMATS; i++)
		if (looks_like(formats[i], f)) {
			*format = formats[i];
			return &formats[i]->names[0];
		}
	error_set(err, EX_DATAERR, NULL, "%s: of no program that is known here", f->path);
	error_hint(err, "known are msmtprc, ssmtp.conf with revaliases, dma.conf with auth.conf, "
			"nullmailer's files, "
			"esmtprc, main.cf with sasl_passwd");
	return NULL;
}

static bool parse_file(struct import *im, const struct import_file *f, struct error *err)
{
	const struct import_format *format;
	const struct import_name *name = recognise(f, &format, err);

	if (!name)
		return false;
	if (im->format && im->format != format)
		return error_set(err, EX_USAGE, NULL,
			"%s is %s's, another file %s's: one program at a time", f->path,
			format->program, im->format->program);
	im->format = format;
	return name->parse(im, f, err);
}

struct import_section *import_add_section(
	struct import *im, const char *name, const struct import_file *f, struct error *err)
{
	struct import_section *s;

	if (im->count == IMPORT_MAX_SECTIONS) {
		error_set(err, EX_DATAERR, NULL, "%s: too many accounts", f->path);
		return NULL;
	}
	im->sections = alloc_more(im->sections, im->count, &im->alloc, sizeof *im->sections);
	s = &im->sections[im->count++];
	*s = (struct import_section){ .name = alloc_string(name) };
	return s;
}

void import_pairs(struct import_values *v, const struct import_file *f, char separator)
{
	const char ends[] = { ' ', '\t', separator, '\0' };

	for (size_t i = 0; i < f->count; i++) {
		const char *text = f->lines[i].text;
		size_t len = strcspn(text, ends);
		char *key = alloc_bytes(text, len);
		char *value =
			text[len] ? import_value_of(text + len, separator) : alloc_string("yes");

		values_set(v, key, value, f->name, f->lines[i].number);
		alloc_wipe(value);
		free(key);
	}
}

/* Services by the names that IANA gives them, as numbers. */
static const char *port_of(const char *service)
{
	static const char *const names[][2] = { { "smtp", "25" }, { "submission", "587" },
		{ "submissions", "465" }, { "smtps", "465" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (ascii_equal(service, names[i][0]))
			return names[i][1];
	return service;
}

void import_set_server(struct draft_section *account, const char *server, const char *default_port)
{
	const char *bracket = *server == '[' ? strchr(server, ']') : NULL;
	const char *colon = strchr(bracket ? bracket : server, ':');
	bool is_ipv6 = !bracket && colon && strchr(colon + 1, ':');
	size_t len = colon && !is_ipv6 ? (size_t)(colon - server) : strlen(server);
	char *host = bracket ? alloc_bytes(server + 1, (size_t)(bracket - server) - 1)
			     : alloc_bytes(server, len);

	draft_set(account, "host", host);
	draft_set(account, "port", colon && !is_ipv6 ? port_of(colon + 1) : default_port);
	free(host);
}

void import_set_login(struct draft_section *account, const char *user, const char *password)
{
	if (!user || !password)
		return;
	draft_set(account, "user", user);
	draft_set(account, "password", password);
}

void import_set_sender(struct draft_section *account)
{
	const char *domain = draft_get(account->draft->global, "domain");

	draft_setf(account, "from", "%%U@%s", domain ? domain : "%H");
	draft_set(account, "from_override", "no");
}

void import_force_sender(struct import *im, struct draft_section *account, const char *address)
{
	draft_set(account, "from", address);
	draft_set(account, "from_override", "yes");
	draft_note(account, "from_override = yes replaces the From field too, which %s leaves",
		im->format->program);
}

void import_set_aliases(struct import *im, const char *path)
{
	if (strcmp(path, "/etc/aliases") != 0)
		draft_set(im->draft.global, "aliases", path);
}

void import_set_no_aliases(struct import *im)
{
	struct draft_section *global = im->draft.global;

	draft_set(global, "aliases", "/dev/null");
	draft_note(global, "no alias file, as with %s; without that line /etc/aliases is read",
		im->format->program);
}

void import_note_local_users(struct import *im, struct draft_section *account)
{
	draft_note(account, "mail for local users is sent on, to USER@domain; %s keeps it here",
		im->format->program);
}

void import_set_queue(struct import *im)
{
	draft_set(im->draft.global, "queue", "yes");
	if (!draft_get(im->draft.global, "delivery"))
		draft_set(im->draft.global, "delivery", "background");
}

static void apply(struct import *im, struct draft_section *account, const struct import_value *v)
{
	const struct import_row *row = find_row(im->format, v->key);

	if (!row && im->format->knows_all_keys)
		draft_note(account, "%s:%u: %s is no setting that is known here", v->file, v->line,
			v->key);
	else if (row && row->effect == IMPORT_ACCOUNT)
		draft_set(account, row->ours, v->value);
	else if (row && row->effect == IMPORT_GLOBAL)
		draft_set(im->draft.global, row->ours, v->value);
	else if (row && row->effect == IMPORT_LOST)
		draft_note(account, "%s:%u: %s has no equivalent: %s", v->file, v->line, v->key,
			row->ours);
}

static bool is_here(const struct draft_section *account)
{
	const char *host = draft_get(account, "host");

	return draft_get(account, "socket") ||
	       (host && (ascii_equal(host, "localhost") || ascii_starts_with(host, "127.") ||
				strcmp(host, "::1") == 0));
}

static bool lacks_secret(const struct draft_section *account)
{
	const char *auth = draft_get(account, "auth");

	return draft_get(account, "user") && !(auth && needs_no_secret(auth)) &&
	       !draft_get(account, "password") && !draft_get(account, "password_command");
}

/* What has to be said of an account as a whole. */
static void look_over(struct draft_section *account)
{
	const char *tls = draft_get(account, "tls");

	if (lacks_secret(account)) {
		draft_note(account,
			"no secret for '%s': set password, password_command or password_file, and "
			"take auth = none away",
			account->name);
		draft_set(account, "auth", "none");
	} else if (tls && strcmp(tls, "off") == 0 && draft_get(account, "user") &&
		   !is_here(account)) {
		draft_note(account,
			"sendoff logs in over an encrypted connection only: set tls, or auth = "
			"none");
	}
	if (draft_get(account, "tls_key") && !draft_get(account, "tls_cert")) {
		draft_note(account, "tls_key is left out: it needs a tls_cert");
		draft_unset(account, "tls_key");
	}
}

static void finish_account(struct import *im, const struct import_section *s)
{
	struct draft_section *account = draft_add_account(&im->draft, s->name);

	for (size_t i = 0; i < im->common.count; i++)
		apply(im, account, &im->common.items[i]);
	for (size_t i = 0; i < s->values.count; i++)
		apply(im, account, &s->values.items[i]);
	im->format->finish(im, s, account);
}

static bool names_server(
	const struct import *im, const struct draft_section *account, struct error *err)
{
	return draft_get(account, "host") || draft_get(account, "socket") ||
	       error_set(err, EX_DATAERR, NULL, "%s: account '%s' names no server to send through",
		       im->format->program, account->name);
}

static bool convert(struct import *im, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; i < im->count; i++)
		if (!im->sections[i].is_alias)
			finish_account(im, &im->sections[i]);
	for (size_t i = 1; ok && i < im->draft.count; i++) {
		look_over(im->draft.sections[i]);
		ok = names_server(im, im->draft.sections[i], err);
	}
	if (ok && im->draft.count == 1)
		ok = error_set(err, EX_DATAERR, NULL, "%s: no server to send through",
			im->format->program);
	return ok;
}

static void release(struct import *im)
{
	for (size_t i = 0; i < im->count; i++) {
		free(im->sections[i].name);
		values_release(&im->sections[i].values);
	}
	free(im->sections);
	values_release(&im->common);
	values_release(&im->logins);
	draft_release(&im->draft);
}

bool import_files(struct caller *caller, char *const *paths, size_t count, struct buf *out,
	bool *has_secret, struct error *err)
{
	struct import_file *files = alloc_zero(count, sizeof *files);
	struct import im = { 0 };
	bool ok = true;

	draft_init(&im.draft, caller);
	for (size_t i = 0; ok && i < count; i++)
		ok = import_read(&files[i], paths[i], err) && parse_file(&im, &files[i], err);
	ok = ok && convert(&im, err);
	if (ok) {
		buf_addf(out, "; made by sendoff config import from the files of %s\n",
			im.format->program);
		draft_render(&im.draft, out);
		*has_secret = im.draft.has_secret;
	}
	release(&im);
	for (size_t i = 0; i < count; i++)
		import_file_release(&files[i]);
	free(files);
	return ok;
}
