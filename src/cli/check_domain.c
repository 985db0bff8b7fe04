/* SPDX-License-Identifier: ISC */
#include "cli/check.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/strlist.h"
#include "message/address.h"
#include "net/dns.h"

#include <stdlib.h>
#include <string.h>

/* Names that are nobody's (RFC 2606, 6761): the network is not asked about them. */
static bool is_reserved(const char *domain)
{
	static const char *const reserved[] = { "example", "test", "invalid", "localhost", "local",
		"example.com", "example.net", "example.org" };

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (ascii_is_in_domain(domain, reserved[i]))
			return true;
	return !strchr(domain, '.');
}

/* What the end of an SPF record means for mail from elsewhere (RFC 7208 section 4.6.2). */
static const char *explain_spf(const char *record)
{
	static const struct {
		const char *word, *meaning;
	} ends[] = {
		{ "-all", "mail from servers not listed is to be refused" },
		{ "~all", "mail from servers not listed is suspect" },
		{ "+all", "allows every server" },
		{ "all", "allows every server" },
	};
	const char *meaning = "says nothing of servers not listed";

	for (const char *at = record; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			if (ascii_equal_bytes(at, len, ends[i].word))
				return ends[i].meaning;
		if (ascii_starts_with(at, "redirect="))
			meaning = "another domain's record decides";
		at += len;
	}
	return meaning;
}

/* Does the tag p say so?  sp, for subdomains, is another. */
static bool has_policy(const char *record, const char *policy)
{
	for (const char *at = strchr(record, ';'); at; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (*at != 'p')
			continue;
		at += 1 + strspn(at + 1, " \t");
		if (*at == '=')
			return ascii_starts_with(at + 1 + strspn(at + 1, " \t"), policy);
	}
	return false;
}

static const char *explain_dmarc(const char *record)
{
	if (has_policy(record, "reject"))
		return "receivers refuse mail whose From is of this domain and neither SPF nor "
		       "DKIM of it holds";
	if (has_policy(record, "quarantine"))
		return "receivers put such mail aside whose From neither SPF nor DKIM confirms";
	return "receivers only report";
}

/* The first record that begins so; NULL: none. */
static const char *find_record(const struct strlist *texts, const char *prefix)
{
	for (size_t i = 0; i < texts->count; i++)
		if (ascii_starts_with(texts->items[i], prefix))
			return texts->items[i];
	return NULL;
}

/*
 * Whose server it is decides what keeps such mail from being refused (RFC 7489 section 3.1): that
 * the domains of From and of SPF or DKIM are the same.
 */
static void say_alignment(struct check *c, const char *domain)
{
	const char *host = c->account.hosts.count ? c->account.hosts.items[0] : "the server";

	if (!ascii_is_in_domain(host, domain))
		check_say(c, MARK_INFO, "alignment", -1, NULL,
			"%s is not of %s: it has to sign with DKIM as %s, or the domain's SPF "
			"record has to name it",
			host, domain, domain);
}

/* False: no name server answered. */
static bool look_up(struct check *c, const char *step, const char *name, const char *prefix,
	const char *(*explain)(const char *record))
{
	struct strlist texts = STRLIST_INIT;
	int64_t begun_ms = clock_now_ms();
	bool answered = dns_texts(name, &texts);
	const char *record = find_record(&texts, prefix);
	int64_t ms = clock_now_ms() - begun_ms;

	if (!answered)
		check_say(c, MARK_INFO, step, ms, NULL, "%s: no name server answers", name);
	else if (!record)
		check_say(c, MARK_INFO, step, ms, NULL, "%s has no record", name);
	else
		check_say(
			c, MARK_INFO, step, ms, NULL, "%s: %s (%s)", name, record, explain(record));
	strlist_release(&texts);
	return answered;
}

void check_domain(struct check *c)
{
	char *sender = address_to_ascii_domain(c->sender);
	const char *domain = sender ? address_domain(sender) : NULL;
	struct buf name = BUF_INIT;

	if (domain && !is_reserved(domain) && look_up(c, "spf", domain, "v=spf1", explain_spf)) {
		buf_addf(&name, "_dmarc.%s", domain);
		look_up(c, "dmarc", buf_str(&name), "v=DMARC1", explain_dmarc);
		say_alignment(c, domain);
	}
	buf_release(&name);
	free(sender);
}
