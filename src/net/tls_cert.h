/* SPDX-License-Identifier: ISC */
/*
 * What X.509 certificates say, in words for people: names, issuers, dates,
 * fingerprints.  What is added comes from the peer and is not yet printable.
 */
#ifndef NET_TLS_CERT_H
#define NET_TLS_CERT_H

#include "base/buf.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CERT_CHAIN_MAX = 16, /* GnuTLS verifies no longer chain */
	CERT_DIGEST_SIZE = 32, /* SHA-256 */
};

/* The peer's certificate and what it sent as its issuers. */
struct cert_chain {
	gnutls_x509_crt_t items[CERT_CHAIN_MAX];
	unsigned count;
};

#define CERT_CHAIN_INIT { .count = 0 }

/*
 * Loads what is not loaded yet of the first max (at most CERT_CHAIN_MAX).  False, with an empty
 * chain, when the peer showed none or one that is damaged.
 */
bool cert_chain_load(struct cert_chain *chain, gnutls_session_t session, unsigned max);
void cert_chain_release(struct cert_chain *chain);

enum cert_side { CERT_SUBJECT, CERT_ISSUER };

/* The whole distinguished name (RFC 4514); its common name, or organisation, or else the whole. */
void cert_add_dn(struct buf *b, gnutls_x509_crt_t cert, enum cert_side side);
void cert_add_short_name(struct buf *b, gnutls_x509_crt_t cert, enum cert_side side);

/*
 * DNS names and addresses that it is for, with quote before and after each, separated by ", ";
 * at most max of them.
 */
void cert_add_names(struct buf *b, gnutls_x509_crt_t cert, const char *quote, unsigned max);

/* "2026-01-02", UTC. */
void cert_add_date(struct buf *b, int64_t wall_s);

/*
 * SHA-256 of the certificate and of its public key (as `openssl pkey -pubin -outform DER |
 * sha256sum`).
 */
bool cert_digest(gnutls_x509_crt_t cert, unsigned char digest[CERT_DIGEST_SIZE]);
bool cert_key_digest(gnutls_x509_crt_t cert, unsigned char digest[CERT_DIGEST_SIZE]);

/* "SHA256:" and the certificate's digest in hex, as tls_fingerprint takes it. */
void cert_add_fingerprint(struct buf *b, gnutls_x509_crt_t cert);

#endif
