/* SPDX-License-Identifier: ISC */
/*
 * Records other than addresses, asked of the system's name servers with a
 * patience of a few seconds: TXT, and SRV for finding services (RFC 2782).
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/strlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds the TXT records of a name, each as one text; none is no failure.  False: no name server
 * answered.
 */
bool dns_texts(const char *name, struct strlist *texts);

struct dns_service {
	char host[256]; /* "" : the service is not offered there (target ".") */
	unsigned port;
	unsigned priority, weight;
};

enum dns_answer { DNS_FOUND, DNS_NONE, DNS_SILENT };

/* The best SRV record of a name: lowest priority, then greatest weight. */
enum dns_answer dns_service(const char *name, struct dns_service *service);

/* The same for an answer as it came, len octets; false: it is malformed. */
bool dns_parse_texts(const unsigned char *answer, size_t len, struct strlist *texts);
bool dns_parse_service(const unsigned char *answer, size_t len, struct dns_service *service);

#endif
