/* SPDX-License-Identifier: ISC */
/*
 * SOCKS5 as a client (RFC 1928, RFC 1929): asks a proxy, to which a socket is
 * connected already, for a connection to a host that the proxy looks up.
 */
#ifndef NET_SOCKS_H
#define NET_SOCKS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct socks_proxy {
	char *host;
	unsigned port;
	char *user, *password; /* NULL: none */
};

#define SOCKS_PROXY_INIT { 0 }

/*
 * Takes "socks5://[user:password@]host[:port]" apart: %XX in user and password are octets, IPv6
 * addresses stand in brackets, the port is 1080 where there is none.  EX_CONFIG for anything
 * else; quotes nothing of it.
 */
bool socks_parse(const char *url, struct socks_proxy *proxy, struct error *err);
void socks_release(struct socks_proxy *proxy);

/*
 * Over a non-blocking socket; reads not a byte past the proxy's answer.  EX_TEMPFAIL when it
 * fails.
 */
bool socks_connect(int fd, const struct socks_proxy *proxy, const char *host, unsigned port,
	int64_t deadline_ms, struct error *err);

#endif
