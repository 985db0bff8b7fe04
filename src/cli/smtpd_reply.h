/* SPDX-License-Identifier: ISC */
/*
 * The replies of -bs: always a code, a blank and text, in a line of at most
 * 512 octets; and what errors and outcomes are in terms of SMTP.
 */
#ifndef CLI_SMTPD_REPLY_H
#define CLI_SMTPD_REPLY_H

#include "base/buf.h"
#include "base/error.h"
#include "submit.h"

/*
 * Adds one line: code, enhanced status code (NULL: none) and text, made printable and cut where
 * it is too long.
 */
void smtpd_reply(struct buf *out, int code, const char *status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The reply that an error is: the server's own code where it has one, else one that fits the exit
 * code.
 */
void smtpd_reply_error(struct buf *out, const struct error *err);

/* The reply to a message: 250 with an id when the promise holds.  True in that case. */
bool smtpd_reply_outcome(struct buf *out, const struct outcome *o);

#endif
