/* SPDX-License-Identifier: ISC */
#include "config/syntax.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/base64.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_BYTES = 32 };

bool has_control_character(const char *s)
{
	while (*s && !ascii_is_control(*s))
		s++;
	return *s;
}

static bool has_blank_or_any(const char *s, const char *others)
{
	while (*s && !ascii_is_blank(*s) && !ascii_is_control(*s) && !strchr(others, *s))
		s++;
	return *s;
}

bool is_host_name(const char *s)
{
	for (size_t i = 0; s[i]; i++)
		if (!ascii_is_alnum(s[i]) && !ascii_is_8bit(s[i]) && !strchr("-._", s[i]))
			return false;
	return *s && *s != '.' && *s != '-' && !strstr(s, "..");
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

bool is_host(const char *s)
{
	size_t len = strlen(s);
	struct in_addr binary;
	char *inner;
	bool ok;

	if (*s != '[')
		return is_host_name(s) || is_ipv6(s, len);
	if (s[len - 1] != ']')
		return false;
	inner = alloc_bytes(s + 1, len - 2);
	s = ascii_starts_with(inner, "IPv6:") ? inner + 5 : inner;
	ok = is_ipv6(s, strlen(s)) || inet_pton(AF_INET, s, &binary) == 1;
	free(inner);
	return ok;
}

bool is_ip_address(const char *s)
{
	struct in_addr binary;

	return inet_pton(AF_INET, s, &binary) == 1 || is_ipv6(s, strlen(s));
}

bool is_proxy(const char *url)
{
	const char *host, *colon;
	struct buf login = BUF_INIT;
	unsigned long long port;
	char *name;
	bool ok;

	if (!ascii_starts_with(url, "socks5://"))
		return false;
	url += 9;
	host = strrchr(url, '@');
	ok = !host || (*url != ':' && memchr(url, ':', (size_t)(host - url)) &&
			      buf_add_unescaped(&login, url, (size_t)(host - url)));
	buf_wipe(&login);
	if (!ok)
		return false;
	host = host ? host + 1 : url;
	colon = strrchr(host, ':');
	if (!colon || !ascii_to_number(colon + 1, 65535, &port) || !port)
		return false;
	name = alloc_bytes(host, (size_t)(colon - host));
	ok = is_host(name) && (*name == '[') == (strchr(name, ':') != NULL);
	free(name);
	return ok;
}

bool is_bare_address(const char *s)
{
	const char *at = strrchr(s, '@');

	return *s && !has_blank_or_any(s, ",;<>()") &&
	       (!at || (at > s && at[1] && at[1] != '.' && !strstr(at, "..")));
}

bool is_pattern(const char *s)
{
	return strchr(s, '@') && !has_blank_or_any(s, "<>");
}

bool pattern_matches(const char *pattern, const char *s)
{
	const char *star = NULL, *again = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			again = s;
		} else if (ascii_lower(*pattern) == ascii_lower(*s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool is_among(const char *s, const char *const *names)
{
	while (*names && !ascii_equal(s, *names))
		names++;
	return *names;
}

bool is_mechanism(const char *s)
{
	static const char *const names[] = { "plain", "login", "cram-md5", "scram-sha-1",
		"scram-sha-256", "scram-sha-1-plus", "scram-sha-256-plus", "external", "gssapi",
		"oauthbearer", "xoauth2", "digest-md5", "ntlm", "anonymous", NULL };

	return is_among(s, names);
}

bool needs_no_secret(const char *mechanism)
{
	static const char *const names[] = { "none", "external", "gssapi", "anonymous", NULL };

	return is_among(mechanism, names);
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

bool add_fingerprint(struct buf *b, const char *s)
{
	struct buf bytes = BUF_INIT;
	bool ok;

	if (ascii_starts_with(s, "SHA256:"))
		s += 7;
	ok = add_hex(&bytes, s) && bytes.len == SHA256_BYTES;
	if (!ok) {
		buf_truncate(&bytes, 0);
		ok = base64_decode(&bytes, s, strlen(s)) && bytes.len == SHA256_BYTES;
	}
	if (ok)
		buf_add_hex(b, bytes.data, bytes.len);
	buf_release(&bytes);
	return ok;
}
