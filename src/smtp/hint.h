/* SPDX-License-Identifier: ISC */
/*
 * What to do about a refusal, where providers' replies or the configuration
 * tell more than the words of the error.
 */
#ifndef SMTP_HINT_H
#define SMTP_HINT_H

#include "smtp/session.h"

/* Each adds a hint to *err if it knows one, and returns false. */
bool hint_for_reply(const struct session *s, struct error *err); /* the last reply was a refusal */
bool hint_for_greeting(
	const struct session *s, struct error *err); /* the greeting did not come, or is no SMTP */
bool hint_for_tls(const struct session *s, struct error *err); /* STARTTLS is not offered */

#endif
