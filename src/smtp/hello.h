/* SPDX-License-Identifier: ISC */
/*
 * The way from a host's name to a session that is ready: connection,
 * greeting, EHLO, TLS, login; each step in its order and none left out.
 */
#ifndef SMTP_HELLO_H
#define SMTP_HELLO_H

#include "smtp/session.h"

/*
 * Brings the session, whose host and port are set, to STEP_READY; s->step says where it failed.
 * 5yz to the greeting or to both EHLO and HELO is EX_UNAVAILABLE of the route; TLS that is not to
 * be had EX_PROTOCOL.
 */
bool hello_connect(struct session *s, struct error *err);

/*
 * Reads the replies that are still owed to what was sent early (smtp/early.h); what the server
 * offers is then known.
 */
bool hello_catch_up(struct session *s, struct error *err);

#endif
