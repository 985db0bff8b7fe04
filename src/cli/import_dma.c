/* SPDX-License-Identifier: ISC */
/* dma: dma.conf with lines KEY or KEY VALUE, and auth.conf with lines USER|HOST:PASSWORD. */
#include "cli/import_format.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

static const struct import_row rows[] = {
	{ "ALIASES", IMPORT_LATER, NULL },
	{ "AUTHPATH", IMPORT_LATER, NULL },
	{ "CERTFILE", IMPORT_LATER, NULL },
	{ "DEFER", IMPORT_LATER, NULL },
	{ "FINGERPRINT", IMPORT_ACCOUNT, "tls_fingerprint" },
	{ "FULLBOUNCE", IMPORT_LOST,
		"bounces hold the header; dsn_return = full asks the server for all" },
	{ "INSECURE", IMPORT_LOST, "a login always needs an encrypted connection" },
	{ "MAILNAME", IMPORT_LATER, NULL },
	{ "MAILNAMEFILE", IMPORT_LATER, NULL },
	{ "MASQUERADE", IMPORT_LATER, NULL },
	{ "NULLCLIENT", IMPORT_LATER, NULL },
	{ "OPPORTUNISTIC_TLS", IMPORT_LATER, NULL },
	{ "PORT", IMPORT_ACCOUNT, "port" },
	{ "SECURE", IMPORT_SILENT, NULL },
	{ "SECURETRANSFER", IMPORT_LATER, NULL },
	{ "SMARTHOST", IMPORT_ACCOUNT, "host" },
	{ "SPOOLDIR", IMPORT_LOST, "the queue has another form and lies in queue_dir" },
	{ "STARTTLS", IMPORT_LATER, NULL },
	{ "VERIFYCERT", IMPORT_SILENT, NULL },
	{ NULL, IMPORT_SILENT, NULL },
};

static bool parse_conf(struct import *im, const struct import_file *f, struct error *err)
{
	struct import_section *s = import_add_section(im, "smarthost", f, err);

	if (s)
		import_pairs(&s->values, f, '\0');
	return s;
}

/* The key is USER|HOST. */
static bool parse_auth(struct import *im, const struct import_file *f, struct error *err)
{
	import_pairs(&im->logins, f, ':');
	return true;
}

static void finish_login(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	const char *host = draft_get(account, "host");

	for (size_t i = 0; host && i < im->logins.count; i++) {
		const char *key = im->logins.items[i].key;
		const char *bar = strrchr(key, '|');
		char *user = bar && ascii_equal(bar + 1, host)
				     ? alloc_bytes(key, (size_t)(bar - key))
				     : NULL;

		import_set_login(account, user, im->logins.items[i].value);
		free(user);
	}
	if (values_get(v, "AUTHPATH") && !im->logins.count)
		draft_note(account,
			"AUTHPATH: name that file too, for the login: config import dma.conf "
			"auth.conf");
}

static void finish_tls(const struct import_values *v, struct draft_section *account)
{
	bool opportunistic = values_get(v, "OPPORTUNISTIC_TLS");
	const char *cert = values_get(v, "CERTFILE");

	if (!values_get(v, "SECURETRANSFER") && !opportunistic)
		draft_set(account, "tls", "off");
	else if (!values_get(v, "STARTTLS") && !opportunistic)
		draft_set(account, "tls", "implicit");
	if (opportunistic)
		draft_note(account,
			"OPPORTUNISTIC_TLS has no equivalent: TLS is demanded; tls = off does "
			"without");
	if (!values_get(v, "VERIFYCERT") && !values_get(v, "FINGERPRINT") &&
		values_get(v, "SECURETRANSFER"))
		draft_note(account,
			"the server's certificate is checked, which dma did not; see tls_trust, "
			"tls_fingerprint");
	if (!draft_get(account, "port"))
		draft_set(account, "port", "25");
	draft_set(account, "tls_cert", cert);
	draft_set(account, "tls_key", cert);
}

/* USER@HOST, USER@ or HOST: what takes the place of the sender, or of a part of it. */
static void finish_masquerade(struct import *im, const char *mask, struct draft_section *account)
{
	const char *at = strchr(mask, '@');
	struct buf from = BUF_INIT;

	buf_addf(&from, "%s%s%s", at ? "" : "%U@", mask, at && !at[1] ? "%H" : "");
	import_force_sender(im, account, buf_str(&from));
	buf_release(&from);
}

static void finish_local(
	struct import *im, const struct import_values *v, struct draft_section *account)
{
	const char *aliases = values_get(v, "ALIASES");

	if (values_get(v, "NULLCLIENT")) {
		import_set_no_aliases(im);
		return;
	}
	if (aliases)
		import_set_aliases(im, aliases);
	import_note_local_users(im, account);
}

static void finish(struct import *im, const struct import_section *s, struct draft_section *account)
{
	struct draft_section *global = im->draft.global;
	const char *mailname = values_get(&s->values, "MAILNAME");
	const char *mask = values_get(&s->values, "MASQUERADE");

	finish_tls(&s->values, account);
	finish_login(im, &s->values, account);
	if (mailname && *mailname != '/') {
		draft_set(global, "hostname", mailname);
		draft_set(global, "domain", mailname);
	} else if ((mailname && strcmp(mailname, "/etc/mailname") != 0) ||
		   values_get(&s->values, "MAILNAMEFILE")) {
		draft_note(global, "MAILNAME: write what that file holds as hostname and domain");
	}
	if (mask)
		finish_masquerade(im, mask, account);
	else
		import_set_sender(account);
	if (values_get(&s->values, "DEFER"))
		draft_set(global, "delivery", "queue");
	finish_local(im, &s->values, account);
	import_set_queue(im);
}

static const struct import_name names[] = { { "dma.conf", parse_conf }, { "auth.conf", parse_auth },
	{ NULL, NULL } };

const struct import_format import_dma = {
	.program = "dma",
	.rows = rows,
	.names = names,
	.finish = finish,
	.knows_all_keys = true,
};
