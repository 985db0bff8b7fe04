/* SPDX-License-Identifier: ISC */
/*
 * One account's part of a queue run: a connection, and over it one message
 * after another until all had their try or the account is of no use.
 */
#ifndef QUEUE_ACCOUNT_RUN_H
#define QUEUE_ACCOUNT_RUN_H

#include "queue/runner.h"
#include "queue/select.h"
#include "queue/store.h"

struct account_run_params {
	const struct run_params *run;
	struct store *store;
	struct config *config;   /* the messages' own */
	struct session *session; /* an open one to begin with, NULL: none; closed in the end */
	enum sandbox_scope sandbox; /* as in session_params */
};

void account_run(const struct account_run_params *p, struct group *g);

/* The messages of a configuration or account that is gone wait for its return, or expire. */
void account_run_gone(const struct account_run_params *p, struct group *g, const struct error *err);

#endif
