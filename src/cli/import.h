/* SPDX-License-Identifier: ISC */
/*
 * `sendoff config import FILE…`: a sendoff.ini from the configuration of
 * another program, recognised by name and content.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "base/buf.h"
#include "base/error.h"
#include "config/caller.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds the configuration that behaves as these files of one program do; comments in it name what
 * has no equivalent.  *has_secret: it must not be readable by others.  EX_NOINPUT; EX_DATAERR
 * where a file is of no known format or names no server; EX_USAGE where the files are of
 * different programs.
 */
bool import_files(struct caller *caller, char *const *paths, size_t count, struct buf *out,
	bool *has_secret, struct error *err);

#endif
