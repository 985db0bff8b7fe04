/* SPDX-License-Identifier: ISC */
/*
 * The log line of a delivery (sendmail(8), LOG): one for each status that
 * recipients of one attempt came to, in key=value form, at most 2 KiB.
 */
#ifndef SMTP_JOURNAL_H
#define SMTP_JOURNAL_H

#include "message/envelope.h"
#include "smtp/session.h"
#include "smtp/transaction.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

/* The way a message took; what a session tells of itself, kept after it is closed. */
struct route {
	bool is_open;   /* a session was opened: a server was reached that takes mail from us */
	char host[256]; /* the server that was asked, also in vain; "" : none was */
	unsigned port;
	char ip[INET6_ADDRSTRLEN]; /* "" : there was no connection */
	char tls[128]; /* "TLS1.3:cipher", with ":resumed", ":unverified" behind; "" in clear */
	char auth[32];
};

/* Takes down what the session tells now; of one that could not be opened, where it failed. */
void route_note(struct route *route, const struct session *s);

enum journal_status { JOURNAL_SENT, JOURNAL_QUEUED, JOURNAL_FAILED, JOURNAL_HELD };

struct journal_entry {
	const char *id; /* queue id; NULL: never queued */
	uid_t uid;
	const char *account; /* NULL: none chosen */
	const struct route *route;
	const char *sender; /* "" : null sender; NULL: not known */
	const char *message_id;
	const struct envelope *envelope;
	const struct delivery_result *results; /* fates as they stand after the attempt */
	/* Of the deferred, unknown and untried: JOURNAL_QUEUED, or JOURNAL_FAILED without a queue. */
	enum journal_status rest;
	/* Why, where recipients do not say it; then a message without any has its line too. */
	const struct error *error;
	uint64_t size;		  /* octets of the message */
	int64_t delay_ms;	  /* since the message was taken */
	unsigned try;		  /* 1: the first */
	int exit;
};

/* Writes a line for each status that a recipient has. */
void journal_write(const struct journal_entry *e);

#endif
