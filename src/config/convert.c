/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"
#include "base/ascii.h"
#include "base/units.h"
#include "config/config.h"
#include "config/provider.h"
#include "config/settings.h"
#include "config/syntax.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CONNECTIONS = 10000 };

static void replace(void *member, char *value)
{
	char **string = member;

	alloc_wipe(*string);
	*string = value;
}

static bool to_text(void *member, const char *value, struct caller *caller)
{
	if (has_control_character(value))
		return false;
	replace(member, *value ? alloc_string(value) : NULL);
	return true;
}

static bool to_yes_no(void *member, const char *value, struct caller *caller)
{
	bool yes = ascii_equal(value, "yes");

	if (!yes && !ascii_equal(value, "no"))
		return false;
	*(bool *)member = yes;
	return true;
}

static bool to_lower(void *member, const char *value, struct caller *caller)
{
	char *lower = alloc_string(value);

	ascii_lower_string(lower);
	replace(member, lower);
	return true;
}

static bool to_name(void *member, const char *value, struct caller *caller)
{
	return *value && to_lower(member, value, caller);
}

static bool to_provider(void *member, const char *value, struct caller *caller)
{
	return (!*value || provider_find(value)) && to_text(member, value, caller);
}

static bool to_address(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_bare_address(value)) && to_text(member, value, caller);
}

static bool to_sender(void *member, const char *value, struct caller *caller)
{
	for (const char *at = strchr(value, '%'); at; at = strchr(at + 2, '%'))
		if (!at[1] || !strchr("UH%", at[1]))
			return false;
	return to_address(member, value, caller);
}

static bool to_host(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_host(value)) && to_text(member, value, caller);
}

static bool to_domain(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_host_name(value)) && to_text(member, value, caller);
}

/* A list takes the member's place if it is good; it is used up. */
static bool settle_list(void *member, struct strlist *list, bool is_good)
{
	struct strlist *kept = member;

	strlist_release(is_good ? kept : list);
	if (is_good)
		*kept = *list;
	return is_good;
}

static bool to_list(void *member, const char *value, bool (*is_good)(const char *s))
{
	struct strlist list = STRLIST_INIT;
	bool ok;

	strlist_split(&list, value);
	ok = list.count > 0;
	for (size_t i = 0; i < list.count; i++)
		ok = ok && is_good(list.items[i]);
	return settle_list(member, &list, ok);
}

static bool to_hosts(void *member, const char *value, struct caller *caller)
{
	return to_list(member, value, is_host);
}

static bool to_number(const char *value, unsigned least, unsigned most, void *member)
{
	unsigned long long n;

	if (!ascii_to_number(value, most, &n) || n < least)
		return false;
	*(unsigned *)member = (unsigned)n;
	return true;
}

static bool to_port(void *member, const char *value, struct caller *caller)
{
	return to_number(value, 1, 65535, member);
}

static bool to_count(void *member, const char *value, struct caller *caller)
{
	return to_number(value, 0, MAX_CONNECTIONS, member);
}

static bool to_seconds(void *member, const char *value, struct caller *caller)
{
	int64_t seconds;

	if (!units_duration(value, 1, &seconds) || seconds < 1)
		return false;
	*(int64_t *)member = seconds;
	return true;
}

static bool to_milliseconds(void *member, const char *value, struct caller *caller)
{
	int64_t seconds;

	if (!to_seconds(&seconds, value, caller))
		return false;
	*(int64_t *)member = seconds * 1000;
	return true;
}

static bool to_size(void *member, const char *value, struct caller *caller)
{
	return units_size(value, member);
}

static bool to_path(void *member, const char *value, struct caller *caller)
{
	char *path = has_control_character(value) ? NULL : caller_path(caller, value);

	if (path)
		replace(member, path);
	return path;
}

static bool to_trust(void *member, const char *value, struct caller *caller)
{
	if (!ascii_equal(value, "system"))
		return to_path(member, value, caller);
	replace(member, NULL);
	return true;
}

/*
 * GnuTLS knows the scheme in lower case only.  A PIN before the '?' (RFC 7512) would reach it, and
 * people.
 */
static bool is_token(const char *value)
{
	const char *pin = strstr(value, ";pin");

	return strncmp(value, "pkcs11:", 7) == 0 && strncmp(value + 7, "pin", 3) != 0 &&
	       (!pin || pin > value + strcspn(value, "?"));
}

static bool to_certificate(void *member, const char *value, struct caller *caller)
{
	if (is_token(value))
		return to_text(member, value, caller);
	return to_path(member, value, caller);
}

static bool to_log(void *member, const char *value, struct caller *caller)
{
	if (ascii_equal(value, "syslog") || ascii_equal(value, "stderr") ||
		ascii_equal(value, "none"))
		return to_lower(member, value, caller);
	return to_path(member, value, caller);
}

static bool to_fingerprints(void *member, const char *value, struct caller *caller)
{
	struct strlist written = STRLIST_INIT;
	struct strlist pins = STRLIST_INIT;
	bool ok = true;

	strlist_split(&written, value);
	for (size_t i = 0; i < written.count && ok; i++) {
		struct buf pin = BUF_INIT;

		ok = add_fingerprint(&pin, written.items[i]);
		strlist_take(&pins, buf_detach(&pin));
	}
	strlist_release(&written);
	return settle_list(member, &pins, ok && pins.count > 0);
}

static bool is_none(const char *s)
{
	return strcmp(s, "none") == 0;
}

/* Separated by blanks or commas; "auto" is the empty list, and like "none" stands alone. */
static bool to_mechanisms(void *member, const char *value, struct caller *caller)
{
	struct strlist none = STRLIST_INIT;
	char *commas;
	bool ok;

	if (ascii_equal(value, "auto"))
		return settle_list(member, &none, true);
	commas = alloc_string(value);
	ascii_lower_string(commas);
	for (char *c = commas; *c; c++)
		if (ascii_is_blank(*c))
			*c = ',';
	ok = to_list(member, commas, is_none(commas) ? is_none : is_mechanism);
	free(commas);
	return ok;
}

static bool to_secret(void *member, const char *value, struct caller *caller)
{
	if (!*value)
		return false;
	replace(member, alloc_string(value));
	return true;
}

static bool to_patterns(void *member, const char *value, struct caller *caller)
{
	return to_list(member, value, is_pattern);
}

static bool to_ip_address(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_ip_address(value)) && to_text(member, value, caller);
}

static bool to_proxy(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_proxy(value)) && to_text(member, value, caller);
}

/* RFC 3461 section 4.1: never alone, else any of the three. */
static bool is_event(const char *s)
{
	return ascii_equal(s, "success") || ascii_equal(s, "failure") || ascii_equal(s, "delay");
}

static bool to_notify(void *member, const char *value, struct caller *caller)
{
	struct strlist events = STRLIST_INIT;
	struct buf joined = BUF_INIT;
	bool ok;

	to_list(&events, value, is_event);
	for (size_t i = 0; i < events.count; i++)
		buf_addf(&joined, "%s%s", i ? "," : "", events.items[i]);
	if (ascii_equal(value, "never"))
		buf_adds(&joined, value);
	ok = joined.len > 0 && to_lower(member, buf_str(&joined), caller);
	strlist_release(&events);
	buf_release(&joined);
	return ok;
}

static bool to_return(void *member, const char *value, struct caller *caller)
{
	return (ascii_equal(value, "full") || ascii_equal(value, "hdrs")) &&
	       to_lower(member, value, caller);
}

enum keeping { KEPT_FLAT, KEPT_STRING, KEPT_LIST };

static const struct {
	bool (*convert)(void *member, const char *value, struct caller *caller);
	enum keeping keeping;
	const char *expects; /* behind "must be " */
} kinds[SETTING_KINDS] = {
	[SETTING_TEXT] = { to_text, KEPT_STRING, "text without control characters" },
	[SETTING_WORD] = { NULL, KEPT_FLAT, NULL },
	[SETTING_YES_NO] = { to_yes_no, KEPT_FLAT, "yes or no" },
	[SETTING_NAME] = { to_name, KEPT_STRING, "the name of an account" },
	[SETTING_PROVIDER] = { to_provider, KEPT_STRING, "one of the providers " },
	[SETTING_ADDRESS] = { to_address, KEPT_STRING, "one mail address" },
	[SETTING_SENDER] = { to_sender, KEPT_STRING,
		"one mail address, with %U, %H and %% the only signs after %" },
	[SETTING_DOMAIN] = { to_domain, KEPT_STRING, "a domain name" },
	[SETTING_HOST] = { to_host, KEPT_STRING, "a host name or address" },
	[SETTING_HOSTS] = { to_hosts, KEPT_LIST,
		"host names or addresses, separated by commas, without ports" },
	[SETTING_PORT] = { to_port, KEPT_FLAT, "a number from 1 to 65535" },
	[SETTING_COUNT] = { to_count, KEPT_FLAT, "a number from 0 to 10000" },
	[SETTING_SECONDS] = { to_seconds, KEPT_FLAT, "a duration such as 90, 15m, 1h30m or 5d" },
	[SETTING_MILLISECONDS] = { to_milliseconds, KEPT_FLAT,
		"a duration such as 90, 15m or 1h30m, at least a second" },
	[SETTING_SIZE] = { to_size, KEPT_FLAT, "a size such as 50000, 512K, 20M or 1G" },
	[SETTING_PATH] = { to_path, KEPT_STRING, "an absolute path or one that begins with ~/" },
	[SETTING_TRUST] = { to_trust, KEPT_STRING,
		"system, an absolute path or one that begins with ~/" },
	[SETTING_FINGERPRINTS] = { to_fingerprints, KEPT_LIST,
		"SHA-256 fingerprints in hex (64 digits, colons or not) or base64, "
		"separated by commas" },
	[SETTING_CERTIFICATE] = { to_certificate, KEPT_STRING,
		"an absolute path, one that begins with ~/, or a pkcs11: URL, "
		"with its PIN behind a '?'" },
	[SETTING_MECHANISMS] = { to_mechanisms, KEPT_LIST,
		"auto, none or SASL mechanisms: plain login cram-md5 scram-sha-1 scram-sha-256 "
		"scram-sha-1-plus scram-sha-256-plus external gssapi oauthbearer xoauth2 "
		"digest-md5 ntlm anonymous" },
	[SETTING_SECRET] = { to_secret, KEPT_STRING, "a secret, which is not empty" },
	[SETTING_COMMAND] = { to_secret, KEPT_STRING, "a shell command" },
	[SETTING_PATTERNS] = { to_patterns, KEPT_LIST,
		"patterns with an '@' such as *@example.org or me@*, separated by commas" },
	[SETTING_IP_ADDRESS] = { to_ip_address, KEPT_STRING, "an IPv4 or IPv6 address" },
	[SETTING_PROXY] = { to_proxy, KEPT_STRING, "socks5://host:port" },
	[SETTING_NOTIFY] = { to_notify, KEPT_STRING,
		"never, or some of success, failure and delay, separated by commas" },
	[SETTING_RETURN] = { to_return, KEPT_STRING, "full or hdrs" },
	[SETTING_LOG] = { to_log, KEPT_STRING,
		"syslog, stderr, none, an absolute path or one that begins with ~/" },
};

_Static_assert(sizeof(enum tls_mode) == sizeof(unsigned), "words are kept as unsigned numbers");

static bool to_word(const struct setting *s, void *member, const char *value)
{
	for (unsigned i = 0; s->words[i]; i++)
		if (ascii_equal(value, s->words[i])) {
			memcpy(member, &i, sizeof i);
			return true;
		}
	return false;
}

static void add_words(struct buf *b, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_addf(b, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

bool setting_convert(const struct setting *s, void *object, const char *value,
	struct caller *caller, struct buf *why)
{
	void *member = (char *)object + s->offset;

	if (s->words ? to_word(s, member, value) : kinds[s->kind].convert(member, value, caller))
		return true;
	buf_adds(why, "must be ");
	if (s->words)
		add_words(why, s->words);
	else
		buf_adds(why, kinds[s->kind].expects);
	if (s->kind == SETTING_PROVIDER)
		provider_add_names(why);
	return false;
}

static void release(const struct setting *s, void *object)
{
	void *member = (char *)object + s->offset;

	if (kinds[s->kind].keeping == KEPT_STRING)
		replace(member, NULL);
	else if (kinds[s->kind].keeping == KEPT_LIST)
		strlist_release(member);
}

void setting_unset(const struct setting *s, void *object)
{
	struct buf why = BUF_INIT;

	release(s, object);
	if (s->fallback)
		setting_convert(s, object, s->fallback, NULL, &why);
	buf_release(&why);
}

void settings_default(enum setting_scope scope, void *object)
{
	for (const struct setting *s = settings; s->name; s++)
		if (s->scope == scope)
			setting_unset(s, object);
}

void settings_release(enum setting_scope scope, void *object)
{
	for (const struct setting *s = settings; s->name; s++)
		if (s->scope == scope)
			release(s, object);
}
