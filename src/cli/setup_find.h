/* SPDX-License-Identifier: ISC */
/*
 * Where an address's mail is submitted: known providers by the domain, then
 * what the domain itself publishes (SRV records, RFC 6186 and 8314).
 */
#ifndef CLI_SETUP_FIND_H
#define CLI_SETUP_FIND_H

#include "config/provider.h"

#include <stdbool.h>

struct found_server {
	const struct provider *provider; /* NULL: host and port say where */
	char host[256];
	unsigned port;
	bool is_implicit;  /* TLS from the start */
	bool is_elsewhere; /* the host is not of the address's domain, and DNS may be forged */
};

/* The provider that serves addresses of this domain; NULL: none is known to. */
const struct provider *setup_provider(const char *domain);

/* False: neither table nor name server knows. */
bool setup_find(const char *domain, struct found_server *found);

#endif
