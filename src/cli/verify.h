/* SPDX-License-Identifier: ISC */
/*
 * What would be done, without doing it: where each recipient goes (-bv), and
 * whether the alias file is right (-bi, newaliases).  Prints on stdout.
 */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include "base/error.h"
#include "cli/options.h"
#include "config/caller.h"
#include "config/config.h"

#include <stdbool.h>

/*
 * -bv: for each recipient a line for the address and one for each that it expands to, with
 * account, server and sender.  EX_DATAERR for a malformed address, EX_NOUSER when one leads
 * nowhere; the others are printed all the same.
 */
bool verify_print(
	const struct options *o, struct config *c, struct caller *caller, struct error *err);

/*
 * -bi: "FILE: N aliases", before it a line for each bad line of the file, which makes it
 * EX_DATAERR.  Works with an empty configuration; a usual alias file that does not exist has 0
 * aliases.
 */
bool aliases_check(const struct config *c, struct error *err);

#endif
