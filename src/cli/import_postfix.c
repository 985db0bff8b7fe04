/* SPDX-License-Identifier: ISC */
/*
 * Postfix as a null client: main.cf with lines NAME = VALUE, continued by lines that begin with
 * a blank, where $NAME stands for another value; and sasl_passwd with lines SERVER
 * USER:PASSWORD.
 */
#include "cli/import_format.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

/* What is about receiving or local delivery is left out without a word. */
static const struct import_row rows[] = {
	{ "alias_maps", IMPORT_LATER, NULL },
	{ "canonical_maps", IMPORT_LOST,
		"addresses are rewritten by from_override and the alias file only" },
	{ "default_transport", IMPORT_LOST, "everything goes through the account's server" },
	{ "fallback_relay", IMPORT_LATER, NULL },
	{ "maximal_backoff_time", IMPORT_GLOBAL, "retry_max" },
	{ "maximal_queue_lifetime", IMPORT_GLOBAL, "expire" },
	{ "message_size_limit", IMPORT_GLOBAL, "max_message_size" },
	{ "minimal_backoff_time", IMPORT_GLOBAL, "retry_min" },
	{ "mydestination", IMPORT_LATER, NULL },
	{ "mydomain", IMPORT_LATER, NULL },
	{ "myhostname", IMPORT_LATER, NULL },
	{ "myorigin", IMPORT_LATER, NULL },
	{ "recipient_canonical_maps", IMPORT_LOST,
		"recipients are rewritten by the alias file only" },
	{ "relayhost", IMPORT_LATER, NULL },
	{ "sender_canonical_maps", IMPORT_LOST, "use from with from_override = yes" },
	{ "sender_dependent_relayhost_maps", IMPORT_LOST,
		"make an account for each server, with match" },
	{ "smtp_bind_address", IMPORT_ACCOUNT, "source_address" },
	{ "smtp_enforce_tls", IMPORT_LATER, NULL },
	{ "smtp_fallback_relay", IMPORT_LATER, NULL },
	{ "smtp_generic_maps", IMPORT_LOST, "use from with from_override = yes" },
	{ "smtp_header_checks", IMPORT_LOST, "header fields stay as they are" },
	{ "smtp_helo_name", IMPORT_LATER, NULL },
	{ "smtp_sasl_auth_enable", IMPORT_LATER, NULL },
	{ "smtp_sasl_mechanism_filter", IMPORT_LOST, "auth names the mechanisms" },
	{ "smtp_sasl_password_maps", IMPORT_LATER, NULL },
	{ "smtp_sender_dependent_authentication", IMPORT_LOST,
		"make an account for each login, with match" },
	{ "smtp_tls_CAfile", IMPORT_ACCOUNT, "tls_trust" },
	{ "smtp_tls_CApath", IMPORT_LOST, "tls_trust takes a file" },
	{ "smtp_tls_cert_file", IMPORT_ACCOUNT, "tls_cert" },
	{ "smtp_tls_fingerprint_cert_match", IMPORT_ACCOUNT, "tls_fingerprint" },
	{ "smtp_tls_key_file", IMPORT_ACCOUNT, "tls_key" },
	{ "smtp_tls_policy_maps", IMPORT_LOST, "tls is one setting of an account" },
	{ "smtp_tls_security_level", IMPORT_LATER, NULL },
	{ "smtp_tls_wrappermode", IMPORT_LATER, NULL },
	{ "smtp_use_tls", IMPORT_LATER, NULL },
	{ "transport_maps", IMPORT_LOST, "everything goes through the account's server" },
	{ NULL, IMPORT_SILENT, NULL },
};

/* Adds the continuation to the value that was set last. */
static void continue_value(struct import_values *v, const char *key, const char *more,
	const struct import_file *f, unsigned line)
{
	const char *old = values_get(v, key);
	struct buf whole = BUF_INIT;

	buf_addf(&whole, "%s%s%s", old ? old : "", old && *old ? " " : "", more);
	values_set(v, key, buf_str(&whole), f->name, line);
	buf_wipe(&whole);
}

static bool parse_main(struct import *im, const struct import_file *f, struct error *err)
{
	struct import_section *s = import_add_section(im, "relayhost", f, err);
	char *key = NULL;

	for (size_t i = 0; s && i < f->count; i++) {
		const struct import_line *line = &f->lines[i];
		size_t len = import_key_length(line->text);
		char *value = import_value_of(line->text + len, '=');

		if (line->indented && key) {
			continue_value(&s->values, key, line->text, f, line->number);
		} else {
			free(key);
			key = alloc_bytes(line->text, len);
			values_set(&s->values, key, value, f->name, line->number);
		}
		free(value);
	}
	free(key);
	return s;
}

static bool parse_passwords(struct import *im, const struct import_file *f, struct error *err)
{
	import_pairs(&im->logins, f, '\0');
	return true;
}

/* Puts a parameter's value in the place of $NAME, ${NAME} or $(NAME) at text; the bytes it took. */
static size_t add_parameter(const struct import_values *v, const char *text, struct buf *out)
{
	size_t open = text[1] == '{' || text[1] == '(';
	size_t len = import_key_length(text + 1 + open);
	char *name = alloc_bytes(text + 1 + open, len);
	const char *value = values_get(v, name);

	if (value)
		buf_adds(out, value);
	free(name);
	return 1 + open + len + (open && text[1 + open + len]);
}

/*
 * The value with its parameters put in, three deep at most; NULL: not set, or too long.  To be
 * freed.
 */
static char *expanded(const struct import_values *v, const char *key)
{
	enum { DEPTH = 3 };
	struct buf text = BUF_INIT;

	if (!values_get(v, key))
		return NULL;
	buf_adds(&text, values_get(v, key));
	for (int depth = 0; depth < DEPTH && strchr(buf_str(&text), '$'); depth++) {
		struct buf next = BUF_INIT;

		for (size_t at = 0; at < text.len && next.len < IMPORT_MAX_LINE;)
			if (text.data[at] == '$')
				at += add_parameter(v, text.data + at, &next);
			else
				buf_addc(&next, text.data[at++]);
		buf_swap(&text, &next);
		buf_release(&next);
	}
	if (text.len <= IMPORT_MAX_LINE && !strchr(buf_str(&text), '$'))
		return buf_detach(&text);
	buf_release(&text);
	return NULL;
}

static void set_expanded(
	struct draft_section *s, const char *ours, const struct import_values *v, const char *key)
{
	char *value = expanded(v, key);

	if (value && !draft_get(s, ours) && *value != '/')
		draft_set(s, ours, value);
	free(value);
}

/* smtp_tls_security_level: "" is the default, which is off. */
static const struct level {
	const char *name, *tls, *note;
} levels[] = {
	{ "", "off", NULL },
	{ "none", "off", NULL },
	{ "may", "starttls",
		"smtp_tls_security_level = may has no equivalent: TLS is demanded; tls = off does "
		"without" },
	{ "encrypt", "starttls",
		"the server's certificate is checked, which Postfix did not; see tls_trust, "
		"tls_fingerprint" },
	{ "fingerprint", "starttls", NULL },
	{ "verify", "starttls", NULL },
	{ "secure", "starttls", NULL },
	{ "dane", "starttls",
		"DANE is not looked up: the certificate is checked against tls_trust" },
	{ "dane-only", "starttls",
		"DANE is not looked up: the certificate is checked against tls_trust" },
	{ NULL, NULL, NULL },
};

static const char *level_of(const struct import_values *v)
{
	const char *level = values_get(v, "smtp_tls_security_level");

	if (level && *level)
		return level;
	if (values_is(v, "smtp_enforce_tls", "yes"))
		return "verify";
	return values_is(v, "smtp_use_tls", "yes") ? "may" : "";
}

static void finish_tls(const struct import_values *v, struct draft_section *account)
{
	const char *wanted = level_of(v);
	const struct level *level = levels;

	while (level->name && !ascii_equal(level->name, wanted))
		level++;
	if (level->name && values_is(v, "smtp_tls_wrappermode", "yes"))
		draft_set(account, "tls", "implicit");
	else if (level->name)
		draft_set(account, "tls", level->tls);
	if (!level->name || level->note)
		draft_note(account, "%s",
			level->name ? level->note : "smtp_tls_security_level is not known here");
}

/* The login of the server as relayhost writes it, or by its host alone. */
static void finish_login(struct import *im, const struct import_values *v, const char *relay,
	struct draft_section *account)
{
	const char *login = values_get(&im->logins, relay);
	const char *colon;
	char *user;

	if (!login && draft_get(account, "host"))
		login = values_get(&im->logins, draft_get(account, "host"));
	if (!values_is(v, "smtp_sasl_auth_enable", "yes"))
		return;
	if (!login)
		draft_note(account,
			"no login was found: name sasl_passwd too: config import main.cf "
			"sasl_passwd");
	colon = login ? strchr(login, ':') : NULL;
	user = colon ? alloc_bytes(login, (size_t)(colon - login)) : NULL;
	import_set_login(account, user, colon ? colon + 1 : NULL);
	free(user);
}

/* Is myorigin in mydestination, or can that not be told?  Only such mail meets the aliases. */
static bool origin_is_local(const struct import_values *v)
{
	char *origin = expanded(v, values_get(v, "myorigin") ? "myorigin" : "myhostname");
	char *names = expanded(v, values_get(v, "mydestination") ? "mydestination" : "myhostname");
	struct strlist list = STRLIST_INIT;
	bool is = true;

	if (origin && names && !strchr(origin, '/') && !strchr(names, '/')) {
		for (char *at = names; *at; at++)
			*at = ascii_is_blank(*at) ? ',' : *at;
		strlist_split(&list, names);
		is = strlist_has(&list, origin);
	}
	strlist_release(&list);
	free(names);
	free(origin);
	return is;
}

/* The first table that is a file of aliases, "hash:/etc/aliases". */
static void finish_aliases(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	char *maps, *path;

	if (!origin_is_local(v)) {
		import_set_no_aliases(im);
		return;
	}
	maps = expanded(v, "alias_maps");
	path = maps ? strchr(maps, ':') : NULL;
	if (path) {
		path[1 + strcspn(path + 1, ", \t")] = '\0';
		if (path[1] == '/')
			import_set_aliases(im, path + 1);
	}
	import_note_local_users(im, account);
	free(maps);
}

static void finish_fallback(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	char *relay = expanded(
		v, values_get(v, "smtp_fallback_relay") ? "smtp_fallback_relay" : "fallback_relay");
	const char *tls = draft_get(account, "tls");
	struct draft_section *backup =
		relay && *relay ? draft_add_account(&im->draft, "fallback") : NULL;

	if (backup) {
		relay[strcspn(relay, ", \t")] = '\0';
		import_set_server(backup, relay, "25");
		import_set_sender(backup);
		draft_set(backup, "tls", tls);
		finish_login(im, v, relay, backup);
		draft_set(account, "fallback", backup->name);
		draft_set(im->draft.global, "account", account->name);
	}
	free(relay);
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	struct draft_section *global = im->draft.global;
	char *relay = expanded(&s->values, "relayhost");

	set_expanded(global, "hostname", &s->values, "smtp_helo_name");
	set_expanded(global, "hostname", &s->values, "myhostname");
	set_expanded(global, "domain", &s->values, "myorigin");
	set_expanded(global, "domain", &s->values, "myhostname");
	if (relay && *relay) {
		import_set_server(account, relay, "25");
		if (*relay != '[')
			draft_note(account,
				"relayhost without [ ] asks for the domain's MX; sendoff connects "
				"to that name itself");
		finish_tls(&s->values, account);
		finish_login(im, &s->values, relay, account);
		import_set_sender(account);
		finish_fallback(im, &s->values, account);
	}
	finish_aliases(im, &s->values, account);
	import_set_queue(im);
	free(relay);
}

static const struct import_name names[] = {
	{ "main.cf", parse_main }, { "sasl_passwd", parse_passwords }, { NULL, NULL }
};

const struct import_format import_postfix = {
	.program = "Postfix",
	.rows = rows,
	.names = names,
	.finish = finish,
};
