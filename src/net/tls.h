/* SPDX-License-Identifier: ISC */
/*
 * TLS as a client, by GnuTLS: handshake, verification of the server (trust
 * anchors loaded only when a chain asks for them), session tickets, channel
 * bindings.  The session lies beneath a struct stream afterwards.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strlist.h"
#include "net/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct tls_params {
	const char *name; /* to check and, unless it is an address, to send as SNI */
	unsigned port; /* only part of the ticket's key */
	bool is_implicit; /* from the first byte, not after STARTTLS */
	bool verify;
	const char *trust_file; /* PEM; NULL: the system's store */
	/* SHA-256, 64 hex digits each: pins, not CA, name and date; NULL or empty: none */
	const struct strlist *fingerprints;
	const char *certificate; /* the client's, a file or pkcs11: URL; NULL: none */
	const char *key; /* its key; NULL: in the same file */
	const char *priority; /* GnuTLS's; NULL: the system's policy, TLS 1.2 or newer */
	const char *ticket_directory; /* NULL: no resumption; made when needed */
	int64_t deadline_ms;
};

/* What check and the log tell of a session, printable; strings may be empty. */
struct tls_info {
	char version[16]; /* "TLS1.3" */
	char cipher[64];
	bool resumed;
	bool verified; /* false with tls_verify = no */
	char subject[256], issuer[256], names[512];
	int64_t expires_s; /* wall clock */
	char trust[256]; /* why it is trusted: the anchor's name, "pinned", "not checked" */
	char fingerprint[80]; /* of the certificate, as tls_fingerprint takes it */
};

/*
 * Handshake over a stream in clear, which is encrypted afterwards; after a failure it carries
 * nothing more and is to be closed.  EX_PROTOCOL when TLS fails, a file cannot be used or the
 * server is not who it should be: the text says which name, issuer or date is wrong, the hint
 * what to do; EX_CONFIG for a bad priority string or pin; EX_TEMPFAIL when the connection is
 * lost or the deadline passes.  The certificate is verified at a resumed handshake too; one
 * refused there may be an old one that came with the ticket: s->tls tells (tls_describe), and
 * another connection makes sure.
 */
bool tls_start(struct stream *s, const struct tls_params *p, struct error *err);

/*
 * Version, cipher, resumed and verified only, which costs nothing; all of it, from the
 * certificate.
 */
void tls_summarize(const struct tls *t, struct tls_info *info);
void tls_describe(const struct tls *t, struct tls_info *info);

/*
 * The channel binding, not encoded, of RFC 9266 (tls-exporter, TLS 1.3) or RFC 5929
 * (tls-unique, TLS 1.2 with extended master secret); false when the session has none.  *type is a
 * static string.
 */
bool tls_channel_binding(const struct tls *t, const char **type, struct buf *binding);

/* GnuTLS's version at run time. */
const char *tls_library_version(void);

#endif
