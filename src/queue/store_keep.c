/* SPDX-License-Identifier: ISC */
#include "queue/store.h"

#include "base/alloc.h"
#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "queue/origin.h"
#include "queue/schedule.h"
#include "queue/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	NEW_IDS = 10,
	/* A user's messages are at most so many, and one more for so many octets of queue_max. */
	MESSAGES_MIN = 1000,
	MESSAGE_OCTETS = 8192,
};

/* What a user has in the queue. */
struct usage {
	uint64_t octets, messages;
};

/* How one way of keeping ended. */
enum end {
	KEPT,
	TAKEN,      /* the name is there already */
	UNSUITABLE, /* another way may do */
	FAILED,
};

/* Who has it, or was refused, is not kept. */
static void add_recipient(struct entry *e, const struct keep *k, size_t i)
{
	struct result r = k->results ? k->results->each[i] : (struct result){ .fate = FATE_NONE };

	e->is_partial = e->is_partial || r.fate == FATE_ACCEPTED || r.fate == FATE_UNKNOWN;
	if (r.fate == FATE_ACCEPTED || r.fate == FATE_REFUSED)
		return;
	envelope_append(&e->envelope, &k->envelope->recipients[i]);
	entry_set_recipient(e, e->envelope.count - 1, ENTRY_LEFT, r.error);
}

/* The entry that the message becomes. */
static void describe(struct entry *e, const struct keep *k, const struct config *c)
{
	e->queued_at_ms = clock_wall_ms();
	e->uid = k->caller->uid;
	e->account = alloc_string(k->account);
	e->config_file = origin_file(c, k->caller);
	e->full_name = alloc_string(k->full_name);
	e->is_report = k->is_report;
	e->envelope.sender = alloc_string(k->envelope->sender);
	e->envelope.ret = k->envelope->ret;
	e->envelope.envid = alloc_string(k->envelope->envid);
	e->recipients = alloc_zero(k->envelope->count, sizeof *e->recipients);
	for (size_t i = 0; i < k->envelope->count; i++)
		add_recipient(e, k, i);
	if (!k->results)
		return;
	e->attempts = 1;
	e->next_try_s =
		schedule_next(c, e->queued_at_ms / 1000, 1, e->queued_at_ms / 1000, chance_bits());
}

static bool has_limit(const struct store *s, const struct config *c)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (strcmp(c->keys[i].key, "queue_max") == 0)
			return true;
	return s->is_shared;
}

/* Counts one queued message, if it is this user's. */
static void add_one(const struct store *s, const char *id, uid_t uid, struct usage *u)
{
	struct entry e = ENTRY_INIT;
	char name[STORE_NAME_SIZE];
	struct stat st;
	bool is_theirs;

	store_name(name, id, store_msg);
	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	is_theirs = st.st_uid == uid;
	if (st.st_uid == geteuid() && st.st_uid != uid)
		is_theirs = store_read(s, id, &e) && e.uid == uid;
	entry_release(&e);
	u->octets += is_theirs ? (uint64_t)st.st_size : 0;
	u->messages += is_theirs;
}

static bool add_all(const struct store *s, uid_t uid, struct usage *u, struct error *err)
{
	struct strlist ids = STRLIST_INIT;

	if (!store_list(s, &ids, err))
		return false;
	for (size_t i = 0; i < ids.count; i++)
		add_one(s, ids.items[i], uid, u);
	strlist_release(&ids);
	return true;
}

/* A report that has its id takes the place of a message that is in the queue. */
static bool check_limit(
	const struct store *s, const struct keep *k, const struct config *c, struct error *err)
{
	struct store failed = STORE_INIT;
	struct usage u = { .octets = message_size(k->message), .messages = 1 };
	bool ok;

	if (k->id || !has_limit(s, c))
		return true;
	ok = add_all(s, k->caller->uid, &u, err);
	if (ok && store_open_failed(&failed, s))
		ok = add_all(&failed, k->caller->uid, &u, err);
	store_close(&failed);
	if (!ok || (u.octets <= c->queue_max &&
			   u.messages <= MESSAGES_MIN + c->queue_max / MESSAGE_OCTETS))
		return ok;
	return error_set(err, EX_TEMPFAIL, "4.3.1",
		"uid %lu has no more room in the queue '%s' (queue_max)",
		(unsigned long)k->caller->uid, s->path);
}

static bool write_at(int fd, const struct buf *text, uint64_t offset)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = pwrite(fd, text->data + done, text->len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* What is written, whatever the way. */
struct job {
	const struct store *store;
	const struct message *message;
	const char *id;
	struct buf trailer;
};

static enum end fail_to_write(const struct job *j, struct error *err)
{
	error_set_errno(err, EX_IOERR, errno, "cannot write to the queue '%s'", j->store->path);
	return FAILED;
}

/*
 * Names a whole file.  The lock keeps runners away until the name is durable: until then it may
 * still be taken back.
 */
static enum end publish(const struct job *j, int fd, const char *temporary, struct error *err)
{
	const struct store *s = j->store;
	char name[STORE_NAME_SIZE];
	bool named;

	alloc_reserve();
	store_name(name, j->id, store_msg);
	if (fsync(fd) < 0)
		return fail_to_write(j, err);
	flock(fd, LOCK_EX | LOCK_NB);
	named = temporary ? renameat(s->fd, temporary, s->fd, name) == 0
			  : file_link_unnamed(fd, s->fd, name);
	if (!named && errno == EEXIST)
		return TAKEN;
	if (!named) {
		error_set_errno(err, EX_CANTCREAT, errno, "cannot create '%s/%s'", s->path, name);
		return errno == ENOSPC || errno == EDQUOT || errno == EIO || temporary ? FAILED
										       : UNSUITABLE;
	}
	if (!store_sync(s, err)) {
		store_unlink(s, j->id, store_msg);
		return FAILED;
	}
	flock(fd, LOCK_UN);
	return KEPT;
}

/* The spool's own unnamed file, with the rest behind it. */
static enum end keep_spool(const struct job *j, struct error *err)
{
	const struct spool *body = &j->message->body;
	struct stat st, directory;
	int fd = body->fd;
	enum end end;

	if (fd < 0 || fstat(fd, &st) < 0 || fstat(j->store->fd, &directory) < 0 ||
		st.st_nlink != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != body->size ||
		st.st_dev != directory.st_dev || !store_set_access(j->store, fd))
		return UNSUITABLE;
	end = write_at(fd, &j->trailer, body->size) ? publish(j, fd, NULL, err)
						    : fail_to_write(j, err);
	if (end != KEPT && ftruncate(fd, (off_t)body->size) < 0 && end == UNSUITABLE)
		end = FAILED;
	return end;
}

static enum end keep_copy(const struct job *j, int fd, const char *temporary, struct error *err)
{
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	for (; (n = spool_look(&j->message->body, at, &data, err)) > 0; at += (uint64_t)n)
		if (!file_write_all(fd, data, (size_t)n))
			return fail_to_write(j, err);
	if (n < 0)
		return FAILED;
	if (!file_write_all(fd, j->trailer.data, j->trailer.len) || !store_set_access(j->store, fd))
		return fail_to_write(j, err);
	return publish(j, fd, temporary, err);
}

static enum end keep_unnamed(const struct job *j, struct error *err)
{
	int fd = openat(j->store->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	enum end end;

	if (fd < 0) {
		bool unknown = errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT ||
			       errno == EINVAL;

		error_set_errno(err, EX_CANTCREAT, errno, "cannot create a file in the queue '%s'",
			j->store->path);
		return unknown ? UNSUITABLE : FAILED;
	}
	end = keep_copy(j, fd, NULL, err);
	close(fd);
	return end;
}

/* Without unnamed files or without /proc: a name that only this id can have. */
static enum end keep_named(const struct job *j, struct error *err)
{
	const struct store *s = j->store;
	char temporary[STORE_NAME_SIZE], name[STORE_NAME_SIZE];
	enum end end;
	int fd;

	store_name(temporary, j->id, store_tmp);
	store_name(name, j->id, store_msg);
	if (faccessat(s->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return TAKEN;
	fd = openat(s->fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return TAKEN;
	if (fd < 0) {
		error_set_errno(err, EX_CANTCREAT, errno, "cannot create a file in the queue '%s'",
			s->path);
		return FAILED;
	}
	end = keep_copy(j, fd, temporary, err);
	close(fd);
	if (end != KEPT)
		store_unlink(s, j->id, store_tmp);
	return end;
}

/*
 * Tries the ways in turn, the state first: a message without it would be sent to all of its
 * recipients at once.
 */
static enum end keep_as(
	const struct store *s, const struct entry *e, const struct message *m, struct error *err)
{
	struct job j = { .store = s, .message = m, .id = e->id };
	enum end end = FAILED;

	if (entry_write_trailer(e, m, &j.trailer, err) &&
		(!e->attempts || store_put_state(s, e, err))) {
		end = keep_spool(&j, err);
		if (end == UNSUITABLE)
			end = keep_unnamed(&j, err);
		if (end == UNSUITABLE)
			end = keep_named(&j, err);
		if (end != KEPT && e->attempts)
			store_unlink(s, e->id, store_state);
	}
	buf_release(&j.trailer);
	return end;
}

bool store_keep(struct store *s, const struct keep *k, const struct config *c,
	char id[QUEUE_ID_SIZE], struct error *err)
{
	struct entry e = ENTRY_INIT;
	enum end end = TAKEN;

	if (!check_limit(s, k, c, err))
		return false;
	describe(&e, k, c);
	for (int i = 0; i < NEW_IDS && end == TAKEN; i++) {
		if (k->id)
			snprintf(e.id, sizeof e.id, "%s", k->id);
		else
			queue_id_make(e.id);
		end = keep_as(s, &e, k->message, err);
		if (end == TAKEN && k->id)
			end = KEPT;
	}
	if (end == KEPT)
		memcpy(id, e.id, QUEUE_ID_SIZE);
	else if (end == TAKEN)
		error_set(err, EX_CANTCREAT, NULL, "no free name in the queue '%s'", s->path);
	entry_release(&e);
	return end == KEPT;
}
