/* SPDX-License-Identifier: ISC */
/*
 * Is the server who it should be?  And if not: which name, which issuer, which
 * date is wrong, in words that a person can act on.
 */
#ifndef NET_TLS_VERIFY_H
#define NET_TLS_VERIFY_H

#include "net/tls.h"
#include "net/tls_cert.h"

#include <stdbool.h>
#include <stdint.h>

/* What a verification leaves for the next one. */
struct verify_notes {
	bool is_pinned; /* it went by pins, not by chain, name and date */
	struct buf kept; /* what spares the next one work: net/tls_trust.h */
	int64_t ends_s; /* when the certificate is over; 0: not known */
};

/*
 * Judges what the server showed in this handshake, or in the one that a resumed session comes
 * from: by pins if there are any, otherwise by chain, name, date and purpose.  EX_PROTOCOL with
 * the reasons when it is not trusted.
 */
bool verify_server(gnutls_session_t session, gnutls_certificate_credentials_t credentials,
	const struct tls_params *p, struct verify_notes *notes, struct error *err);

#endif
