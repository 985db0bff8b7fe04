/* SPDX-License-Identifier: ISC */
/*
 * `sendoff check`: a configuration tried step by step, up to a login and the
 * envelope of a message that is never sent.  Prints on stdout each step, and
 * about the first that fails what to do.  A refused login that is remembered
 * is no reason to wait.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "base/error.h"
#include "base/strlist.h"
#include "cli/check_report.h"
#include "cli/command.h"
#include "config/caller.h"
#include "config/config.h"
#include "config/secret.h"
#include "smtp/session.h"

#include <stdbool.h>
#include <stdint.h>

struct check_params {
	struct caller *caller;
	const char *file;        /* -C; NULL: the usual ones */
	const char *account;     /* NULL: the default */
	const char *rcpt, *vrfy; /* addresses to ask the server about; NULL: none */
	bool server_help;
	bool offline;  /* nothing that needs the network */
	bool is_draft; /* the file will not stay: its lines are not named */
	enum print_form form;
};

/* Runs the check; returns the exit status, that of the first step that failed. */
int check_run(const struct check_params *p);

/* False: EX_USAGE, nothing was tried. */
bool check_command(const struct command_call *call, int *status, struct error *err);

/* A check on its way, for the files check_*.c. */
struct check {
	const struct check_params *params;
	struct config config;
	struct account account; /* a shallow copy of the configuration's */
	struct secret secret;
	char *sender; /* what MAIL FROM would say */
	struct session session;
	int64_t said_ms;           /* when a step was reported last */
	unsigned long turns;       /* of the session's stream, when a step was reported last */
	unsigned long round_trips; /* since then, beneath the stream; and in all */
	unsigned long all_round_trips;
	struct strlist causes; /* of the failure */
	int status;            /* EX_OK until a step fails */
};

/*
 * Reports a step; detail as printf makes it, hint may be NULL.  ms under 0: it took the time since
 * the report before it.
 */
void check_say(struct check *c, enum check_mark mark, const char *step, int64_t ms,
	const char *hint, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Reports what the session took in all. */
void check_say_total(struct check *c, int64_t ms);

/* Reports the failure of a step with what may be behind it.  Always returns false. */
bool check_fail(struct check *c, const char *step, int64_t ms, const struct error *err);

/* Everything that needs no network; false: there is no use in going on. */
bool check_files(struct check *c);

/* The session and what is asked of the server; false: something failed. */
bool check_server(struct check *c);

/*
 * What the name servers publish about mail from the sender's domain (SPF, RFC 7208; DMARC, RFC
 * 7489): information, bounded in time.
 */
void check_domain(struct check *c);

/* Adds the likely causes of a failed step, and where the keys concerned are written. */
void check_add_causes(struct check *c, const char *step, const struct error *err);

#endif
