/* SPDX-License-Identifier: ISC */
/* msmtp: ~/.msmtprc, /etc/msmtprc.  Accounts that inherit from `defaults` and from each other. */
#include "cli/import_format.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

static const struct import_row rows[] = {
	{ "account", IMPORT_LATER, NULL },
	{ "add_missing_date_header", IMPORT_SILENT, NULL },
	{ "add_missing_from_header", IMPORT_SILENT, NULL },
	{ "aliases", IMPORT_LATER, NULL },
	{ "allow_from_override", IMPORT_LATER, NULL },
	{ "auth", IMPORT_LATER, NULL },
	{ "auto_from", IMPORT_SILENT, NULL },
	{ "defaults", IMPORT_LATER, NULL },
	{ "domain", IMPORT_GLOBAL, "hostname" },
	{ "dsn_notify", IMPORT_LATER, NULL },
	{ "dsn_return", IMPORT_LATER, NULL },
	{ "eval", IMPORT_LOST, "run the command and write down what it prints" },
	{ "from", IMPORT_LATER, NULL },
	{ "from_full_name", IMPORT_ACCOUNT, "full_name" },
	{ "host", IMPORT_ACCOUNT, "host" },
	{ "keepbcc", IMPORT_LOST, "Bcc is always removed" },
	{ "logfile", IMPORT_LATER, NULL },
	{ "logfile_time_format", IMPORT_LOST, "the log has one format" },
	{ "maildomain", IMPORT_GLOBAL, "domain" },
	{ "ntlmdomain", IMPORT_LOST, "auth = ntlm knows no domain" },
	{ "password", IMPORT_ACCOUNT, "password" },
	{ "passwordeval", IMPORT_LATER, NULL },
	{ "port", IMPORT_ACCOUNT, "port" },
	{ "protocol", IMPORT_LATER, NULL },
	{ "proxy_host", IMPORT_LATER, NULL },
	{ "proxy_port", IMPORT_LATER, NULL },
	{ "remove_bcc_headers", IMPORT_SILENT, NULL },
	{ "set_date_header", IMPORT_SILENT, NULL },
	{ "set_from_header", IMPORT_LATER, NULL },
	{ "set_msgid_header", IMPORT_SILENT, NULL },
	{ "socket", IMPORT_ACCOUNT, "socket" },
	{ "source_ip", IMPORT_ACCOUNT, "source_address" },
	{ "syslog", IMPORT_LATER, NULL },
	{ "timeout", IMPORT_LATER, NULL },
	{ "tls", IMPORT_LATER, NULL },
	{ "tls_cert_file", IMPORT_ACCOUNT, "tls_cert" },
	{ "tls_certcheck", IMPORT_LATER, NULL },
	{ "tls_crl_file", IMPORT_LOST, "revocation lists are not read" },
	{ "tls_fingerprint", IMPORT_ACCOUNT, "tls_fingerprint" },
	{ "tls_force_sslv3", IMPORT_SILENT, NULL },
	{ "tls_host_override", IMPORT_ACCOUNT, "tls_name" },
	{ "tls_key_file", IMPORT_ACCOUNT, "tls_key" },
	{ "tls_min_dh_prime_bits", IMPORT_LOST, "tls_priority says what is strong enough" },
	{ "tls_nocertcheck", IMPORT_LATER, NULL },
	{ "tls_nostarttls", IMPORT_LATER, NULL },
	{ "tls_priorities", IMPORT_ACCOUNT, "tls_priority" },
	{ "tls_starttls", IMPORT_LATER, NULL },
	{ "tls_trust_file", IMPORT_ACCOUNT, "tls_trust" },
	{ "undisclosed_recipients", IMPORT_LOST, "To and Cc stay as they are" },
	{ "user", IMPORT_ACCOUNT, "user" },
	{ NULL, IMPORT_SILENT, NULL },
};

/* NULL also for a key that was unset by an empty argument. */
static const char *get(const struct import_values *v, const char *key)
{
	const char *value = values_get(v, key);

	return value && *value ? value : NULL;
}

/* Is a key without an argument unset?  Of the others it switches something on. */
static bool has_text(const char *key)
{
	static const char *const later[] = { "aliases", "logfile", "passwordeval", "proxy_host",
		"proxy_port" };

	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (ascii_equal(key, later[i]))
			return true;
	for (const struct import_row *row = rows; row->key; row++)
		if (ascii_equal(key, row->key))
			return row->effect == IMPORT_ACCOUNT || row->effect == IMPORT_GLOBAL;
	return false;
}

static const struct import_section *find_section(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->sections[i].name, name) == 0)
			return &im->sections[i];
	return NULL;
}

static bool inherit(struct import *im, struct import_section *s, const char *bases,
	const struct import_file *f, unsigned line, struct error *err)
{
	struct strlist names = STRLIST_INIT;
	bool ok = true;

	strlist_split(&names, bases);
	for (size_t i = 0; ok && i < names.count; i++) {
		const struct import_section *base = find_section(im, names.items[i]);

		if (base && base != s)
			values_copy(&s->values, &base->values);
		else
			ok = error_set(err, EX_DATAERR, NULL,
				"%s:%u: account '%s' is not there yet", f->path, line,
				names.items[i]);
	}
	s->is_alias = ok && names.count == 1 && strcmp(s->name, "default") == 0;
	if (s->is_alias)
		values_set(&im->logins, "default", names.items[0], f->name, line);
	strlist_release(&names);
	return ok;
}

/* account NAME [: BASE, …] */
static struct import_section *begin_account(struct import *im, const char *rest,
	const struct import_values *defaults, const struct import_file *f, unsigned line,
	struct error *err)
{
	const char *colon = strchr(rest, ':');
	char *name = alloc_bytes(rest, strcspn(rest, ": \t"));
	struct import_section *s = import_add_section(im, name, f, err);

	free(name);
	if (s)
		values_copy(&s->values, defaults);
	return s && colon && !inherit(im, s, colon + 1, f, line, err) ? NULL : s;
}

static void set_value(struct import_values *v, const char *key, const char *rest,
	const struct import_file *f, unsigned line)
{
	size_t len = strlen(rest);
	bool quoted = len > 1 && *rest == '"' && rest[len - 1] == '"';
	char *value = quoted ? alloc_bytes(rest + 1, len - 2) : alloc_string(rest);

	values_set(v, key, *value || has_text(key) ? value : "on", f->name, line);
	alloc_wipe(value);
}

static bool parse(struct import *im, const struct import_file *f, struct error *err)
{
	struct import_values defaults = { 0 };
	struct import_section *s = NULL; /* whose lines they are; NULL: the defaults' */
	bool ok = true;

	for (size_t i = 0; ok && i < f->count; i++) {
		const struct import_line *line = &f->lines[i];
		size_t len = import_key_length(line->text);
		char *key = alloc_bytes(line->text, len);
		const char *rest = line->text + len + strspn(line->text + len, " \t");

		if (ascii_equal(key, "account")) {
			s = begin_account(im, rest, &defaults, f, line->number, err);
			ok = s;
		} else if (ascii_equal(key, "defaults")) {
			s = NULL;
		} else {
			set_value(s ? &s->values : &defaults, key, rest, f, line->number);
			if (s)
				s->is_alias = false;
		}
		free(key);
	}
	values_release(&defaults);
	return ok;
}

static void finish_tls(const struct import_values *v, struct draft_section *account)
{
	bool starttls = !values_is(v, "tls_starttls", "off") && !values_get(v, "tls_nostarttls");

	if (!values_is(v, "tls", "on"))
		draft_set(account, "tls", "off");
	else if (!starttls)
		draft_set(account, "tls", "implicit");
	else if (!draft_get(account, "port")) /* starttls is our default, 25 is msmtp's */
		draft_set(account, "port", "25");
	if (values_is(v, "tls_certcheck", "off") || values_get(v, "tls_nocertcheck"))
		draft_set(account, "tls_verify", "no");
}

static bool is_plain_word(const char *s)
{
	for (; *s; s++)
		if (!ascii_is_alnum(*s) && !strchr("@.+_-", *s))
			return false;
	return true;
}

/*
 * A password goes before a command, which may be inherited; msmtp asks the keyring on its own where
 * the file has no secret.
 */
static void finish_secret(const struct import_values *v, struct draft_section *account)
{
	const char *user = draft_get(account, "user");
	const char *host = draft_get(account, "host");
	const char *command = get(v, "passwordeval");

	if (command && draft_get(account, "password"))
		draft_note(account,
			"passwordeval is left out: msmtp takes the password where both are set");
	else if (command)
		draft_set(account, "password_command", command);
	if (!user || command || draft_get(account, "password") || values_is(v, "auth", "off") ||
		!get(v, "auth"))
		return;
	draft_note(account,
		"no password was written: msmtp asks the keyring, ~/.netrc or the terminal");
	if (host && is_plain_word(user) && is_plain_word(host))
		draft_setf(account, "password_command",
			"secret-tool lookup host %s service smtp user %s", host, user);
}

static void finish_auth(const struct import_values *v, struct draft_section *account)
{
	const char *auth = values_get(v, "auth");

	if ((!auth || ascii_equal(auth, "off")) && draft_get(account, "user"))
		draft_set(account, "auth", "none");
	else if (auth && !ascii_equal(auth, "on") && !ascii_equal(auth, "off"))
		draft_set(account, "auth", auth);
	finish_secret(v, account);
}

static void finish_sender(
	struct import *im, const struct import_section *s, struct draft_section *account)
{
	const char *from = get(&s->values, "from");
	bool is_pattern = from && strpbrk(from, "*?[");

	if (is_pattern)
		draft_note(
			account, "a pattern names no sender: without -f it is user, or %%U@domain");
	else if (from)
		draft_set(account, "from", from);
	if (values_is(&s->values, "allow_from_override", "off") && !is_pattern)
		draft_set(account, "from_override", "yes");
	else if (values_is(&s->values, "set_from_header", "on"))
		draft_note(account,
			"set_from_header: the From field stays; from_override = yes replaces it, "
			"and -f's sender");
	if (from && im->count > 1 && strchr(from, '@') && !strpbrk(from, "%?["))
		draft_set(account, "match", from);
}

static void finish_log(struct import *im, const struct import_values *v)
{
	const char *file = get(v, "logfile");
	const char *syslog = values_get(v, "syslog");

	if (syslog && !ascii_equal(syslog, "off"))
		draft_set(im->draft.global, "log", "syslog");
	else if (file && strcmp(file, "-") != 0)
		draft_set(im->draft.global, "log", file);
}

static void finish_way(const struct import_values *v, struct draft_section *account)
{
	const char *timeout = values_get(v, "timeout");
	const char *port = get(v, "proxy_port");
	const char *proxy = get(v, "proxy_host");

	if (proxy)
		draft_setf(account, "proxy",
			strchr(proxy, ':') ? "socks5://[%s]:%s" : "socks5://%s:%s", proxy,
			port ? port : "1080");
	if (timeout && !ascii_equal(timeout, "off"))
		draft_set(account, "timeout", timeout);
	if (values_is(v, "protocol", "lmtp"))
		draft_note(account, "protocol lmtp has no equivalent: only SMTP is spoken");
}

static void finish_dsn(const struct import_values *v, struct draft_section *account)
{
	const char *notify = values_get(v, "dsn_notify");
	const char *what = values_get(v, "dsn_return");

	if (notify && !ascii_equal(notify, "off"))
		draft_set(account, "dsn_notify", notify);
	if (what && !ascii_equal(what, "off"))
		draft_set(account, "dsn_return", ascii_equal(what, "headers") ? "hdrs" : what);
}

static bool some_account_has_aliases(const struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		if (get(&im->sections[i].values, "aliases"))
			return true;
	return false;
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	const char *standard = values_get(&im->logins, "default");
	const char *aliases = get(&s->values, "aliases");

	finish_tls(&s->values, account);
	finish_auth(&s->values, account);
	finish_sender(im, s, account);
	finish_way(&s->values, account);
	finish_dsn(&s->values, account);
	finish_log(im, &s->values);
	if (aliases)
		import_set_aliases(im, aliases);
	else if (!some_account_has_aliases(im))
		import_set_no_aliases(im);
	if (standard && strcmp(standard, s->name) == 0)
		draft_set(im->draft.global, "account", account->name);
}

static const struct import_name names[] = { { "msmtprc", parse }, { NULL, NULL } };

const struct import_format import_msmtp = {
	.program = "msmtp",
	.rows = rows,
	.names = names,
	.finish = finish,
	.knows_all_keys = true,
};
