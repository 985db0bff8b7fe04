/* SPDX-License-Identifier: ISC */
/*
 * Which one file a set-id process uses: a user's file that defines the account
 * in use, read with the caller's rights only, or the system's.  Hides that a
 * child without the rights looks into the user's file first.
 */
#ifndef CONFIG_SETID_H
#define CONFIG_SETID_H

#include "config/load.h"

/*
 * Takes from *f the file that is not to be used.  Where the user's file stays the rights have
 * been given up for good; where the system's stays f->account becomes the default that the
 * user's file names, to be freed.  `wanted` is -a or NULL.  EX_OSERR when rights cannot be given
 * up or the child does not answer.
 */
bool setid_settle(
	struct load_files *f, struct caller *caller, const char *wanted, struct error *err);

#endif
