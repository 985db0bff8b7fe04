/* SPDX-License-Identifier: ISC */
#include "cli/check.h"

#include "config/provider.h"

#include <string.h>

/* What else a failure of a step may come from. */
static const struct {
	const char *step, *words; /* words in the error's text */
	unsigned port;            /* the account's; 0: any */
	const char *cause;
} causes[] = {
	{ "lookup", "", 0,
		"a captive portal or no network at all gives the same: does a web page open?" },
	{ "connect", "", 25, "many networks block port 25: use port = 587 and a login" },
	{ "connect", "", 0,
		"a firewall or a captive portal may be in between: does a web page open?" },
	{ "greeting", "", 25, "many networks block port 25: use port = 587 and a login" },
	{ "greeting", "", 0, "port and tls belong together: 587 with starttls, 465 with implicit" },
	{ "tls", "not trusted", 0,
		"a captive portal, or a virus scanner that looks into TLS, shows its own "
		"certificate" },
	{ "tls", "is for ", 0, "a captive portal shows the certificate of another name" },
	{ "tls", "no TLS", 0,
		"port and tls belong together: 587 with starttls, 465 with implicit" },
	{ "auth", ": 535", 0,
		"the provider may want an app password or OAuth2 (auth = xoauth2) in place of the "
		"password" },
	{ "mail", ": 55", 0,
		"most providers let a login send only as its own addresses: see 'from'" },
};

/* The keys that a step depends on. */
static const struct {
	const char *step, *keys[5];
} step_keys[] = {
	{ "secret", { "password", "password_command", "password_file" } },
	{ "lookup", { "host", "proxy" } },
	{ "connect", { "host", "port", "socket", "proxy" } },
	{ "greeting", { "port", "tls" } },
	{ "tls", { "tls", "port", "tls_trust", "tls_name", "tls_fingerprint" } },
	{ "auth", { "auth", "user", "password", "password_command", "password_file" } },
	{ "mail", { "from", "user", "auth" } },
};

static void add_cause(struct check *c, const char *text)
{
	if (!strlist_has(&c->causes, text))
		strlist_add(&c->causes, text);
}

static void add_key(struct check *c, struct buf *line, const char *name)
{
	const struct config_key *key =
		c->account.name ? config_find_key(&c->config, c->account.name, name) : NULL;

	if (!key)
		return;
	buf_addf(line, "%s'%s' ", line->len ? ", " : "see ", name);
	if (key->line)
		buf_addf(line, "at %s:%u", key->file, key->line);
	else
		buf_addf(line, "of provider %s", key->file);
}

static void add_keys(struct check *c, const char *step)
{
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < sizeof step_keys / sizeof *step_keys; i++)
		for (size_t j = 0; strcmp(step_keys[i].step, step) == 0 && j < 5; j++)
			if (step_keys[i].keys[j])
				add_key(c, &line, step_keys[i].keys[j]);
	if (line.len)
		add_cause(c, buf_str(&line));
	buf_release(&line);
}

void check_add_causes(struct check *c, const char *step, const struct error *err)
{
	const struct provider *known =
		c->account.provider ? provider_find(c->account.provider) : NULL;

	if (known && strcmp(step, "auth") == 0)
		add_cause(c, known->hint);
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		bool fits = strcmp(causes[i].step, step) == 0 && strstr(err->text, causes[i].words);

		if (!fits || (causes[i].port && causes[i].port != c->account.port))
			continue;
		add_cause(c, causes[i].cause);
	}
	if (!c->params->is_draft)
		add_keys(c, step);
}
