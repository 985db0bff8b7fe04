/* SPDX-License-Identifier: ISC */
#include "cli/setup_find.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "net/dns.h"

#include <stdio.h>
#include <string.h>

/* Domains whose addresses are a provider's own; one that ends in '.' stands for all countries. */
static const struct {
	const char *domain, *provider;
} domains[] = {
	{ "aol.com", "aol" },
	{ "fastmail.com", "fastmail" },
	{ "fastmail.fm", "fastmail" },
	{ "gmail.com", "gmail" },
	{ "googlemail.com", "gmail" },
	{ "gmx.at", "gmx" },
	{ "gmx.ch", "gmx" },
	{ "gmx.de", "gmx" },
	{ "gmx.net", "gmx" },
	{ "hotmail.", "outlook" },
	{ "icloud.com", "icloud" },
	{ "live.com", "outlook" },
	{ "mac.com", "icloud" },
	{ "mailbox.org", "mailbox.org" },
	{ "me.com", "icloud" },
	{ "msn.com", "outlook" },
	{ "outlook.", "outlook" },
	{ "pm.me", "proton-bridge" },
	{ "posteo.de", "posteo" },
	{ "posteo.net", "posteo" },
	{ "proton.me", "proton-bridge" },
	{ "protonmail.com", "proton-bridge" },
	{ "yahoo.", "yahoo" },
	{ "zohomail.com", "zoho" },
};

static bool is_of(const char *domain, const char *pattern)
{
	enum { COUNTRY_MAX = sizeof "com.br" - 1 }; /* longer is not the provider's */
	size_t len = strlen(pattern);

	if (pattern[len - 1] != '.')
		return ascii_equal(domain, pattern);
	return ascii_starts_with(domain, pattern) && strlen(domain + len) <= COUNTRY_MAX;
}

const struct provider *setup_provider(const char *domain)
{
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		if (is_of(domain, domains[i].domain))
			return provider_find(domains[i].provider);
	return NULL;
}

static enum dns_answer look_up(const char *service, const char *domain, struct found_server *found)
{
	struct dns_service record;
	struct buf name = BUF_INIT;
	enum dns_answer answer;

	buf_addf(&name, "%s.%s", service, domain);
	answer = dns_service(buf_str(&name), &record);
	buf_release(&name);
	if (answer == DNS_FOUND) {
		snprintf(found->host, sizeof found->host, "%s", record.host);
		found->port = record.port;
		found->is_elsewhere = !ascii_is_in_domain(record.host, domain);
	}
	return answer;
}

bool setup_find(const char *domain, struct found_server *found)
{
	enum dns_answer answer;

	*found = (struct found_server){ .provider = setup_provider(domain) };
	if (found->provider)
		return true;
	answer = look_up("_submissions._tcp", domain, found);
	found->is_implicit = answer == DNS_FOUND;
	if (answer == DNS_NONE)
		answer = look_up("_submission._tcp", domain, found);
	return answer == DNS_FOUND;
}
