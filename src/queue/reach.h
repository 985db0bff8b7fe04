/* SPDX-License-Identifier: ISC */
/*
 * A connection to an account, or to one that it falls back to: slots, refused
 * logins that have to wait, and the session itself.
 */
#ifndef QUEUE_REACH_H
#define QUEUE_REACH_H

#include "base/error.h"
#include "config/config.h"
#include "queue/runner.h"
#include "queue/slot.h"
#include "smtp/journal.h"
#include "smtp/session.h"

#include <stdbool.h>

struct reach {
	const struct run_params *run;
	struct config *config;
	const struct account *own;     /* the messages' own; NULL: it is gone */
	const struct account *account; /* the one in use: a fallback perhaps */
	struct session *session;       /* the one in use: the caller's or own_session */
	struct session own_session;
	struct session_params params;
	struct slot slot;
	struct route route;
	enum sandbox_scope sandbox; /* as in session_params; none until the user says otherwise */
	struct error trouble;       /* what the own account said, while a fallback is in use */
	bool is_tried; /* there was an attempt to reach the account */
};

/* session: one that is open already; NULL: none.  Config and run must outlive the reach. */
void reach_init(struct reach *r, const struct run_params *run, struct config *config,
	const struct account *own, struct session *session);

/*
 * Makes sure that a session is open.  False: neither the account nor those it falls back to can be
 * reached or logged in to, and *err is what the account itself said.
 */
bool reach_open(struct reach *r, struct error *err);

/* Takes down what the session tells now. */
void reach_note_route(struct reach *r);

/* The session ended with *refusal: where it was closed for that, a login was refused. */
void reach_note_refusal(struct reach *r, const struct error *refusal);

void reach_close(struct reach *r);

#endif
