/* SPDX-License-Identifier: ISC */
#include "config/aliases.h"
#include "config/load.h"
#include "config/provider.h"
#include "config/secret.h"
#include "config/senders.h"
#include "config/syntax.h"

#include <string.h>

/* The line where a key of an account was written, else that of its section. */
static void complain(struct problems *p, const struct config *c, const struct account *a,
	const char *key, const char *text)
{
	const struct config_key *k = config_find_key(c, a->name, key);
	bool has_line = k && k->line;

	problem_add(p, has_line ? k->file : a->file, has_line ? k->line : a->line,
		"account '%s': %s", a->name, text);
}

static void check_host(const struct config *c, const struct account *a, struct problems *p)
{
	const struct provider *known = a->provider ? provider_find(a->provider) : NULL;
	struct error err = ERROR_INIT;

	if (a->hosts.count || a->socket || config_find_key(c, a->name, "host"))
		return;
	error_set(
		&err, EX_CONFIG, NULL, "%s:%u: account '%s': no 'host'", a->file, a->line, a->name);
	error_hint(&err, "%s",
		known ? known->hint : "set host to the name of the submission server, or provider");
	problem_add_error(p, &err);
}

/* Only where no mechanism can do without; smtp/auth.c decides when the server has spoken. */
static bool needs_secret(const struct account *a)
{
	for (size_t i = 0; i < a->auth.count; i++)
		if (needs_no_secret(a->auth.items[i]))
			return false;
	return a->user;
}

/* Its value may have been bad: that was told. */
static bool secret_is_written(const struct config *c, const struct account *a)
{
	return config_find_key(c, a->name, "password") ||
	       config_find_key(c, a->name, "password_file") ||
	       config_find_key(c, a->name, "password_command");
}

static void check_secret(const struct config *c, const struct caller *caller,
	const struct account *a, struct problems *p)
{
	const struct provider *known = a->provider ? provider_find(a->provider) : NULL;
	struct error err = ERROR_INIT;

	if (a->password_command && caller->set_id && a->source == SOURCE_SYSTEM)
		complain(p, c, a, "password_command",
			"'password_command' would run as the caller in a set-id process: let a "
			"timer write the secret to a 'password_file'");
	if (!needs_secret(a) || secret_is_configured(a) || secret_is_written(c, a))
		return;
	error_set(&err, EX_CONFIG, NULL, "%s:%u: account '%s': 'user' without a secret", a->file,
		a->line, a->name);
	error_hint(&err, "%s%s",
		known ? known->hint : "set password, password_command or password_file",
		known ? "" : ", or auth = none");
	problem_add_error(p, &err);
}

static void check_references(const struct config *c, const struct account *a, struct problems *p)
{
	const struct account *next = a;

	if (a->fallback && !config_account(c, a->fallback)) {
		complain(p, c, a, "fallback", "'fallback' names no account");
		return;
	}
	for (size_t steps = 0; next && next->fallback; steps++) {
		next = config_account(c, next->fallback);
		if (next == a) {
			complain(p, c, a, "fallback", "'fallback' leads back to this account");
			return;
		}
		if (steps > c->count)
			return;
	}
}

static void check_account(const struct config *c, const struct caller *caller,
	const struct account *a, struct problems *p)
{
	check_host(c, a, p);
	check_secret(c, caller, a, p);
	check_references(c, a, p);
	if (a->tls_key && !a->tls_cert)
		complain(p, c, a, "tls_key", "'tls_key' without 'tls_cert'");
	if (a->require_tls && a->tls == TLS_OFF)
		complain(p, c, a, "require_tls", "'require_tls' with tls = off");
}

static void check_global(const struct config *c, struct problems *p)
{
	const struct config_key *k = config_find_key(c, "sendoff", "account");

	if (k && c->account && !config_account(c, c->account))
		problem_add(p, k->file, k->line, "'account' names no account");
	k = config_find_key(c, "sendoff", "retry_max");
	if (k && c->retry_max_s < c->retry_min_s)
		problem_add(p, k->file, k->line, "'retry_max' is less than 'retry_min'");
}

void check_config(const struct config *c, const struct caller *caller, struct problems *p)
{
	for (size_t i = 0; i < c->count; i++)
		check_account(c, caller, &c->accounts[i], p);
	check_global(c, p);
}

static void lint_aliases(const struct config *c, struct problems *p)
{
	struct aliases aliases = ALIASES_INIT;
	struct error err = ERROR_INIT;
	const char *file = config_aliases(c);

	if (file && !aliases_read(&aliases, file, &err))
		problem_add_error(p, &err);
	for (size_t i = 0; i < aliases.problems.count; i++) {
		error_set(&err, EX_DATAERR, NULL, "%s", aliases.problems.items[i]);
		problem_add_error(p, &err);
	}
	aliases_release(&aliases);
}

void lint_named_files(const struct config *c, struct caller *caller, struct problems *p)
{
	lint_aliases(c, p);
	for (size_t i = 0; i < c->count; i++) {
		struct secret secret = SECRET_INIT;
		struct error err = ERROR_INIT;

		if (!senders_are_good(&c->accounts[i], caller, &err))
			problem_add_error(p, &err);
		err = (struct error)ERROR_INIT;
		if (c->accounts[i].password_file &&
			!secret_get(&secret, &c->accounts[i], caller, &err))
			problem_add_error(p, &err);
		secret_release(&secret);
	}
}
