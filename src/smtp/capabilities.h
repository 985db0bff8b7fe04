/* SPDX-License-Identifier: ISC */
/*
 * What a server says in its reply to EHLO (RFC 5321 section 4.1.1.1): keywords compared as
 * whole words, parameters parsed strictly; what is not known is passed over.
 */
#ifndef SMTP_CAPABILITIES_H
#define SMTP_CAPABILITIES_H

#include "base/strlist.h"
#include "message/content.h"

#include <stdbool.h>
#include <stdint.h>

enum { CAPABILITIES_AUTH_MAX = 100 }; /* mechanisms that are kept; the others are passed over */

struct capabilities {
	unsigned offers;     /* OFFER_… of message/content.h and the following */
	uint64_t size;       /* SIZE's number, 0: none given */
	uint64_t rcpt_max;   /* LIMITS RCPTMAX (RFC 9422), 0: none given */
	uint64_t mail_max;   /* LIMITS MAILMAX, 0: none given */
	struct strlist auth; /* mechanism names as the server wrote them */
};

enum {
	OFFER_PIPELINING = 1 << 8,
	OFFER_STARTTLS = 1 << 9,
	OFFER_AUTH = 1 << 10,
	OFFER_DSN = 1 << 11,
	OFFER_SIZE = 1 << 12,
	OFFER_ENHANCEDSTATUSCODES = 1 << 13,
	OFFER_REQUIRETLS = 1 << 14,
	OFFER_LIMITS = 1 << 15,
	OFFER_PIPECONNECT = 1 << 16,
	OFFER_VRFY = 1 << 17,
};

#define CAPABILITIES_INIT { 0 }

/*
 * Parses the text of a reply to EHLO (its first line is the server's name); what was known before
 * is forgotten.
 */
void capabilities_parse(struct capabilities *c, const char *text);

/*
 * Sets the offers named in a comma-separated list ("8BITMIME,SMTPUTF8"), for dry runs.  False:
 * *unknown points to where in the list a name begins that is no keyword.
 */
bool capabilities_from_names(struct capabilities *c, const char *names, const char **unknown);

void capabilities_release(struct capabilities *c);

#endif
