/* SPDX-License-Identifier: ISC */
/*
 * Commands on their way (RFC 2920): sent together where the server offers
 * PIPELINING, each answered before the next where it does not; the replies
 * are read strictly in order and handed to who asked.
 */
#ifndef SMTP_FLIGHT_H
#define SMTP_FLIGHT_H

#include "smtp/session.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	FLIGHT_RECIPIENTS_MAX = 100, /* RCPT commands unanswered; of the others there are few */
	FLIGHT_BYTES_MAX = 4096,     /* octets of commands unanswered, the content apart */
};

enum flight_command { FLIGHT_RSET, FLIGHT_MAIL, FLIGHT_RCPT, FLIGHT_DATA, FLIGHT_BDAT, FLIGHT_DOT };

/* A command whose reply is still to come. */
struct flight_entry {
	enum flight_command command;
	void *owner;  /* handed to answer() */
	size_t index; /* likewise: which recipient */
	size_t bytes;
};

struct flight {
	struct session *session;
	/*
	 * Takes the reply in session->reply to a command.  False, with *err: the session is of no
	 * more use.
	 */
	bool (*answer)(
		const struct flight_entry *entry, struct session *session, struct error *err);
	struct flight_entry *entries; /* the oldest is at first, the last before count */
	size_t first, count, alloc;
	size_t recipients, bytes; /* of the unanswered */
	bool is_ending; /* no reply is worth the long wait for the one to a message any more */
};

#define FLIGHT_INIT { 0 }

/*
 * Sends a command, after reading replies until there is room for it; without PIPELINING its reply
 * is read at once.  The content that follows BDAT is not part of it: the reply to BDAT, as to the
 * dot, is waited for by flight_land only.  False: the session is of no more use.
 */
bool flight_add(
	struct flight *f, const struct flight_entry *entry, const char *line, struct error *err);

/*
 * Notes that the reply to what was just sent, which is no command line (the final dot), is to come.
 */
void flight_expect(struct flight *f, const struct flight_entry *entry);

bool flight_is_empty(const struct flight *f);

/* The command whose reply comes next; there is one. */
enum flight_command flight_next(const struct flight *f);

/* Reads the oldest reply that is missing; all of them. */
bool flight_read(struct flight *f, struct error *err);
bool flight_land(struct flight *f, struct error *err);

/* Reads the replies to this owner's commands, the oldest, without a look at what they say. */
bool flight_skip(struct flight *f, const void *owner, struct error *err);

/*
 * After *err, a broken connection, reads what came before: where the server said why, *err is that
 * instead.
 */
void flight_salvage(struct flight *f, struct error *err);

/* Forgets the commands; their replies will not be read. */
void flight_clear(struct flight *f);

void flight_release(struct flight *f);

#endif
