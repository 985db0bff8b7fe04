/* SPDX-License-Identifier: ISC */
/*
 * AUTH (RFC 4954) by libgsasl: which mechanism, the exchange, and what its end
 * means.  Credentials never leave over a path that others can read.
 */
#ifndef SMTP_AUTH_H
#define SMTP_AUTH_H

#include "smtp/session.h"

/*
 * Logs in as the account says (nothing to do without `user` or with `auth = none`).  EX_NOPERM: refused, no mechanism
 * fits or no secret; EX_PROTOCOL: credentials would go in clear, or the server did not prove itself (a 235 too
 * early); EX_TEMPFAIL: 4yz and connection troubles.  s->mechanism says what was used.
 */
bool auth_login(struct session *s, struct error *err);

/* A row of our table: the mechanism's name and what it needs. */
struct auth_mechanism {
	const char *name;
	bool is_automatic; /* considered with auth = auto, in the table's order */
	bool needs_secret, needs_user;
	bool has_initial_response;
	bool binds_channel;
};
extern const struct auth_mechanism auth_mechanisms[]; /* ends with a NULL name */

/* Versions and mechanisms of the library, for --version.  To be freed. */
char *auth_describe_library(void);

#endif
