/* SPDX-License-Identifier: ISC */
/*
 * Host names to addresses, before a deadline: the system's resolver, which cannot
 * be interrupted, runs in a child process that can, unless /etc/hosts knows the name.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/buf.h"
#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

union net_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

enum { ADDRESSES_MAX = 24 }; /* more of one name are not tried */

struct address_list {
	union net_address items[ADDRESSES_MAX];
	size_t count;
};

/*
 * An address literal (IPv6 with or without zone and brackets, with "IPv6:" in them or not) becomes
 * an address without port; false: it is a name.
 */
bool address_parse(const char *literal, union net_address *a);

void address_set_port(union net_address *a, unsigned port);
socklen_t address_size(const union net_address *a);

/* Is it of this machine only? */
bool address_is_loopback(const union net_address *a);

/* Writes the literal, without port and brackets. */
void address_print(const union net_address *a, char text[INET6_ADDRSTRLEN]);

/*
 * The addresses of a name, in the order of the system's preference (RFC 6724), or of a literal
 * without asking anybody.  EX_NOHOST when the name does not exist or has no address,
 * EX_TEMPFAIL for all else.
 */
bool resolve(const char *host, int64_t deadline_ms, struct address_list *list, struct error *err);

/* Does a file as hosts(5) has it know the name?  False when it cannot be read. */
bool resolve_is_in_hosts(const char *host, const char *hosts_file);

#endif
