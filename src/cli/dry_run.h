/* SPDX-License-Identifier: ISC */
/*
 * `sendoff send --dry-run`: the envelope and the exact content that would go
 * to a server with given capabilities.
 */
#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

#include "base/error.h"
#include "submit.h"

#include <stdbool.h>

/*
 * Prints, for a request as submit() takes it, the lines "MAIL FROM:<…> …" and "RCPT TO:<…> …" as
 * they would be sent, an empty line, and the content; all lines end in CR LF, dots are not
 * doubled; nothing where nobody is left to get it.  offers is a list like "8BITMIME,SMTPUTF8"
 * (NULL: none).  EX_NOUSER where an alias leads nowhere.  The request's message is used up.
 */
bool dry_run_print(struct request *r, const char *offers, struct error *err);

#endif
