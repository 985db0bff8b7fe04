/* SPDX-License-Identifier: ISC */
/*
 * What commands print on standard output.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum print_form { PRINT_TEXT, PRINT_COLOUR, PRINT_JSON };

/* The form for people: coloured on a terminal, unless $NO_COLOR says otherwise. */
enum print_form print_form(void);

/* EX_IOERR, but not when nobody reads it any more, as `head` does when it has enough. */
bool print_bytes(const char *data, size_t len, struct error *err);

/* The same for what b holds; releases it. */
bool print_out(struct buf *b, struct error *err);

#endif
