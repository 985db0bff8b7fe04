/* SPDX-License-Identifier: ISC */
/*
 * One message on its way: the story of the program.  Takes what a caller
 * asked for and a message that was read, and makes of them a delivery, a place
 * in the queue or a refusal, with a fate for each recipient.
 */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "config/aliases.h"
#include "config/caller.h"
#include "config/config.h"
#include "message/envelope.h"
#include "message/expand.h"
#include "message/message.h"
#include "smtp/transaction.h"

enum error_mode { ERRORS_PRINT, ERRORS_MAIL, ERRORS_MAIL_EXIT_0, ERRORS_QUIET };

/* What a caller asked for, apart from the message itself: made from the command line, or by -bs. */
struct request {
	struct config *config;
	struct caller *caller;
	const char *account;   /* -a; NULL: chosen */
	const char *full_name; /* -F; NULL: none */
	bool take_recipients;  /* -t */
	bool expand;	       /* false with -n */
	enum delivery delivery;
	enum error_mode error_mode;
	const struct session_trace *trace; /* NULL: not verbose */
	struct envelope envelope; /* sender NULL without -f; recipients as given */
	struct message message;
};

/* What became of it. */
struct outcome {
	struct error error;	  /* of the whole; code EX_OK: look at the recipients */
	struct envelope envelope; /* the recipients after aliases, in the order of results */
	struct delivery_result results;
	struct expansion expansion;
	char queue_id[64];	 /* "" unless something was queued */
	const struct account *account; /* the last one used; NULL: none chosen */
	char *host, *ip, *tls, *mechanism, *message_id, *sender; /* for the log; NULL or "" if unknown */
};

#define OUTCOME_INIT { 0 }

/* Sends the message now or queues it, and reports as the error mode says.  The request's message is used up. */
void submit(struct request *r, struct outcome *o);

void request_release(struct request *r);
void outcome_release(struct outcome *o);

#endif
