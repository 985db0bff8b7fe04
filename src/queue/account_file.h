/* SPDX-License-Identifier: ISC */
/*
 * Files in state_dir that belong to an account: their names, and modes that
 * let all who share the directory use them.
 */
#ifndef QUEUE_ACCOUNT_FILE_H
#define QUEUE_ACCOUNT_FILE_H

#include "base/buf.h"
#include "config/config.h"

/* Adds "state_dir/kind-account". */
void account_file_path(
	struct buf *path, const struct config *c, const char *kind, const struct account *a);

/* Makes state_dir where it can be made. */
void account_file_make_directory(const struct config *c);

/* Gives a file of ours the mode that the directory's group needs, if it has one that may write. */
void account_file_share(int fd, const struct config *c);

#endif
