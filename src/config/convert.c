/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/units.h"
#include "config/config.h"
#include "config/provider.h"
#include "config/settings.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_BYTES = 32, MAX_CONNECTIONS = 10000 };

/* libgsasl's names that sendoff speaks (interface section 4), in lower case. */
static const char *const mechanisms[] = { "plain", "login", "cram-md5", "scram-sha-1",
	"scram-sha-256", "scram-sha-1-plus", "scram-sha-256-plus", "external", "gssapi",
	"oauthbearer", "xoauth2" };

static bool is_word_in(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ascii_equal(word, words[i]))
			return true;
	return false;
}

static void replace(void *member, char *value)
{
	char **string = member;

	alloc_wipe(*string);
	*string = value;
}

static void replace_list(void *member, struct strlist *value)
{
	struct strlist *list = member;

	strlist_release(list);
	*list = *value;
}

static bool has_control(const char *s)
{
	while (*s && !ascii_is_control(*s))
		s++;
	return *s;
}

static bool has_blank_or_any(const char *s, const char *others)
{
	while (*s && !ascii_is_blank(*s) && !strchr(others, *s))
		s++;
	return *s;
}

static bool to_text(void *member, const char *value, struct caller *caller)
{
	if (has_control(value))
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
	return !has_blank_or_any(value, ",;<>()") && to_text(member, value, caller);
}

static bool to_sender(void *member, const char *value, struct caller *caller)
{
	for (const char *at = strchr(value, '%'); at; at = strchr(at + 2, '%'))
		if (!at[1] || !strchr("UH%", at[1]))
			return false;
	return to_address(member, value, caller);
}

static bool is_name(const char *s)
{
	for (size_t i = 0; s[i]; i++)
		if (!ascii_is_alnum(s[i]) && !ascii_is_8bit(s[i]) && !strchr("-._", s[i]))
			return false;
	return *s && *s != '.' && *s != '-';
}

/* With a zone behind it or not. */
static bool is_ipv6(const char *s, size_t len)
{
	const char *zone = memchr(s, '%', len);
	char *address = alloc_bytes(s, zone ? (size_t)(zone - s) : len);
	struct in6_addr binary;
	bool ok = inet_pton(AF_INET6, address, &binary) == 1;

	free(address);
	return ok;
}

/* A name, an address, or one in brackets, also as RFC 5321 section 4.1.3 writes it. */
static bool is_host(const char *s)
{
	size_t len = strlen(s);
	struct in_addr binary;
	char *inner;
	bool ok;

	if (*s != '[')
		return is_name(s) || is_ipv6(s, len);
	if (s[len - 1] != ']')
		return false;
	inner = alloc_bytes(s + 1, len - 2);
	s = ascii_starts_with(inner, "IPv6:") ? inner + 5 : inner;
	ok = is_ipv6(s, strlen(s)) || inet_pton(AF_INET, s, &binary) == 1;
	free(inner);
	return ok;
}

static bool to_host(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_host(value)) && to_text(member, value, caller);
}

static bool to_domain(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_name(value)) && to_text(member, value, caller);
}

static bool to_hosts(void *member, const char *value, struct caller *caller)
{
	struct strlist hosts = STRLIST_INIT;
	bool ok;

	strlist_split(&hosts, value);
	ok = hosts.count > 0;
	for (size_t i = 0; i < hosts.count; i++)
		ok = ok && is_host(hosts.items[i]);
	if (ok)
		replace_list(member, &hosts);
	else
		strlist_release(&hosts);
	return ok;
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
	char *path = has_control(value) ? NULL : caller_path(caller, value);

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

static bool to_certificate(void *member, const char *value, struct caller *caller)
{
	if (ascii_starts_with(value, "pkcs11:"))
		return to_text(member, value, caller);
	return to_path(member, value, caller);
}

static bool to_log(void *member, const char *value, struct caller *caller)
{
	static const char *const places[] = { "syslog", "stderr", "none" };

	if (is_word_in(value, places, 3))
		return to_lower(member, value, caller);
	return to_path(member, value, caller);
}

static bool add_hex(struct buf *b, const char *s)
{
	bool colons = strchr(s, ':');

	while (*s) {
		int high = ascii_hex_value(s[0]);
		int low = high < 0 ? -1 : ascii_hex_value(s[1]);

		if (low < 0)
			return false;
		buf_addc(b, (char)(high * 16 + low));
		s += 2;
		if (colons && *s && (*s++ != ':' || !*s))
			return false;
	}
	return true;
}

/* "SHA256:" may stand before it (RFC 7469 and OpenSSH write base64, OpenSSL and GnuTLS hex). */
static bool add_fingerprint(struct strlist *pins, const char *s)
{
	struct buf bytes = BUF_INIT;
	struct buf hex = BUF_INIT;
	bool ok;

	if (ascii_starts_with(s, "SHA256:"))
		s += 7;
	ok = (add_hex(&bytes, s) && bytes.len == SHA256_BYTES);
	if (!ok) {
		buf_truncate(&bytes, 0);
		ok = base64_decode(&bytes, s, strlen(s)) && bytes.len == SHA256_BYTES;
	}
	for (size_t i = 0; ok && i < bytes.len; i++)
		buf_addf(&hex, "%02x", (unsigned)(unsigned char)bytes.data[i]);
	if (ok)
		strlist_take(pins, buf_detach(&hex));
	buf_release(&bytes);
	return ok;
}

static bool to_fingerprints(void *member, const char *value, struct caller *caller)
{
	struct strlist written = STRLIST_INIT;
	struct strlist pins = STRLIST_INIT;
	bool ok;

	strlist_split(&written, value);
	ok = written.count > 0;
	for (size_t i = 0; i < written.count; i++)
		ok = ok && add_fingerprint(&pins, written.items[i]);
	strlist_release(&written);
	if (ok)
		replace_list(member, &pins);
	else
		strlist_release(&pins);
	return ok;
}

/* Separated by blanks or commas; "auto" alone is the empty list, "none" stands alone too. */
static bool to_mechanisms(void *member, const char *value, struct caller *caller)
{
	struct strlist list = STRLIST_INIT;
	char *commas = alloc_string(value);
	bool ok;

	ascii_lower_string(commas);
	for (char *c = commas; *c; c++)
		if (ascii_is_blank(*c))
			*c = ',';
	strlist_split(&list, commas);
	free(commas);
	ok = list.count > 0;
	if (list.count == 1 && strcmp(list.items[0], "auto") == 0)
		strlist_release(&list);
	else if (list.count != 1 || strcmp(list.items[0], "none") != 0)
		for (size_t i = 0; i < list.count; i++)
			ok = ok && is_word_in(list.items[i], mechanisms, sizeof mechanisms / sizeof *mechanisms);
	if (ok)
		replace_list(member, &list);
	else
		strlist_release(&list);
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
	struct strlist patterns = STRLIST_INIT;
	bool ok;

	strlist_split(&patterns, value);
	ok = patterns.count > 0;
	for (size_t i = 0; i < patterns.count; i++)
		ok = ok && strchr(patterns.items[i], '@') && !has_blank_or_any(patterns.items[i], "<>");
	if (ok)
		replace_list(member, &patterns);
	else
		strlist_release(&patterns);
	return ok;
}

static bool to_ip_address(void *member, const char *value, struct caller *caller)
{
	struct in6_addr address;

	return (!*value || inet_pton(AF_INET, value, &address) == 1 ||
		       inet_pton(AF_INET6, value, &address) == 1) &&
	       to_text(member, value, caller);
}

/* socks5://[user:password@]host:port, an IPv6 address in brackets. */
static bool is_proxy(const char *url)
{
	const char *host, *colon;
	unsigned port;
	char *name;
	bool ok;

	if (!ascii_starts_with(url, "socks5://"))
		return false;
	url += 9;
	host = strrchr(url, '@');
	if (host && !memchr(url, ':', (size_t)(host - url)))
		return false;
	host = host ? host + 1 : url;
	colon = strrchr(host, ':');
	if (!colon || !to_number(colon + 1, 1, 65535, &port))
		return false;
	name = alloc_bytes(host, (size_t)(colon - host));
	ok = is_host(name) && (*name == '[') == (strchr(name, ':') != NULL);
	free(name);
	return ok;
}

static bool to_proxy(void *member, const char *value, struct caller *caller)
{
	return (!*value || is_proxy(value)) && to_text(member, value, caller);
}

/* RFC 3461 section 4.1: never alone, else any of the three. */
static bool to_notify(void *member, const char *value, struct caller *caller)
{
	static const char *const events[] = { "success", "failure", "delay" };
	struct strlist list = STRLIST_INIT;
	bool ok;

	strlist_split(&list, value);
	ok = list.count > 0;
	for (size_t i = 0; i < list.count; i++)
		ok = ok && (is_word_in(list.items[i], events, 3) ||
				   (list.count == 1 && ascii_equal(list.items[i], "never")));
	if (ok)
		replace(member, NULL);
	for (size_t i = 0; ok && i < list.count; i++) {
		struct buf joined = BUF_INIT;

		if (i)
			buf_addf(&joined, "%s,", *(char **)member);
		buf_adds(&joined, list.items[i]);
		to_lower(member, buf_str(&joined), caller);
		buf_release(&joined);
	}
	strlist_release(&list);
	return ok;
}

static bool to_return(void *member, const char *value, struct caller *caller)
{
	return (ascii_equal(value, "full") || ascii_equal(value, "hdrs")) && to_lower(member, value, caller);
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
	[SETTING_PROVIDER] = { to_provider, KEPT_STRING, "a provider that sendoff knows" },
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
		"an absolute path, one that begins with ~/ or a pkcs11: URL" },
	[SETTING_MECHANISMS] = { to_mechanisms, KEPT_LIST,
		"auto, none or SASL mechanisms: plain login cram-md5 scram-sha-1 scram-sha-256 "
		"scram-sha-1-plus scram-sha-256-plus external gssapi oauthbearer xoauth2" },
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

bool setting_convert(const struct setting *s, void *object, const char *value, struct caller *caller,
	struct buf *why)
{
	void *member = (char *)object + s->offset;

	if (s->words ? to_word(s, member, value) : kinds[s->kind].convert(member, value, caller))
		return true;
	buf_adds(why, "must be ");
	if (s->words)
		add_words(why, s->words);
	else
		buf_adds(why, kinds[s->kind].expects);
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
