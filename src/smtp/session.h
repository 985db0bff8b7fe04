/* SPDX-License-Identifier: ISC */
/*
 * A session with an account's submission server, from the connection to the
 * point where transactions may begin: greeting, EHLO, STARTTLS, AUTH.  Hides
 * hosts tried in turn, TLS and SASL.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/error.h"
#include "config/config.h"
#include "net/dial.h"
#include "net/stream.h"
#include "smtp/capabilities.h"
#include "smtp/reply.h"

#include <stdbool.h>
#include <stdint.h>

/* Told of every line of the dialogue for -v and check; secrets are "***" already. */
struct session_trace {
	void (*line)(void *context, char direction, const char *text, size_t len); /* '>' sent, '<' received, '=' a remark */
	void *context;
};

/* A step of session_open, for `sendoff check`. */
enum session_step { STEP_LOOKUP, STEP_CONNECT, STEP_GREETING, STEP_HELLO, STEP_TLS, STEP_AUTH, STEP_READY };

struct session_params {
	const struct account *account;
	struct config *config;
	struct caller *caller;
	const struct session_trace *trace; /* NULL: silent */
};

struct session {
	const struct session_params *params;
	struct stream stream;
	struct capabilities capabilities;
	struct reply reply;	/* the last one read */
	struct dial_peer peer;
	char *host;		/* which of the account's hosts it is */
	unsigned port;
	char *hello_name;
	char mechanism[32];	/* of the login that was done; "" without */
	enum session_step step; /* where it is, or where it failed */
	unsigned long transactions;
	bool is_esmtp;
};

#define SESSION_INIT { .stream = STREAM_INIT }

/*
 * Opens a session and brings it to STEP_READY.  On failure everything is closed and *err says what happened, with
 * "host:port: " before it; err->scope is ERROR_OF_ROUTE for all that has to do with account or way.  params must
 * outlive the session.
 */
bool session_open(struct session *s, const struct session_params *params, struct error *err);

/* Sends one command (no CR LF; refuses CR, LF and NUL with EX_SOFTWARE) and reads its reply into s->reply. */
bool session_command(struct session *s, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same in two halves, for flights; and a trace that shows `shown` in place of the line (NULL: the line). */
bool session_send(struct session *s, const char *line, const char *shown, struct error *err);
bool session_reply(struct session *s, int64_t timeout_ms, struct error *err);

/* QUIT if it was not sent yet, without waiting for the answer; closes. */
void session_close(struct session *s);

#endif
