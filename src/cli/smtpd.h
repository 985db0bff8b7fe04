/* SPDX-License-Identifier: ISC */
/*
 * -bs: an SMTP server (RFC 5321) for one client that is trusted: the caller.
 * The machine takes bytes and leaves replies in a buffer; it waits for nothing
 * but the submission of a whole message, and knows no descriptors.
 */
#ifndef CLI_SMTPD_H
#define CLI_SMTPD_H

#include "base/buf.h"
#include "submit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SMTPD_LINE_MAX = 4096 }; /* octets of a command line, its end included */

struct smtpd_params {
	const char *host;	       /* our name in greeting and EHLO */
	const struct request *request; /* what every message starts from; its envelope and message are empty */
	const struct strlist *spool_directories;
	/* Does what submit() does. */
	void (*submit)(struct request *r, struct outcome *o);
};

enum smtpd_state { SMTPD_COMMANDS, SMTPD_CONTENT, SMTPD_CLOSED };

struct smtpd {
	const struct smtpd_params *params;
	enum smtpd_state state;
	struct buf out;	 /* replies that were not written yet: the user writes and truncates */
	struct buf line; /* the beginning of a command */
	bool line_too_long;
	struct request request; /* of the transaction in hand */
	bool has_sender;
	struct message_source source;
	struct message_reader reader;
	struct error content_error; /* why the content in hand cannot be taken */
	bool lf_ends;	 /* this session's DATA line ended in LF alone */
	char held[3];	 /* a dot at the start of a line, and a CR behind it, of which nothing can be said yet */
	char last;	 /* octet of the content */
	bool line_start; /* a dot here would mean something */
	unsigned long accepted; /* messages */
	bool was_nonsense;	/* a line was no command */
};

/* Begins a session: the greeting is in s->out. */
void smtpd_begin(struct smtpd *s, const struct smtpd_params *params);

/*
 * Takes input and returns how much of it; stops behind each message, so that its reply is written before the next is
 * tried, and takes nothing once s->state is SMTPD_CLOSED.
 */
size_t smtpd_feed(struct smtpd *s, const char *data, size_t len);

/* The exit status of a session that ended, by QUIT or by the end of input. */
int smtpd_status(const struct smtpd *s);

void smtpd_release(struct smtpd *s);

/*
 * Runs a session on standard input and output; returns the exit status.  A network socket is refused (554,
 * EX_NOPERM); behind a Unix socket its peer's uid is the caller in place of params->request's, unless the process
 * is set-id.
 */
int smtpd_run(const struct smtpd_params *params);

#endif
