/* SPDX-License-Identifier: ISC */
/*
 * Reports about messages: delivery status notifications (RFC 3464 in the
 * frame of RFC 6522, as RFC 3461 asks for them) and who gets them.
 */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"
#include "message/envelope.h"
#include "message/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_action { REPORT_FAILED, REPORT_DELAYED, REPORT_RELAYED };

struct report_recipient {
	const struct recipient *recipient;
	const struct error *error; /* NULL for REPORT_RELAYED */
};

/* What is reported; nothing is owned. */
struct report {
	enum report_action action;
	const struct account *account; /* its `from` is the report's author */
	struct config *config;
	struct caller *caller;
	const struct envelope *to;       /* as report_address made it */
	const struct envelope *envelope; /* of the message reported on: RET and ENVID */
	const struct report_recipient *recipients;
	size_t count;
	const struct message *message; /* the one reported on */
	const char *host;              /* the server that said so; NULL or "": none was reached */
	const char *queue_id;          /* NULL: it was never queued */
	int64_t arrived_s;             /* since 1970 */
	int64_t expires_s;             /* of REPORT_DELAYED */
};

enum {
	/* Octets of a message returned whole; of a longer one only the header is. */
	REPORT_ORIGINAL_MAX = 100 * 1024,
	/*
	 * In a report of so many octets, in its words and then in its fields three times as many,
	 * recipients stand without reasons: with those of all it could be too large to be sent.
	 */
	REPORT_REASONS_MAX = 4 * 1024 * 1024,
};

/*
 * Makes the report: a complete message, Date and Message-ID included.  EX_IOERR when the original
 * cannot be read.
 */
bool report_make(struct message *out, const struct report *r, struct error *err);

/*
 * Whom a report about a message from this sender goes to: *to gets the null sender and
 * recipients, aliases expanded; a local sender without an alias becomes the postmaster.  sender
 * NULL: the account's `from`; "": nobody, which is EX_UNAVAILABLE.
 */
bool report_address(struct envelope *to, const char *sender, const struct account *a,
	struct config *c, struct caller *caller, struct error *err);

/*
 * The postmaster in place of a sender: `postmaster`, else root's alias, else adminaddr, else the
 * account's `from`.
 */
bool report_address_postmaster(struct envelope *to, const struct account *a, struct config *c,
	struct caller *caller, struct error *err);

/*
 * Did this recipient ask for (or not forbid) such a report?  Where it says nothing the account's
 * dsn_notify counts, then failure alone.
 */
bool report_is_wanted(
	const struct recipient *r, const struct account *a, enum report_action action);

/* Is it the refusal for good of a sender, the null sender perhaps?  NULL is none. */
bool report_sender_is_refused(const struct error *err);

/*
 * A report in words alone, to the postmaster: subject and text are lines of UTF-8, text ends in
 * '\n'.
 */
bool report_make_notice(struct message *out, const struct report *r, const char *subject,
	const char *text, struct error *err);

#endif
