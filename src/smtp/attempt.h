/* SPDX-License-Identifier: ISC */
/*
 * One mail transaction (RFC 5321 section 3.3): the message as this server
 * gets it, the recipients of this turn, what was sent and what the replies
 * made of it.  Knows the three ways a message can go out; transaction.h
 * decides which attempts are made.
 */
#ifndef SMTP_ATTEMPT_H
#define SMTP_ATTEMPT_H

#include "smtp/flight.h"
#include "smtp/transaction.h"

enum {
	ATTEMPT_SMALL = 256 * 1024
}; /* a message up to this goes out before the replies to RCPT are there */

/* A recipient in one turn. */
enum turn {
	TURN_NONE,
	TURN_ASKED,
	TURN_TAKEN,
	TURN_LEFT /* for the next turn: the server had enough */
};

struct attempt {
	struct attempt *next; /* for the list it stands in */
	struct mail *mail;
	struct delivery_result *results;
	struct content content;
	struct buf mail_line;
	size_t *recipients; /* numbers in the envelope, of this turn */
	enum turn *turns;   /* one for each in the envelope */
	size_t count, taken;
	/* Of the message as a whole: MAIL, DATA or the content refused; EX_OK: none yet. */
	struct error failure;
	/* What the stream has sent when all of the content has left; 0: it is not written. */
	uint64_t content_end;
	bool is_open;  /* the server said 2yz to MAIL */
	bool is_full;  /* the server takes no more recipients in this transaction */
	bool may_send; /* 354 */
	bool is_done;  /* all that will be known is known */
};

struct attempt *attempt_new(struct mail *mail, struct delivery_result *results);
void attempt_free(struct attempt *a);

/*
 * Renders the message and chooses the recipients of this turn, anew each time.  False: there is
 * nothing to send, the fates say why.
 */
bool attempt_prepare(struct attempt *a, struct session *s);

/*
 * Sends as much as may be sent before replies are read, and reads those that have to be waited for.
 * False, with *err: the session is of no more use.
 */
bool attempt_send(struct attempt *a, struct flight *f, struct error *err);

/* The answer() of the flight; the entries' owner is the attempt. */
bool attempt_answer(const struct flight_entry *entry, struct session *s, struct error *err);

/* Has the last octet of the content left the process? */
bool attempt_is_sent(const struct attempt *a, const struct session *s);

/* Says what a session that ended with *err means for an attempt whose replies did not all come. */
void attempt_lost(struct attempt *a, const struct session *s, const struct error *err);

/*
 * Deferred or refused: what is wrong with a server's disk or ours passes, what is wrong with the
 * message stays.
 */
enum fate attempt_fate(const struct error *err);

/*
 * The message failed as a whole: all who have no fate yet, tried in this turn or not, get this one.
 */
void attempt_decide(struct attempt *a, const struct error *err);

#endif
