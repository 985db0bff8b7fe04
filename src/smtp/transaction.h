/* SPDX-License-Identifier: ISC */
/*
 * Mail transactions (RFC 5321 section 3.3) over an open session: MAIL, RCPT
 * and the content in as few flights as the server's offers allow, and a
 * result for each recipient.
 */
#ifndef SMTP_TRANSACTION_H
#define SMTP_TRANSACTION_H

#include "message/content.h"
#include "message/envelope.h"
#include "message/message.h"
#include "smtp/session.h"

enum fate {
	FATE_NONE,     /* nothing was tried for this recipient */
	FATE_ACCEPTED, /* the server took the message for it */
	FATE_REFUSED,  /* for good */
	FATE_DEFERRED, /* for now */
	FATE_UNKNOWN,  /* the connection was lost between the message's last octet and its reply */
};

struct result {
	enum fate fate;
	/* Why not accepted, shared by recipients of one cause; NULL: FATE_ACCEPTED, FATE_NONE. */
	struct error *error;
};

struct delivery_result {
	struct result *each; /* one a recipient, in the envelope's order */
	size_t count;
	char *accepted_reply; /* what it said to the last message it took, as it came, on one
				 line; or NULL */
	int accepted_code;
	char accepted_status[12]; /* its enhanced status code; "": it gave none */
	struct error **errors; /* owns what each points to */
	size_t error_count;
};

#define DELIVERY_RESULT_INIT { 0 }

void delivery_result_init(struct delivery_result *r, size_t recipients);
void delivery_result_release(struct delivery_result *r);

/*
 * Sets the fate of one recipient; err may be NULL for FATE_ACCEPTED.  Equal consecutive errors are
 * kept once.
 */
void delivery_result_set(
	struct delivery_result *r, size_t recipient, enum fate fate, const struct error *err);

/* Is there a recipient whose fate is FATE_NONE? */
bool delivery_result_has_untried(const struct delivery_result *r);

struct mail {
	const struct envelope *envelope; /* sender is set */
	const struct message *message;
	const struct header *header; /* as compose_for_account made it */
	bool is_last;                /* QUIT may go with it */
};

/*
 * Submits to all recipients whose fate is FATE_NONE, in as many transactions as the server's limits
 * need; a server that refuses BDAT is connected to once more.  True: nothing is wrong with the
 * session; it can be used again unless is_last let QUIT go out.  False: it can only be closed, *err
 * says why, with "host:port: " before it like the errors of the fates; those still FATE_NONE have
 * not got the message.
 */
bool transaction_run(struct session *s, const struct mail *mail, struct delivery_result *results,
	struct error *err);

/*
 * The same for a stream of mails (queue run): next() hands out mails until NULL, done() is told of
 * each as soon as its last reply is read, or the session has ended; mails and results are the
 * caller's and stay valid until done().  At most `window` are in flight where the server offers
 * PIPELINING and CHUNKING, one elsewhere.
 */
struct mail_stream {
	struct mail *(*next)(void *context, struct delivery_result **results);
	void (*done)(void *context, struct mail *mail, struct delivery_result *results);
	void *context;
	unsigned window;
};
bool transaction_stream(struct session *s, const struct mail_stream *stream, struct error *err);

#endif
