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
 * Anchors that did for a chain are kept as text, to spare the next process the search: a line
 * "DEVICE INODE SIZE MTIME CTIME" of the file that they come from, then each in PEM.  They
 * count as long as the file has these, and are verified with like any others.
 *
 * Adds those anchors of the PEM file (NULL: of the system's store) that may have issued a
 * certificate of the chain.  They are a part of what trust_add_all adds, so that a chain
 * trusted with them is trusted with all.  *anchors is taken where it is of this file, and else
 * written.  EX_PROTOCOL when the file cannot be read or holds no
 * certificate.
 */
bool trust_add_matching(gnutls_certificate_credentials_t credentials, const char *file,
	const struct cert_chain *chain, struct buf *anchors, struct error *err);

/* Adds all of them. */
bool trust_add_all(
	gnutls_certificate_credentials_t credentials, const char *file, struct error *err);

#endif
