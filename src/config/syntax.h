/* SPDX-License-Identifier: ISC */
/*
 * What single values look like: hosts, proxies, pins, addresses, mechanisms.
 * Knows nothing of settings.
 */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include "base/buf.h"

#include <stdbool.h>

/* A domain or host name: letters, digits, 8-bit, '-', '.' and '_'. */
bool is_host_name(const char *s);

/* A name, an IPv4 or IPv6 address, or one in brackets, also as RFC 5321 section 4.1.3 writes it. */
bool is_host(const char *s);

/* With a zone or not. */
bool is_ip_address(const char *s);

/* socks5://[user:password@]host:port, an IPv6 address in brackets. */
bool is_proxy(const char *url);

/* One bare mail address or local name; no lists, no display names. */
bool is_bare_address(const char *s);

/*
 * Addresses with an '@', where '*' stands for any run of characters and all else for itself,
 * without case.
 */
bool is_pattern(const char *s);
bool pattern_matches(const char *pattern, const char *address);

/* A SASL mechanism that sendoff speaks (libgsasl's names), in any case. */
bool is_mechanism(const char *s);

/* Does it, or "none", log in without a password or token? */
bool needs_no_secret(const char *mechanism);

bool has_control_character(const char *s);

/*
 * Adds a SHA-256 fingerprint as 64 lower-case hex digits: written in hex, with colons or not, or
 * base64, with "SHA256:" before it or not.  False for anything else.
 */
bool add_fingerprint(struct buf *b, const char *s);

#endif
