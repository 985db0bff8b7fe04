/* SPDX-License-Identifier: ISC */
/*
 * A message from standard input: the command line made a request, the input
 * read, handed to submit, and the outcome told.
 */
#ifndef CLI_DELIVER_H
#define CLI_DELIVER_H

#include "cli/options.h"
#include "submit.h"

/*
 * Fills in a request from the command line: sender and recipients parsed, what the options ask
 * for.  The configuration decides what they leave open.  EX_DATAERR for an address that is none.
 */
bool request_from_options(struct request *r, const struct options *o, struct config *c,
	struct caller *caller, struct error *err);

/*
 * `sendmail` as everybody calls it.  *failure is what options and configuration had to say;
 * returns the exit status.
 */
int deliver(
	const struct options *o, struct config *c, struct caller *caller, struct error *failure);

#endif
