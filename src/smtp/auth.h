/* SPDX-License-Identifier: ISC */
/*
 * AUTH (RFC 4954) by libgsasl: the exchange, and what its end means.
 * Credentials never leave over a path that others can read, and are
 * overwritten as soon as they were used.
 */
#ifndef SMTP_AUTH_H
#define SMTP_AUTH_H

#include "smtp/session.h"

enum {
	/* Octets of AUTH with its initial response, CR LF included (RFC 4954 section 4.5). */
	AUTH_LINE_MAX = 12288,
	AUTH_ROUNDS_MAX = 16, /* challenges of one exchange */
};

/*
 * Logs in as the account says; nothing to do with `auth = none`, or with `auth = auto` and no
 * `user`.  EX_NOPERM: refused, no mechanism fits or no secret; EX_PROTOCOL: credentials would go in
 * clear, or the server did not prove itself (a 235 too early); EX_CONFIG: a mechanism that nobody
 * knows, no `user` or secret where one is needed; EX_TEMPFAIL: 4yz and connection troubles.
 * s->mechanism says what was used.
 */
bool auth_login(struct session *s, struct error *err);

/*
 * Is this decoded challenge, which a NUL follows, one of SCRAM (RFC 5802, "r=…,s=…,i=…") with an
 * iteration count over a million?  That would only burn our time: it is not computed.
 */
bool auth_scram_is_excessive(const char *challenge, size_t len);

/* Versions and mechanisms of the library, for --version.  To be freed. */
char *auth_describe_library(void);

#endif
