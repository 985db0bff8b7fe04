/* SPDX-License-Identifier: ISC */
#include "queue/bounce.h"

#include "base/alloc.h"
#include "config/aliases.h"
#include "message/address.h"
#include "message/expand.h"

#include <stdlib.h>
#include <string.h>

/* An alias file that cannot be read knows nobody. */
static bool read_aliases(struct aliases *a, const struct config *c)
{
	const char *file = config_aliases(c);
	struct error err;

	return file && aliases_read(a, file, &err);
}

/* Makes the envelope of a report to one address or name; false where it leads nowhere. */
static bool address_to(
	struct envelope *to, const char *address, const struct aliases *aliases, struct config *c)
{
	struct envelope e = ENVELOPE_INIT;
	struct expansion x = EXPANSION_INIT;
	struct error err;
	bool ok = envelope_add(&e, address, NULL, &err) &&
		  expand_recipients(&e, aliases, c, &x, &err) && e.count > 0;

	expansion_release(&x);
	if (ok) {
		e.sender = alloc_string("");
		for (size_t i = 0; i < e.count; i++)
			e.recipients[i].notify = NOTIFY_NEVER; /* RFC 3461 section 6.1 */
		*to = e;
	} else {
		envelope_release(&e);
	}
	return ok;
}

static bool address_postmaster(struct envelope *to, const struct account *a,
	const struct aliases *aliases, struct config *c, struct caller *caller, struct error *err)
{
	char *from = a ? account_from(a, c, caller) : NULL;
	bool ok = c->postmaster && address_to(to, c->postmaster, aliases, c);

	ok = ok || (aliases && aliases_find(aliases, "root") && address_to(to, "root", aliases, c));
	ok = ok || (c->adminaddr && address_to(to, c->adminaddr, NULL, c));
	ok = ok || (from && *from && address_to(to, from, NULL, c));
	free(from);
	return ok || error_set(err, EX_UNAVAILABLE, "5.1.1", "there is no postmaster to report to");
}

/* The name that an alias may stand for, "" where the address is not local. */
static char *local_name(const char *address, struct config *c)
{
	const char *domain = address_domain(address);

	if (!domain)
		return alloc_string(address);
	if (!config_is_own_host(c, domain))
		return alloc_string("");
	return alloc_bytes(address, (size_t)(domain - 1 - address));
}

bool report_address(struct envelope *to, const char *sender, const struct account *a,
	struct config *c, struct caller *caller, struct error *err)
{
	struct aliases aliases = ALIASES_INIT;
	char *address =
		sender || !a ? alloc_string(sender ? sender : "") : account_from(a, c, caller);
	char *name;
	bool have, known, ok;

	if (!address || !*address) {
		free(address);
		return error_set(err, EX_UNAVAILABLE, "5.1.7",
			"a message without a sender has nobody to report to");
	}
	name = local_name(address, c);
	have = *name && read_aliases(&aliases, c);
	known = have && (aliases_find(&aliases, name) || aliases_find(&aliases, "default"));
	if (*name && !known)
		ok = address_postmaster(to, a, have ? &aliases : NULL, c, caller, err);
	else
		ok = address_to(to, address, have ? &aliases : NULL, c) ||
		     error_set(err, EX_UNAVAILABLE, "5.1.7", "the sender <%s> leads nowhere",
			     address);
	aliases_release(&aliases);
	free(name);
	free(address);
	return ok;
}

bool report_address_postmaster(struct envelope *to, const struct account *a, struct config *c,
	struct caller *caller, struct error *err)
{
	struct aliases aliases = ALIASES_INIT;
	bool have = read_aliases(&aliases, c);
	bool ok = address_postmaster(to, a, have ? &aliases : NULL, c, caller, err);

	aliases_release(&aliases);
	return ok;
}
