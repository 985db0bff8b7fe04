/* SPDX-License-Identifier: ISC */
/*
 * What the files of TLS share: the session behind net/tls.h.
 */
#ifndef NET_TLS_SESSION_H
#define NET_TLS_SESSION_H

#include "net/stream.h"
#include "net/ticket.h"
#include "net/tls.h"
#include "net/tls_token.h"
#include "net/tls_verify.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd; /* the stream's */
	char *name; /* without the dot that may end it */
	struct verify_notes notes;
	char *ticket_directory; /* NULL: none is kept */
	char ticket_key[TICKET_KEY_SIZE];
	struct ticket_claim claim; /* on the ticket that was offered */
	struct buf ticket; /* what it holds: what was kept, and from session_at on the session */
	size_t session_at;
	bool is_verified; /* tls_verify was on, and the server passed */
	bool is_up; /* the handshake is done, the server is who it should be */
	bool holds_output; /* of the last that was sent; whatever is sent next takes it along */
	unsigned char raw[8192]; /* received, not yet asked for by GnuTLS from raw_at to raw_end */
	size_t raw_at, raw_end;
	unsigned long turns; /* of the handshake, as struct stream counts them afterwards */
	bool is_asking; /* something was sent since it last read */
	char trouble[160]; /* what broke it afterwards; "" */

	/* During the handshake only. */
	struct tls_params params;
	struct error *err;
	struct token token;
	bool was_refused; /* by us: *err says why */
};

/* Carries the records; the context is the struct tls, which closing it frees. */
extern const struct stream_transport tls_transport;

/* Makes GnuTLS send and receive through t->fd. */
void tls_attach(struct tls *t);

/*
 * Loads the client's certificate (NULL: none) and its key; EX_PROTOCOL in *t->err for what cannot
 * be used.  The token must live as long as the credentials are used.
 */
bool tls_add_certificate(gnutls_certificate_credentials_t credentials, struct token *t);

/* Is there received input, which poll does not know of? */
bool tls_has_more(const struct tls *t);

void tls_free(struct tls *t);

/*
 * Offers the server a session kept before.  One that GnuTLS cannot read, or the server does not
 * want, makes for a full handshake.
 */
void tls_offer_ticket(struct tls *t);

/* Keeps the session for the next process, if the server gave a ticket for it. */
void tls_keep_ticket(struct tls *t);

#endif
