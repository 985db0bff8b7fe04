/* SPDX-License-Identifier: ISC */
/*
 * The text of --help for a terminal of 80 columns, and that of sendmail's
 * options, made from their table.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* Adds a line for an option or command, and more where the text does not fit. */
void help_add(struct buf *out, const char *name, const char *text);

/* Adds all options of sendmail's command line. */
void help_add_options(struct buf *out);

/* Prints them as `sendmail --help`.  EX_IOERR. */
bool help_print(struct error *err);

#endif
