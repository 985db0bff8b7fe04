/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the store share: the names and modes of its files, and
 * how a state gets there.  For queue/store*.c only.
 */
#ifndef QUEUE_STORE_FILES_H
#define QUEUE_STORE_FILES_H

#include "queue/store.h"

#include <sys/stat.h>

enum { STORE_NAME_SIZE = QUEUE_ID_LEN + 16 };

/* Kinds of files: what stands behind the id. */
extern const char store_msg[], store_state[], store_new[], store_tmp[], store_damaged[];

/* "ID.kind" */
void store_name(char name[STORE_NAME_SIZE], const char *id, const char *kind);

/* Splits a name; false: it is none of ours. */
bool store_parse_name(const char *name, char id[QUEUE_ID_SIZE], const char **kind);

/* Is it the user of an install that is shared? */
bool store_is_shared_user(uid_t uid);

/* Gives a file of ours the mode and group that its readers need. */
bool store_set_access(const struct store *s, int fd);

/* Writes ID.state (temporary name, sync, rename), without syncing the directory. */
bool store_put_state(const struct store *s, const struct entry *e, struct error *err);

/* Removes ID.kind where it is. */
bool store_unlink(const struct store *s, const char *id, const char *kind);

/* Syncs the directory; EX_IOERR. */
bool store_sync(const struct store *s, struct error *err);

#endif
