/* SPDX-License-Identifier: ISC */
/*
 * --version: sendoff's own version, the libraries' at run time, and the SASL
 * mechanisms.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include "base/error.h"

#include <stdbool.h>

/* Prints on stdout.  EX_IOERR. */
bool version_print(struct error *err);

#endif
