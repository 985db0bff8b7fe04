/* SPDX-License-Identifier: ISC */
/*
 * Presets for well-known mail providers, from their public documentation: what
 * an account need not spell out, and what to know about its secret.
 */
#ifndef CONFIG_PROVIDER_H
#define CONFIG_PROVIDER_H

#include "base/buf.h"

struct provider {
	const char *name;
	const char *host; /* NULL: depends on the region or customer; the hint says what to write */
	const char *port;
	const char *tls;
	const char *auth; /* NULL: auto */
	const char *hint; /* about user and secret, one line */
};

extern const struct provider providers[]; /* ends with a NULL name */

/* Without case; NULL if there is none. */
const struct provider *provider_find(const char *name);

/* All names, separated by commas. */
void provider_add_names(struct buf *b);

/* What it says of the keys host, port, tls, auth, as written in a file; NULL: nothing. */
const char *provider_value(const struct provider *p, const char *key);

#endif
