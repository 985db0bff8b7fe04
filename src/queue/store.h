/* SPDX-License-Identifier: ISC */
/*
 * The queue's directory: messages kept there so that nothing but their removal
 * loses them, locked, updated and taken out.  Hides names, modes and the order of
 * writes, links and syncs that the promise rests on.  Everything found
 * there is hostile until it was parsed.
 */
#ifndef QUEUE_STORE_H
#define QUEUE_STORE_H

#include "base/error.h"
#include "base/strlist.h"
#include "config/caller.h"
#include "config/config.h"
#include "message/envelope.h"
#include "message/message.h"
#include "queue/entry.h"
#include "smtp/transaction.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct store {
	int fd; /* the directory; -1: closed */
	char *path;
	uid_t owner; /* of the directory */
	gid_t group;
	bool is_shared; /* the system's, for several users: its group may read what lies there */
	struct strlist removed; /* ids whose end is not durable yet */
	struct strlist spool_directories; /* for messages that have to be re-encoded */
};

#define STORE_INIT { .fd = -1 }

/*
 * Does what cannot be sent now wait here?  `queue = auto`: where queue_dir is a directory that
 * may be written.
 */
bool queue_is_on(const struct config *c);

/*
 * Adds where a large message may be spooled: where it would be queued, so that keeping it is a
 * link, then temporary places.
 */
void store_spool_directories(struct strlist *list, const struct config *c);

enum store_mode {
	STORE_EXISTING, /* a directory that is missing is an error */
	STORE_CREATE,   /* it is made: a user's with its parents, the system's last part by root */
};

/* Opens the directory of queue_dir and checks its owner and mode.  EX_CANTCREAT. */
bool store_open(struct store *s, const struct config *c, struct caller *caller,
	enum store_mode mode, struct error *err);
void store_close(struct store *s);

/* What is to be kept.  Nothing is owned; NULL where there is nothing to say. */
struct keep {
	const char *account;
	const char *full_name; /* -F */
	struct caller *caller;
	const struct envelope *envelope;
	const struct message *message; /* as compose_message made it; its body is sealed */
	/*
	 * What was tried: only recipients that are deferred, unknown or not tried are kept, with
	 * their errors, and the first retry is planned.  NULL: nothing was tried, the message is
	 * due at once.
	 */
	const struct delivery_result *results;
	bool is_report;
	const char *id; /* NULL: a new one.  One that is there already counts as kept. */
};

/*
 * Keeps a message: it is durable (file and directory synced) when true is returned, under the
 * name put into id. EX_CANTCREAT or EX_IOERR, of the route EX_TEMPFAIL when the uid would pass
 * queue_max; nothing is left behind then.
 */
bool store_keep(struct store *s, const struct keep *k, const struct config *c,
	char id[QUEUE_ID_SIZE], struct error *err);

/* Adds the ids of all messages, in the order of their arrival; none when it is false. */
bool store_list(const struct store *s, struct strlist *ids, struct error *err);

/*
 * May this caller see and change the entry: its owner, root, the directory's owner and, beyond
 * set-id, its group?
 */
bool store_is_permitted(const struct store *s, const struct entry *e, const struct caller *caller);

/* Does the message lie in a file of this user's?  Nothing is read: others' may be many. */
bool store_is_owned(const struct store *s, const char *id, uid_t uid);

/*
 * Reads envelope and state without a lock.  False: it is gone.  What is damaged is true, with
 * e->damage set.
 */
bool store_read(const struct store *s, const char *id, struct entry *e);

enum store_lock { STORE_LOCKED, STORE_BUSY, STORE_GONE, STORE_LOCKLESS };

/*
 * Locks and reads it whole, message included (e->damage as above); the store outlives it.  The
 * lock ends with entry_release.  STORE_LOCKLESS: the file system gives no locks, *err says why
 * (EX_IOERR).
 */
enum store_lock store_lock(
	const struct store *s, const char *id, struct entry *e, struct error *err);

/* For a locked entry: its new state, durable when true is returned. */
bool store_update(const struct store *s, const struct entry *e, struct error *err);

enum { STORE_REMOVED_MAX = 10 }; /* so many ends share one sync of the directory */

/*
 * For a locked entry: the end of it, at once for every process.  Durable, so that it does not
 * come back after a power failure, when ten are, or with store_settle or store_close.
 */
bool store_remove(struct store *s, const struct entry *e, struct error *err);
bool store_settle(struct store *s, struct error *err);

/*
 * For a locked entry whose report nobody takes: into failed/, where it is kept for people to look
 * at.
 */
bool store_fail(const struct store *s, const struct entry *e, struct error *err);

/* The directory failed/ as a store of its own.  False: there is none. */
bool store_open_failed(struct store *failed, const struct store *s);

/* The way back from failed/, with a new state. */
bool store_return(const struct store *s, const struct store *failed, const struct entry *e,
	struct error *err);

/*
 * Notes durably that the damage of a locked entry was reported; store_lock forgets it when it
 * finds the entry whole.
 */
bool store_note_damage(const struct store *s, const struct entry *e, struct error *err);

/* The damage that was noted; NULL: none.  To be freed. */
char *store_noted_damage(const struct store *s, const char *id);

/*
 * Moves what is no queue file into corrupt/, removes states without a message and files half
 * written a day ago.
 */
void store_tidy(const struct store *s);

/* Notes that a run was made for all; and when the last one was (seconds since 1970, 0: never). */
void store_note_run(const struct store *s);
int64_t store_last_run(const struct store *s);

#endif
