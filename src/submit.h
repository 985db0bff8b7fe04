/* SPDX-License-Identifier: ISC */
/*
 * One message on its way: the story of the program.  Takes what a caller
 * asked for and a message that was read, and makes of them a delivery, a place
 * in the queue or a refusal, with a fate for each recipient.
 */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "config/caller.h"
#include "config/config.h"
#include "config/sandbox.h"
#include "message/envelope.h"
#include "message/expand.h"
#include "message/message.h"
#include "smtp/journal.h"
#include "smtp/transaction.h"

enum error_mode {
	ERRORS_PRINT,
	ERRORS_MAIL,
	ERRORS_MAIL_EXIT_0,
	ERRORS_QUIET,
	/* -bs: the client is told, and a report made only where others got the message */
	ERRORS_REPLY,
};

/* What a caller asked for: made from the command line, or by -bs. */
struct request {
	struct config *config;
	struct caller *caller; /* whose message it is */
	/* the process's own: its files and secrets are used; -bs serves others */
	struct caller *self;
	const char *account;   /* -a; NULL: chosen by sender */
	const char *full_name; /* -F; NULL: none */
	bool take_recipients;  /* -t */
	bool expand;	       /* false with -n */
	enum delivery delivery;
	enum error_mode error_mode;
	unsigned notify; /* -N, for recipients that say nothing of their own */
	const struct session_trace *trace; /* NULL: not verbose */
	/* SANDBOX_ACCOUNT where the process does nothing after this message */
	enum sandbox_scope sandbox;
	bool is_report; /* it is a report itself: nobody is told of its failure */
	struct envelope envelope; /* sender NULL without -f; recipients as they were given */
	struct message message;
};

#define REQUEST_INIT { .expand = true, .message = MESSAGE_INIT }

/* What became of it. */
struct outcome {
	/* of the whole, before anybody was asked; EX_OK: look at the results */
	struct error error;
	struct envelope envelope; /* after aliases; sender as the account made it */
	struct delivery_result results; /* one a recipient of envelope */
	struct expansion expansion;	/* recipients that aliases lead nowhere */
	/* whose message it is, also in the queue; NULL: none was chosen */
	const struct account *chosen;
	/* the last one tried: the chosen one, or what it falls back to */
	const struct account *account;
	struct route route;
	bool has_queue;		   /* what is deferred could wait */
	struct error keep_error;   /* it had to wait, but the queue could not take it */
	char queue_id[64];	   /* "": nothing was queued */
	bool report_taken;	   /* a report about those refused is on its way to the sender */
	char *message_id;
	uint64_t size;	    /* octets of the message as it came */
	int64_t started_ms; /* base/clock.h */
};

#define OUTCOME_INIT { 0 }

/* Is it for anybody?  EX_USAGE otherwise. */
bool request_has_recipients(const struct request *r, struct error *err);

/*
 * Who it is for and by which account it goes: the first half of submit, which -bv and dry runs
 * do alone.  False: o->error says why nothing can be sent.
 */
bool submit_prepare(struct request *r, struct outcome *o);

/*
 * Sends the message now, or queues it, reports as the error mode says, and writes the log.  The
 * request's message is used up.
 */
void submit(struct request *r, struct outcome *o);

void request_release(struct request *r);
void outcome_release(struct outcome *o);

#endif
