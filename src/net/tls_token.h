/* SPDX-License-Identifier: ISC */
/*
 * The client's certificate and key by PKCS #11 URLs (RFC 7512): what of a URL may be shown, and the
 * PIN behind its '?'.  GnuTLS itself would take a line end in the PIN's file for a part of the PIN,
 * knows no "file:", and uses up the last try that a token gives.
 */
#ifndef NET_TLS_TOKEN_H
#define NET_TLS_TOKEN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct token {
	const char *certificate, *key; /* as configured, the caller's; key NULL: the same */
	struct error *err; /* the caller's */
	bool has_failed; /* a PIN was asked for and not given: *err says why */
};

bool token_is_url(const char *name);

/* How much of the name of a file or object comes before a URL's '?': all that may be shown. */
size_t token_length(const char *name);

/*
 * GnuTLS's PIN function; data is a struct token.  Gives the key's PIN, else the certificate's, once
 * a login, and not where that would be the token's last try.  Never asks anybody.
 */
int token_pin(void *data, int attempt, const char *url, const char *label, unsigned flags,
	char *pin, size_t size);

#endif
