/* SPDX-License-Identifier: ISC */
/*
 * What lies in a ticket: the number of octets that the verification kept and LF, those octets
 * (net/tls_trust.h), the session as GnuTLS wrote it.
 */
#include "base/ascii.h"
#include "net/tls_session.h"

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 8 };

/* The number at the start; *at is what comes after its LF.  False: there is none. */
static bool read_number(const struct buf *b, unsigned long long *number, size_t *at)
{
	char digits[DIGITS_MAX + 1] = "";
	const char *lf = b->len ? memchr(b->data, '\n', b->len) : NULL;
	size_t len = lf ? (size_t)(lf - b->data) : 0;

	if (!len || len > DIGITS_MAX)
		return false;
	memcpy(digits, b->data, len);
	*at = len + 1;
	return ascii_to_number(digits, SIZE_MAX, number);
}

void tls_offer_ticket(struct tls *t)
{
	struct buf *b = &t->ticket;
	unsigned long long len = 0;
	size_t at = 0;

	if (!ticket_take(t->ticket_directory, t->ticket_key, &t->claim, b))
		return;
	if (!read_number(b, &len, &at) || len > b->len - at)
		return;
	buf_add(&t->notes.kept, b->data + at, (size_t)len);
	t->session_at = at + (size_t)len;
	gnutls_session_set_data(t->session, b->data + t->session_at, b->len - t->session_at);
}

/*
 * A session is kept no longer than the certificate is good that it would be judged by.  What is
 * no other than what was taken is only put back.
 */
static void keep(struct tls *t, const void *session, size_t len)
{
	bool is_dated = t->is_verified && !t->notes.is_pinned;
	struct buf b = BUF_INIT;

	buf_addf(&b, "%zu\n", t->notes.kept.len);
	buf_add(&b, t->notes.kept.data, t->notes.kept.len);
	buf_add(&b, session, len);
	if (b.len == t->ticket.len && memcmp(b.data, t->ticket.data, b.len) == 0)
		ticket_release(t->ticket_directory, t->ticket_key, &t->claim, true);
	else
		ticket_put(t->ticket_directory, t->ticket_key, b.data, b.len,
			is_dated ? t->notes.ends_s : INT64_MAX);
	buf_wipe(&b);
}

/*
 * GnuTLS waits for a ticket when it is asked for the session before there is one.  A server
 * that resumed and gave no new one (Postfix does so) expects the old one again; that it links
 * two connections (RFC 8446 appendix C.4) is nothing that the login does not.
 */
void tls_keep_ticket(struct tls *t)
{
	gnutls_datum_t session = { NULL, 0 };

	if (!t->ticket_directory)
		return;
	if (gnutls_session_get_flags(t->session) & GNUTLS_SFLAGS_SESSION_TICKET) {
		if (gnutls_session_get_data2(t->session, &session) == 0)
			keep(t, session.data, session.size);
	} else if (gnutls_session_is_resumed(t->session)) {
		keep(t, t->ticket.data + t->session_at, t->ticket.len - t->session_at);
	}
	if (session.data)
		explicit_bzero(session.data, session.size);
	gnutls_free(session.data);
}
