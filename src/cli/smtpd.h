/* SPDX-License-Identifier: ISC */
/*
 * -bs: an SMTP server (RFC 5321) for one client that is trusted: the caller.
 * The machine takes bytes and leaves replies in a buffer; it waits for nothing
 * but the submission of a whole message, and knows no descriptors.
 */
#ifndef CLI_SMTPD_H
#define CLI_SMTPD_H

#include "base/buf.h"
#include "config/aliases.h"
#include "submit.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SMTPD_LINE_MAX = 4096, /* octets of a command line, its end included */
	SMTPD_REPLY_MAX = 512, /* the same of a reply (RFC 5321 section 4.5.3.1.5) */
};

struct smtpd_params {
	const char *host;	       /* our name in greeting and EHLO */
	const struct request *request; /* what a message starts from; envelope, message empty */
	const struct strlist *spool_directories;
	void (*submit)(struct request *r, struct outcome *o); /* does what submit() does */
};

enum smtpd_state { SMTPD_COMMANDS, SMTPD_CONTENT, SMTPD_CLOSED };

struct smtpd {
	const struct smtpd_params *params;
	enum smtpd_state state;
	struct buf out; /* replies that were not written yet: the user writes and truncates */
	struct aliases aliases;
	bool has_aliases; /* they were read */

	struct buf line; /* the beginning of a command */
	bool line_too_long;
	bool lf_line; /* the command in hand ended in LF alone */

	struct request request; /* of the transaction in hand */
	bool has_sender;

	struct message_source source;
	struct message_reader reader;
	struct error content_error; /* why the content in hand cannot be taken */
	bool lf_ends;	 /* the DATA line ended in LF alone: so may the final dot */
	bool line_start; /* the next octet begins a line, where a dot has a meaning */
	unsigned held;	 /* octets of ".\r" that came there and may yet end the content */
	char last;	 /* octet before */

	unsigned long accepted; /* messages */
	bool was_nonsense;	/* a line was no command */
};

/* Begins a session: the greeting is in s->out.  params must outlive it. */
void smtpd_begin(struct smtpd *s, const struct smtpd_params *params);

/*
 * Takes input and returns how much of it; stops behind each message, so that its reply is written
 * before the next is tried, and takes nothing once s->state is SMTPD_CLOSED.
 */
size_t smtpd_feed(struct smtpd *s, const char *data, size_t len);

/* The exit status of a session that ended, by QUIT or by the end of input. */
int smtpd_status(const struct smtpd *s);

void smtpd_release(struct smtpd *s);

/*
 * Runs a session on standard input and output; returns the exit status.  A network socket is
 * refused (554, EX_NOPERM); behind a Unix socket its peer's uid is the caller in place of
 * params->request's, unless the process is set-id.
 */
int smtpd_run(const struct smtpd_params *params);

#endif
