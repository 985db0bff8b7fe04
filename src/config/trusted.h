/* SPDX-License-Identifier: ISC */
/*
 * Files that decide where mail and secrets go: regular, owned by root or the
 * caller, writable by no one else; the error names the command that mends it.
 */
#ifndef CONFIG_TRUSTED_H
#define CONFIG_TRUSTED_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Opens such a file for reading; -1 with EX_NOINPUT when there is none, EX_NOPERM when it may
 * not be read, EX_CONFIG for all else.  The caller closes it.
 */
int trusted_open(const char *path, uid_t owner, struct stat *st, struct error *err);

/*
 * Reads it whole; EX_DATAERR beyond ceiling.  The bytes are never copied about, so that b can be
 * wiped.
 */
bool trusted_read(struct buf *b, const char *path, uid_t owner, size_t ceiling, struct stat *st,
	struct error *err);

/* Others must not be able to read a file with a secret (EX_CONFIG). */
bool trusted_is_private(const char *path, const struct stat *st, struct error *err);

#endif
