/* SPDX-License-Identifier: ISC */
/*
 * What libgsasl is told during a login: user, secret, channel binding, each
 * only when it asks.
 */
#ifndef SMTP_CREDENTIALS_H
#define SMTP_CREDENTIALS_H

#include "config/secret.h"
#include "smtp/mechanism.h"
#include "smtp/session.h"

#include <gsasl.h>

struct credentials {
	const struct session *session;
	const struct mechanism *mechanism; /* the one being tried */
	struct secret secret;              /* whoever logs in releases it */
	bool has_secret;
};

/* The library's callback; its hook is the struct credentials. */
int credentials_give(Gsasl *library, Gsasl_session *sasl, Gsasl_property property);

/*
 * Ends an exchange, and overwrites the secret and what SCRAM makes of it in the library's memory,
 * which it does not do.
 */
void credentials_wipe(Gsasl_session *sasl);

#endif
