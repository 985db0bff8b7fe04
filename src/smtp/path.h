/* SPDX-License-Identifier: ISC */
/*
 * The command lines MAIL and RCPT: addresses in the form that the server can
 * take, and the parameters that it offers (RFC 1870, 3461, 6152, 6531, 8689).
 */
#ifndef SMTP_PATH_H
#define SMTP_PATH_H

#include "message/content.h"
#include "message/envelope.h"
#include "smtp/session.h"

/*
 * Makes "MAIL FROM:<…> …" in an empty buffer.  EX_DATAERR when the sender needs SMTPUTF8 and the
 * server lacks it (5.6.7) or, as completed, is too long (5.1.7); EX_UNAVAILABLE (5.7.30) when
 * REQUIRETLS is asked for and not offered.
 */
bool path_mail(struct buf *line, const struct session *s, const struct envelope *e,
	const struct content *c, struct error *err);

/*
 * Makes "RCPT TO:<…> …".  EX_NOUSER (5.6.7) when the address needs SMTPUTF8 and the server lacks
 * it.
 */
bool path_rcpt(struct buf *line, const struct session *s, const struct recipient *r, bool is_utf8,
	struct error *err);

/* Adds an address as utf-8-addr-xtext (RFC 6533 section 3), for ORCPT and reports: all ASCII. */
void path_add_utf8_xtext(struct buf *b, const char *text);

#endif
