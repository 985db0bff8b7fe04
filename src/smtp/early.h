/* SPDX-License-Identifier: ISC */
/*
 * Early pipelining (Exim's PIPECONNECT): what a server that offers it said to
 * EHLO the last time, so that the next EHLO, and AUTH behind it, need not wait
 * for the greeting.  It lies where TLS tickets lie, under the same rules: whatever
 * is damaged, old or somebody else's counts as not there.
 */
#ifndef SMTP_EARLY_H
#define SMTP_EARLY_H

#include "smtp/session.h"

enum { EARLY_AGE_MAX_S = 7 * 86400 };

/*
 * Sets the session's capabilities to those remembered for this server, in clear or under TLS;
 * false: nothing is known.
 */
bool early_recall(struct session *s);

/* Remembers the reply to EHLO in s->reply, if it offers PIPECONNECT and the account wants that. */
void early_remember(const struct session *s);

#endif
