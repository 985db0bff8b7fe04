/* SPDX-License-Identifier: ISC */
/*
 * The directory:
 *
 *	ID.msg	    a message, written once (queue/entry.c); alone: no attempt yet, all are left
 *	ID.state    how far it has come (queue/entry_state.c); without ID.msg it is rubbish
 *	ID.new	    a state that is being written
 *	ID.tmp	    a message that is being written, where the file system knows no unnamed files
 *	ID.damaged  the postmaster was told that ID cannot be trusted
 *	corrupt/    what was found here and is no queue file
 *	failed/	    messages that nobody takes and nobody can be told of, with their states
 *	.NAME	    not looked at; .last-run is touched by each run
 *
 * Order of events.  Keep: state (synced, renamed), message synced, named, directory synced.
 * Update: state written as ID.new, synced, renamed, directory synced.  End: ID.msg unlinked,
 * directory synced (once for several), then ID.state.  The lock is flock on ID.msg, and counts
 * only when the name still leads to the file that was locked.
 */
#include "queue/store.h"

#include "base/file.h"
#include "queue/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

const char store_msg[] = "msg", store_state[] = "state", store_new[] = "new", store_tmp[] = "tmp",
	   store_damaged[] = "damaged";

void store_name(char name[STORE_NAME_SIZE], const char *id, const char *kind)
{
	snprintf(name, STORE_NAME_SIZE, "%s.%s", id, kind);
}

bool store_parse_name(const char *name, char id[QUEUE_ID_SIZE], const char **kind)
{
	static const char *const kinds[] = { store_msg, store_state, store_new, store_tmp,
		store_damaged };
	const char *dot = strchr(name, '.');

	if (!dot || !queue_id_is_valid(name, (size_t)(dot - name)))
		return false;
	memcpy(id, name, QUEUE_ID_LEN);
	id[QUEUE_ID_LEN] = '\0';
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(dot + 1, kinds[i]) == 0) {
			*kind = kinds[i];
			return true;
		}
	return false;
}

bool store_set_access(const struct store *s, int fd)
{
	struct stat st;

	if (!s->is_shared)
		return fchmod(fd, 0600) == 0;
	if (fstat(fd, &st) < 0)
		return false;
	if (st.st_gid != s->group && fchown(fd, (uid_t)-1, s->group) < 0)
		return false;
	return fchmod(fd, 0640) == 0;
}

bool store_unlink(const struct store *s, const char *id, const char *kind)
{
	char name[STORE_NAME_SIZE];

	store_name(name, id, kind);
	return unlinkat(s->fd, name, 0) == 0 || errno == ENOENT;
}

bool store_sync(const struct store *s, struct error *err)
{
	return fsync(s->fd) == 0 ||
	       error_set_errno(
		       err, EX_IOERR, errno, "cannot sync the queue directory '%s'", s->path);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool store_list(const struct store *s, struct strlist *ids, struct error *err)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char id[QUEUE_ID_SIZE];
	const char *kind;
	bool ok;

	if (!directory) {
		error_set_errno(
			err, EX_CANTCREAT, errno, "cannot read the queue directory '%s'", s->path);
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (errno = 0; (entry = readdir(directory)); errno = 0)
		if (store_parse_name(entry->d_name, id, &kind) && kind == store_msg)
			strlist_add(ids, id);
	ok = errno == 0 || error_set_errno(err, EX_IOERR, errno,
				   "cannot read the queue directory '%s'", s->path);
	closedir(directory);
	if (!ok)
		strlist_release(ids);
	if (ids->count)
		qsort(ids->items, ids->count, sizeof *ids->items, compare);
	return ok;
}

/* Opens ID.kind.  -1 with errno ENOENT: there is no such queue file. */
static int open_file(const struct store *s, const char *id, const char *kind, struct stat *st)
{
	char name[STORE_NAME_SIZE];
	int fd;

	store_name(name, id, kind);
	fd = file_open_regular(s->fd, name, O_RDONLY | O_NOFOLLOW, st);
	if (fd < 0 && (errno == ELOOP || errno == EINVAL || errno == EISDIR || errno == ENXIO ||
			      errno == ENOTDIR))
		errno = ENOENT;
	return fd;
}

static bool is_trusted_owner(const struct store *s, uid_t owner)
{
	return owner == 0 || owner == s->owner || store_is_shared_user(owner);
}

bool store_is_owned(const struct store *s, const char *id, uid_t uid)
{
	char name[STORE_NAME_SIZE];
	struct stat st;

	store_name(name, id, store_msg);
	return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid;
}

/* Whose file it is, and that nobody else could have had a hand in it. */
static bool check_file(const struct store *s, struct entry *e, const struct stat *st)
{
	if (st->st_nlink != 1)
		return entry_damaged(e, "the file has another name elsewhere");
	if (st->st_mode & 07133)
		return entry_damaged(e, "the file has an odd mode");
	if (!s->is_shared && st->st_uid != 0 && st->st_uid != s->owner)
		return entry_damaged(e, "the file belongs to another user");
	return true;
}

static bool read_state_file(struct entry *e, int fd, const struct stat *st)
{
	struct buf text = BUF_INIT;
	bool ok = st->st_size <= ENTRY_STATE_MAX && file_read_all(fd, &text, ENTRY_STATE_MAX);

	ok = ok ? entry_read_state(e, buf_str(&text), text.len)
		: entry_damaged(e, "its state cannot be read");
	buf_release(&text);
	return ok;
}

static bool read_state(const struct store *s, struct entry *e)
{
	struct stat st;
	char name[STORE_NAME_SIZE];
	int fd = open_file(s, e->id, store_state, &st);
	bool ok;

	if (fd < 0) {
		store_name(name, e->id, store_state);
		return (errno == ENOENT && fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
			       errno == ENOENT) ||
		       entry_damaged(e, "its state cannot be read");
	}
	if (st.st_nlink != 1 || st.st_mode & 07133 ||
		(st.st_uid != e->owner && !is_trusted_owner(s, st.st_uid)))
		ok = entry_damaged(e, "its state has an odd owner or mode");
	else
		ok = read_state_file(e, fd, &st);
	close(fd);
	return ok;
}

static void read_entry(const struct store *s, struct entry *e, int fd, const struct stat *st)
{
	bool ok = check_file(s, e, st) && entry_read_trailer(e, fd, (uint64_t)st->st_size);

	e->owner = st->st_uid;
	if (!e->size)
		e->size = (uint64_t)st->st_size;
	if (e->uid != e->owner && !is_trusted_owner(s, e->owner))
		e->uid = e->owner;
	if (!e->queued_at_ms)
		e->queued_at_ms = (int64_t)st->st_mtime * 1000;
	if (ok)
		read_state(s, e);
}

static void set_id(struct entry *e, const char *id)
{
	memcpy(e->id, id, QUEUE_ID_LEN);
	e->id[QUEUE_ID_LEN] = '\0';
}

bool store_read(const struct store *s, const char *id, struct entry *e)
{
	struct stat st;
	int fd = open_file(s, id, store_msg, &st);

	set_id(e, id);
	if (fd < 0)
		return errno != ENOENT && !entry_damaged(e, "the file cannot be opened");
	read_entry(s, e, fd, &st);
	close(fd);
	return true;
}

/* Is it still what the name leads to? */
static bool is_current(const struct store *s, const char *id, int fd, struct stat *st)
{
	struct stat now;
	char name[STORE_NAME_SIZE];

	store_name(name, id, store_msg);
	return fstat(fd, st) == 0 && fstatat(s->fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

/* The lock was not given. */
static enum store_lock explain_lock(const struct store *s, struct error *err)
{
	if (errno == EWOULDBLOCK)
		return STORE_BUSY;
	error_set_errno(err, EX_IOERR, errno, "cannot lock a file in the queue '%s'", s->path);
	return STORE_LOCKLESS;
}

enum store_lock store_lock(
	const struct store *s, const char *id, struct entry *e, struct error *err)
{
	struct stat st;
	int fd = open_file(s, id, store_msg, &st);
	enum store_lock lock;

	if (fd < 0)
		return errno == ENOENT ? STORE_GONE : STORE_BUSY;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		lock = explain_lock(s, err);
		close(fd);
		return lock;
	}
	if (!is_current(s, id, fd, &st)) {
		close(fd);
		return STORE_GONE;
	}
	set_id(e, id);
	e->lock = fd;
	read_entry(s, e, fd, &st);
	if (!e->damage && entry_read_message(e, fd, (uint64_t)st.st_size))
		store_unlink(s, id, store_damaged);
	e->message.body.directories = &s->spool_directories;
	return STORE_LOCKED;
}

/*
 * A file under a name of its own kind, whole and synced.  One that is left from before is in the
 * way only if it cannot be removed.
 */
static bool put_file(const struct store *s, const char *name, const struct buf *text)
{
	int fd, reason;
	bool ok;

	unlinkat(s->fd, name, 0);
	fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = store_set_access(s, fd) && file_write_all(fd, text->data, text->len) && fsync(fd) == 0;
	reason = errno;
	close(fd);
	if (!ok)
		unlinkat(s->fd, name, 0);
	errno = reason;
	return ok;
}

bool store_put_state(const struct store *s, const struct entry *e, struct error *err)
{
	struct buf text = BUF_INIT;
	char temporary[STORE_NAME_SIZE], name[STORE_NAME_SIZE];
	bool ok;

	store_name(temporary, e->id, store_new);
	store_name(name, e->id, store_state);
	entry_write_state(e, &text);
	ok = put_file(s, temporary, &text) && renameat(s->fd, temporary, s->fd, name) == 0;
	if (!ok)
		error_set_errno(err, EX_IOERR, errno, "cannot write the state of '%s' in '%s'",
			e->id, s->path);
	buf_release(&text);
	return ok;
}

bool store_update(const struct store *s, const struct entry *e, struct error *err)
{
	return store_put_state(s, e, err) && store_sync(s, err);
}

bool store_remove(struct store *s, const struct entry *e, struct error *err)
{
	if (!store_unlink(s, e->id, store_msg))
		return error_set_errno(
			err, EX_IOERR, errno, "cannot remove '%s' from '%s'", e->id, s->path);
	strlist_add(&s->removed, e->id);
	return s->removed.count < STORE_REMOVED_MAX || store_settle(s, err);
}

bool store_settle(struct store *s, struct error *err)
{
	bool ok = s->removed.count == 0 || store_sync(s, err);

	for (size_t i = 0; ok && i < s->removed.count; i++) {
		store_unlink(s, s->removed.items[i], store_state);
		store_unlink(s, s->removed.items[i], store_damaged);
	}
	strlist_release(&s->removed);
	return ok;
}

bool store_note_damage(const struct store *s, const struct entry *e, struct error *err)
{
	struct buf text = BUF_INIT;
	char name[STORE_NAME_SIZE];
	bool ok;

	store_name(name, e->id, store_damaged);
	buf_addf(&text, "%s\n", e->damage);
	ok = put_file(s, name, &text);
	if (!ok)
		error_set_errno(err, EX_IOERR, errno, "cannot write '%s' in '%s'", name, s->path);
	buf_release(&text);
	return ok && store_sync(s, err);
}

char *store_noted_damage(const struct store *s, const char *id)
{
	enum { REASON_MAX = 4096 };
	struct buf text = BUF_INIT;
	struct stat st;
	int fd = open_file(s, id, store_damaged, &st);
	bool ok = fd >= 0 && file_read_all(fd, &text, REASON_MAX);

	if (fd >= 0)
		close(fd);
	buf_truncate(&text, strcspn(buf_str(&text), "\n"));
	if (ok && text.len)
		return buf_detach(&text);
	buf_release(&text);
	return NULL;
}
