/* SPDX-License-Identifier: ISC */
/*
 * Trust anchors, loaded no earlier than a chain asks for them: parsing the
 * system's store costs more than the whole rest of a submission.
 */
#ifndef NET_TLS_TRUST_H
#define NET_TLS_TRUST_H

#include "base/buf.h"
#include "base/error.h"
#include "net/tls_cert.h"

#include <stdbool.h>

/*
 * What one verification found is kept as text, to spare the next one of the same server the
 * search and the signatures: a line "DEVICE INODE SIZE MTIME CTIME" of the file that the anchors
 * come from; a line with the wall-clock time in seconds until which each certificate up to the
 * anchor is good, and the fingerprint of the server's; the anchor's name for people, perhaps
 * unprintable.
 */

/*
 * Was this certificate found to be trusted by the file (NULL: the system's), is the file still
 * the same, and is everything still good that it was trusted for?
 */
bool trust_is_known(const struct buf *kept, const char *file, gnutls_x509_crt_t cert);

/*
 * Adds those anchors of the PEM file (NULL: of the system's store) that may have issued a
 * certificate of the chain.  They are a part of what trust_add_all adds, so that a chain
 * trusted with them is trusted with all.  *kept is made ready for trust_keep, or empty where
 * that would not be safe.  EX_PROTOCOL when the file cannot be read.
 */
bool trust_add_matching(gnutls_certificate_credentials_t credentials, const char *file,
	const struct cert_chain *chain, struct buf *kept, struct error *err);

/* Completes *kept, where it is ready, when the chain was found to be trusted with those. */
void trust_keep(gnutls_certificate_credentials_t credentials, const struct cert_chain *chain,
	struct buf *kept);

/* Adds all of them.  EX_PROTOCOL where there are none. */
bool trust_add_all(
	gnutls_certificate_credentials_t credentials, const char *file, struct error *err);

#endif
