/* SPDX-License-Identifier: ISC */
#include "smtp/mechanism.h"

#include "base/ascii.h"
#include "base/buf.h"

#include <string.h>

const struct mechanism mechanisms[] = {
	/* name               auto   user   secret first  binds  answers */
	{ "SCRAM-SHA-256-PLUS", true, true, true, true, true, false },
	{ "SCRAM-SHA-256", true, true, true, true, false, false },
	{ "SCRAM-SHA-1-PLUS", true, true, true, true, true, false },
	{ "SCRAM-SHA-1", true, true, true, true, false, false },
	{ "PLAIN", true, true, true, true, false, false },
	{ "LOGIN", true, true, true, false, false, false },
	{ "CRAM-MD5", true, true, true, false, false, false },
	{ "OAUTHBEARER", false, true, true, true, false, true },
	{ "XOAUTH2", false, true, true, true, false, true },
	{ "EXTERNAL", false, false, false, true, false, false },
	{ "GSSAPI", false, false, false, true, false, false },
	{ "DIGEST-MD5", false, true, true, false, false, false },
	{ "NTLM", false, true, true, true, false, false },
	{ "ANONYMOUS", false, false, false, true, false, false },
	{ NULL, false, false, false, false, false, false },
};

bool mechanism_is_wanted(const struct account *a)
{
	return a->auth.count ? !strlist_has(&a->auth, "none") : a->user != NULL;
}

static const struct mechanism *find(const char *name)
{
	for (const struct mechanism *m = mechanisms; m->name; m++)
		if (ascii_equal(m->name, name))
			return m;
	return NULL;
}

/* What the account wants, whatever the server offers. */
static bool list_wanted(const struct account *a, const struct mechanism *list[MECHANISMS_MAX],
	size_t *count, struct error *err)
{
	*count = 0;
	for (const struct mechanism *m = mechanisms; m->name && !a->auth.count; m++)
		if (m->is_automatic)
			list[(*count)++] = m;
	for (size_t i = 0; i < a->auth.count && *count < MECHANISMS_MAX; i++) {
		const struct mechanism *m = find(a->auth.items[i]);

		if (!m)
			return error_set(err, EX_CONFIG, NULL,
				"account '%s': auth: unknown mechanism '%s'", a->name,
				a->auth.items[i]);
		list[(*count)++] = m;
	}
	return true;
}

static bool none_fits(const struct account *a, const struct strlist *offered, struct error *err)
{
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < offered->count; i++)
		buf_addf(&names, " %s", offered->items[i]);
	if (offered->count)
		error_set(err, EX_NOPERM, "5.7.4",
			"no mechanism for the login fits: the server offers%s", buf_str(&names));
	else
		error_set(err, EX_NOPERM, "5.7.4", "the server offers no login");
	buf_release(&names);
	if (a->auth.count)
		return error_hint(err, "name one of the server's in 'auth', or leave 'auth' out");
	return offered->count ? error_hint(err, "name a mechanism in 'auth'")
			      : error_hint(err, "servers offer AUTH under TLS and on the "
						"submission port; without a "
						"login set 'auth = none'");
}

bool mechanism_choose(const struct account *a, const struct strlist *offered, bool can_bind,
	const struct mechanism *list[MECHANISMS_MAX], size_t *count, struct error *err)
{
	size_t wanted;

	if (!list_wanted(a, list, &wanted, err))
		return false;
	*count = 0;
	for (size_t i = 0; i < wanted; i++)
		if (strlist_has(offered, list[i]->name) && (can_bind || !list[i]->binds_channel))
			list[(*count)++] = list[i];
	return *count > 0 || none_fits(a, offered, err);
}
