/* SPDX-License-Identifier: ISC */
/*
 * The text of --help, made from the tables of options and of commands, for a
 * terminal of 80 columns.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buf.h"

/* Adds a line for an option or command, and more where the text does not fit. */
void help_add(struct buf *out, const char *name, const char *text);

/* Adds all options of sendmail's command line. */
void help_add_options(struct buf *out);

#endif
