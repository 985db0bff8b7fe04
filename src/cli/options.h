/* SPDX-License-Identifier: ISC */
/*
 * The command line of sendmail(8), parsed by the tables of cli/option_table.h.
 * Prints nothing and asks nobody; addresses are taken as they are written.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"
#include "message/envelope.h"
#include "queue/runner.h"
#include "submit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_mode {
	MODE_DELIVER,	 /* -bm: a message from standard input; the only mode that reads one */
	MODE_SMTP,	 /* -bs */
	MODE_QUEUE_LIST, /* -bp, mailq */
	MODE_QUEUE_RUN,	 /* -q */
	MODE_ALIASES,	 /* -bi, newaliases */
	MODE_VERIFY,	 /* -bv */
	MODE_HELP,
	MODE_VERSION,
	MODE_REFUSED, /* -bd and the like; only with an error */
};

/* All strings are argv's own; nothing is to be released. */
struct options {
	enum options_mode mode;
	char **recipients; /* the words behind the options: each an address list */
	size_t recipient_count;
	const char *sender;	 /* -f as written, "" included; NULL without */
	const char *full_name;	 /* -F */
	const char *account;	 /* -a */
	const char *config_file; /* -C */
	const char *tag;	 /* -L */
	const char *envid;	 /* -V, at most 100 printable ASCII characters */
	unsigned notify;	 /* -N, enum notify */
	enum dsn_return ret;	 /* -R */
	bool take_recipients;	 /* -t */
	bool ignore_dots;	 /* -i */
	bool no_expand;		 /* -n */
	bool verbose;
	bool has_delivery; /* -od was given: it overrides the configuration's `delivery` */
	enum delivery delivery;
	enum error_mode error_mode;
	bool run_queue; /* -q was given */
	struct queue_filter filters[QUEUE_PARTS]; /* all that are set must hold */
	int64_t interval_s; /* -qINTERVAL; 0: one run */
	bool is_send;	    /* it is `sendoff send` */
	bool dry_run;	    /* `sendoff send` only */
	const char *offers; /* --offers with it; NULL: none */
};

#define OPTIONS_INIT { 0 }

/*
 * Parses the command line of sendmail, mailq, newaliases or (argv[0] "send") `sendoff send`; the
 * name decides the first mode.  False: EX_USAGE, or EX_DATAERR for a line break in any word; the
 * whole line is read all the same and *err is about the first problem, so that o->mode tells
 * whether a message is waiting to be drained.
 */
bool options_parse(struct options *o, int argc, char **argv, struct error *err);

/* The last component of argv[0]; "sendmail" where there is none. */
const char *options_program(int argc, char **argv);

#endif
