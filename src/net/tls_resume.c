/* SPDX-License-Identifier: ISC */
/*
 * What lies in a ticket: the number of octets of the anchors and LF, the anchors
 * (net/tls_trust.h), the session as GnuTLS wrote it.
 */
#include "base/ascii.h"
#include "net/tls_session.h"

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 8 };

/* Takes the number at the start and its LF; false: there is none. */
static bool take_number(struct buf *b, unsigned long long *number)
{
	char digits[DIGITS_MAX + 1] = "";
	const char *lf = b->len ? memchr(b->data, '\n', b->len) : NULL;
	size_t len = lf ? (size_t)(lf - b->data) : 0;

	if (!len || len > DIGITS_MAX)
		return false;
	memcpy(digits, b->data, len);
	if (!ascii_to_number(digits, SIZE_MAX, number))
		return false;
	buf_remove(b, 0, len + 1);
	return true;
}

void tls_offer_ticket(struct tls *t)
{
	struct buf *b = &t->ticket;
	unsigned long long len = 0;

	if (!ticket_take(t->ticket_directory, t->ticket_key, b))
		return;
	if (!take_number(b, &len) || len > b->len) {
		buf_wipe(b);
		return;
	}
	buf_add(&t->notes.anchors, b->data, (size_t)len);
	buf_remove(b, 0, (size_t)len);
	gnutls_session_set_data(t->session, b->data, b->len);
}

/* A session is kept no longer than the certificate is good that it would be judged by. */
static void keep(const struct tls *t, const void *session, size_t len)
{
	bool is_dated = t->is_verified && !t->notes.pins.len;
	struct buf b = BUF_INIT;

	buf_addf(&b, "%zu\n", t->notes.anchors.len);
	buf_add(&b, t->notes.anchors.data, t->notes.anchors.len);
	buf_add(&b, session, len);
	ticket_put(t->ticket_directory, t->ticket_key, b.data, b.len,
		is_dated ? t->notes.ends_s : INT64_MAX);
	buf_wipe(&b);
}

/*
 * GnuTLS waits for a ticket when it is asked for the session before there is one.  A server
 * that resumed and gave no new one (Postfix does so) expects the old one again; that it links
 * two connections (RFC 8446 appendix C.4) is nothing that the login does not.
 */
void tls_keep_ticket(const struct tls *t)
{
	gnutls_datum_t session = { NULL, 0 };

	if (!t->ticket_directory)
		return;
	if (gnutls_session_get_flags(t->session) & GNUTLS_SFLAGS_SESSION_TICKET) {
		if (gnutls_session_get_data2(t->session, &session) == 0)
			keep(t, session.data, session.size);
	} else if (gnutls_session_is_resumed(t->session)) {
		keep(t, t->ticket.data, t->ticket.len);
	}
	if (session.data)
		explicit_bzero(session.data, session.size);
	gnutls_free(session.data);
}
