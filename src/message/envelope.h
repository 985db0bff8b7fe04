/* SPDX-License-Identifier: ISC */
/*
 * Who a message is from and for (RFC 5321 section 2.3.1), with what DSN
 * (RFC 3461) asks to be told.
 */
#ifndef MESSAGE_ENVELOPE_H
#define MESSAGE_ENVELOPE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { ENVELOPE_RECIPIENTS_MAX = 50000 };

enum notify {
	NOTIFY_DEFAULT = 0,
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8
};
enum dsn_return { RETURN_DEFAULT, RETURN_FULL, RETURN_HEADERS };

struct recipient {
	char *address;	/* as RCPT wants it, without angle brackets */
	char *original; /* what it was before aliases, for ORCPT; NULL: the same */
	char *orcpt;	/* as a -bs client gave it ("rfc822;xtext"), passed on so; NULL: none */
	unsigned notify; /* enum notify, or'ed */
};

struct envelope {
	char *sender; /* "" is the null sender; NULL: the account's `from` */
	struct recipient *recipients;
	size_t count, alloc;
	size_t *slots; /* envelope_add's index: number + 1 of a recipient by hash, 0: free */
	size_t slot_count, indexed;
	enum dsn_return ret;
	char *envid; /* not encoded; NULL: none */
};

#define ENVELOPE_INIT { 0 }

/*
 * Adds a copy of address, with original (NULL: the same), unless it is there already: domains
 * compare without case, local parts as written.  EX_DATAERR when the limit is reached.  Fast
 * however many there are.
 */
bool envelope_add(struct envelope *e, const char *address, const char *original, struct error *err);

/* Adds a copy of a recipient, also of one that is there already. */
void envelope_append(struct envelope *e, const struct recipient *r);

/* Parses -N ("never", "success,failure,delay") and -R ("full", "hdrs"), without case. */
bool envelope_parse_notify(const char *text, unsigned *notify);
bool envelope_parse_return(const char *text, enum dsn_return *ret);

/* An independent copy; to must be empty. */
void envelope_copy(struct envelope *to, const struct envelope *from);
void envelope_release(struct envelope *e);

#endif
