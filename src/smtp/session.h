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
#include "config/sandbox.h"
#include "net/dial.h"
#include "net/stream.h"
#include "smtp/capabilities.h"
#include "smtp/reply.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Told of the dialogue for -v, secrets "***" already; either function may be NULL. */
struct session_trace {
	void (*line)(void *context, char direction, const char *text,
		size_t len); /* '>' sent, '<' received, '=' a remark */
	/* How many octets of the message's `size` the connection has taken by now. */
	void (*progress)(void *context, uint64_t done, uint64_t size);
	void *context;
};

/* A step of session_open. */
enum session_step {
	STEP_LOOKUP,
	STEP_CONNECT,
	STEP_GREETING,
	STEP_HELLO,
	STEP_TLS,
	STEP_AUTH,
	STEP_READY
};

struct session;

/*
 * Told of the end of each step of session_open and how long it took, for `sendoff check`; the
 * session is as the step left it.  err is NULL where it went well.  With STARTTLS there are two
 * STEP_HELLO.
 */
struct session_observer {
	void (*step)(void *context, const struct session *s, enum session_step step, int64_t ms,
		const struct error *err);
	void *context;
};

struct session_params {
	const struct account *account;
	struct config *config;
	struct caller *caller;
	const struct session_trace *trace; /* NULL: silent */
	const struct session_observer *observer; /* NULL: nobody looks */
	enum sandbox_scope sandbox; /* the process may be confined as soon as it has the secret */
};

struct session {
	const struct session_params *params;
	struct stream stream;
	struct capabilities capabilities;
	struct reply reply; /* the last one read */
	struct dial_peer peer;
	char *host; /* which of the account's hosts it is, in ASCII */
	struct session_place {
		char host[256], ip[INET6_ADDRSTRLEN];
	} last; /* of the connection closed last, for the log; ip is "" where there was none */
	unsigned port;
	char *hello_name;
	char mechanism[32];         /* of the login that was done; "" without */
	enum session_step step;     /* where it is, or where it failed */
	int64_t step_begun_ms;      /* by base/clock.h */
	unsigned long transactions; /* begun since it was opened */
	uint64_t recipients_max; /* a transaction, by its word or by what it took; 0: unknown */
	bool is_esmtp;
	bool is_early;                  /* EHLO went out before the server was heard */
	bool owes_greeting, owes_hello; /* replies still to be read because of that */
	bool needs_reset; /* a transaction was left open: RSET comes before the next */
	bool quit_sent;
	bool avoid_early; /* what was remembered of the server did not hold */
	bool avoid_chunking; /* it refused the BDAT it offers; session_reopen remembers that */
};

#define SESSION_INIT { .stream = STREAM_INIT }

/*
 * Opens a session and brings it to STEP_READY, with the first of the account's hosts that gets so
 * far.  On failure everything is closed and *err says what happened, with "host:port: " before it;
 * err->scope is ERROR_OF_ROUTE for all that has to do with account or way.  params must outlive the
 * session.
 */
bool session_open(struct session *s, const struct session_params *params, struct error *err);

/* Closes and opens again, for what this session can do no more. */
bool session_reopen(struct session *s, struct error *err);

/*
 * Can it carry no further transaction: closed, QUIT sent, or as many as LIMITS MAILMAX (RFC 9422)
 * allows?
 */
bool session_is_spent(const struct session *s);

/*
 * Sends one command (no CR LF; refuses CR and LF with EX_SOFTWARE) and reads its reply into
 * s->reply.
 */
bool session_command(struct session *s, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same in two halves, for flights; the trace shows `shown` in place of the line (NULL: the
 * line).  What was sent leaves at the latest when a reply is waited for.
 */
bool session_send(struct session *s, const char *line, const char *shown, struct error *err);
bool session_reply(struct session *s, int64_t timeout_ms, struct error *err);

/*
 * Has the server said nothing unasked?  It would be taken for the answer to the next command, and
 * each answer for the one before: 421 and other 4yz are EX_TEMPFAIL, anything else EX_PROTOCOL.
 * Only while no reply is awaited.
 */
bool session_is_quiet(struct session *s, struct error *err);

/*
 * The step that it was in went well and ended at now_ms (base/clock.h): tells the observer and
 * begins `step`.
 */
void session_enter(struct session *s, enum session_step step, int64_t now_ms);

/* Shows a remark in the trace. */
void session_remark(struct session *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Says what the last reply, which is not what was wanted, means (see reply_error), with a hint
 * where one is known.  A refused login (530, 534, 535, 538 when `login` says that they mean one;
 * 5.7.8 and 5.7.9 always) is EX_NOPERM of the route.  Always returns false.
 */
enum session_login { LOGIN_CODES_COUNT, LOGIN_CODES_DO_NOT };
bool session_refused(const struct session *s, const char *command, int refused_code,
	enum session_login login, struct error *err);

/* Puts "host:port: " before the text.  Always returns false. */
bool session_error(const struct session *s, struct error *err);

/* QUIT if it was not sent yet, without waiting for the answer; closes. */
void session_close(struct session *s);

/* Closes at once and sends nothing more. */
void session_abort(struct session *s);

#endif
