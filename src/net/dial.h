/* SPDX-License-Identifier: ISC */
/*
 * From a name to a connected socket: look-up, IPv6 and IPv4 raced (RFC 8305),
 * source address, SOCKS5 (RFC 1928, 1929), Unix sockets; all before one
 * deadline, the resolver included.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct dial_params {
	const char *host; /* name or address literal (with or without brackets) */
	unsigned port;
	const char *source_address; /* NULL: any */
	const char *proxy; /* "socks5://[user:password@]host:port"; NULL: none */
	const char *socket; /* path: connect there and to nowhere else; NULL: by host and port */
	int64_t deadline_ms;
};

/* What became known on the way; filled as far as dial came, also when it fails. */
struct dial_peer {
	char address[INET6_ADDRSTRLEN]; /* of the server or proxy; "unix" for a socket path */
	char local[INET6_ADDRSTRLEN]; /* our end, for the literal in EHLO; "" if unknown */
	char addresses[512]; /* all that the name stands for, "192.0.2.1, 2001:db8::1" */
	int64_t resolved_ms; /* by base/clock.h, when these were known; 0: never */
	bool is_local; /* loopback or Unix socket, no proxy between */
};

/*
 * Returns the connected socket (non-blocking, close-on-exec, TCP_NODELAY), or -1.  EX_NOHOST
 * when the name does not exist, EX_CONFIG for a malformed proxy or source address, EX_TEMPFAIL
 * for all else of the network; the text names each address tried.
 */
int dial(const struct dial_params *p, struct dial_peer *peer, struct error *err);

#endif
