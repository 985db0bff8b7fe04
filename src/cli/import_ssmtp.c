/* SPDX-License-Identifier: ISC */
/* ssmtp: ssmtp.conf, and revaliases with lines USER:ADDRESS[:HOST[:PORT]]. */
#include "cli/import_format.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static const struct import_row rows[] = {
	{ "AuthMethod", IMPORT_LATER, NULL },
	{ "AuthPass", IMPORT_LATER, NULL },
	{ "AuthUser", IMPORT_LATER, NULL },
	{ "Debug", IMPORT_LOST, "sendmail -v shows the dialogue" },
	{ "FromLineOverride", IMPORT_LATER, NULL },
	{ "Hostname", IMPORT_GLOBAL, "hostname" },
	{ "Mailhub", IMPORT_LATER, NULL },
	{ "MinUserId", IMPORT_LATER, NULL },
	{ "RewriteDomain", IMPORT_GLOBAL, "domain" },
	{ "Root", IMPORT_LATER, NULL },
	{ "TLS_CA_Dir", IMPORT_LOST, "tls_trust takes a file" },
	{ "TLS_CA_File", IMPORT_ACCOUNT, "tls_trust" },
	{ "TLSCert", IMPORT_LATER, NULL },
	{ "TLSKey", IMPORT_LATER, NULL },
	{ "UseOldAUTH", IMPORT_LOST, "AUTH is spoken as in RFC 4954" },
	{ "UseSTARTTLS", IMPORT_LATER, NULL },
	{ "UseTLS", IMPORT_LATER, NULL },
	{ "UseTLSCert", IMPORT_LATER, NULL },
	{ NULL, IMPORT_SILENT, NULL },
};

static bool parse_conf(struct import *im, const struct import_file *f, struct error *err)
{
	struct import_section *s = import_add_section(im, "default", f, err);

	if (s)
		import_pairs(&s->values, f, '=');
	return s;
}

static bool parse_revaliases(struct import *im, const struct import_file *f, struct error *err)
{
	if (f->count > IMPORT_MAX_SECTIONS)
		return error_set(err, EX_DATAERR, NULL, "%s: too many lines", f->path);
	import_pairs(&im->logins, f, ':');
	return true;
}

static void finish_tls(const struct import_values *v, struct draft_section *account)
{
	bool starttls = values_is(v, "UseSTARTTLS", "yes");
	const char *cert = values_get(v, "TLSCert");
	const char *key = values_get(v, "TLSKey");

	if (!starttls)
		draft_set(account, "tls", values_is(v, "UseTLS", "yes") ? "implicit" : "off");
	if (starttls || values_is(v, "UseTLS", "yes"))
		draft_note(account,
			"the server's certificate is checked, which ssmtp did not; see tls_trust, "
			"tls_fingerprint");
	if (cert && values_is(v, "UseTLSCert", "yes")) {
		draft_set(account, "tls_cert", cert);
		draft_set(account, "tls_key", key ? key : cert);
	}
}

/*
 * The sender is the calling user at this domain; FromLineOverride makes it that of the From
 * field, which is made of what -f says where there is none.
 */
static void finish_sender(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	const char *domain = values_get(v, "RewriteDomain");

	if (!domain)
		domain = values_get(v, "Hostname");
	draft_set(im->draft.global, "domain", domain);
	import_set_sender(account);
	draft_note(account, "the sender is what -f says, else from; %s",
		values_is(v, "FromLineOverride", "yes")
			? "with FromLineOverride ssmtp takes the From field's"
			: "ssmtp passes over -f");
}

/* ssmtp leaves the names of other users to the domain. */
static void finish_root(struct import *im, const char *root)
{
	struct draft_section *global = im->draft.global;

	import_set_no_aliases(im);
	if (!root)
		return;
	draft_set(global, "adminaddr", root);
	draft_note(global,
		"adminaddr gets the mail for every local name, not only for users below MinUserId; "
		"an alias file can name the others");
}

/* USER is known; what follows is ADDRESS[:HOST[:PORT]]. */
static void add_user(
	struct import *im, const struct import_value *line, const struct draft_section *standard)
{
	struct draft_section *account = draft_add_account(&im->draft, line->key);
	size_t len = strcspn(line->value, ":");
	char *address = alloc_bytes(line->value, len);
	const char *from = draft_get(standard, "from");
	const char *domain = from ? strchr(from, '@') : NULL;

	for (size_t i = 0; i < standard->count; i++)
		draft_set(account, standard->keys[i].name, standard->keys[i].value);
	draft_set(account, "from", address);
	draft_set(account, "from_override", "yes");
	if (domain && strcmp(domain, "@%H") != 0)
		draft_setf(account, "match", "%s%s", line->key, domain);
	if (line->value[len])
		import_set_server(account, line->value + len + 1, "25");
	draft_note(account, "%s:%u: for mail whose sender is %s; mail without one goes through %s",
		line->file, line->line, line->key, standard->name);
	free(address);
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	const char *server = values_get(&s->values, "Mailhub");

	import_set_server(account, server && *server ? server : "mailhub", "25");
	finish_tls(&s->values, account);
	import_set_login(
		account, values_get(&s->values, "AuthUser"), values_get(&s->values, "AuthPass"));
	if (values_is(&s->values, "AuthMethod", "cram-md5"))
		draft_set(account, "auth", "cram-md5");
	finish_sender(im, &s->values, account);
	finish_root(im, values_get(&s->values, "Root"));
	for (size_t i = 0; i < im->logins.count; i++)
		add_user(im, &im->logins.items[i], account);
	if (im->logins.count)
		draft_set(im->draft.global, "account", account->name);
}

static const struct import_name names[] = {
	{ "ssmtp.conf", parse_conf }, { "revaliases", parse_revaliases }, { NULL, NULL }
};

const struct import_format import_ssmtp = {
	.program = "ssmtp",
	.rows = rows,
	.names = names,
	.finish = finish,
	.knows_all_keys = true,
};
