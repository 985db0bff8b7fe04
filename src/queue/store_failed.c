/* SPDX-License-Identifier: ISC */
#include "queue/store.h"

#include "queue/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool store_open_failed(struct store *failed, const struct store *s)
{
	int fd = openat(s->fd, "failed", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct buf path = BUF_INIT;

	if (fd < 0)
		return false;
	buf_addf(&path, "%s/failed", s->path);
	*failed = *s;
	failed->removed = (struct strlist)STRLIST_INIT;
	failed->spool_directories = (struct strlist)STRLIST_INIT;
	failed->fd = fd;
	failed->path = buf_detach(&path);
	return true;
}

/* The same, made where it is missing. */
static bool make_failed(struct store *failed, const struct store *s)
{
	bool made = mkdirat(s->fd, "failed", 0700) == 0;

	return store_open_failed(failed, s) &&
	       (!made || !s->is_shared || fchown(failed->fd, (uid_t)-1, s->group) == 0) &&
	       (!made || fchmod(failed->fd, s->is_shared ? 02770 : 0700) == 0);
}

/* Moves the message; its state was written at the other end before. */
static bool move(
	const struct store *from, const struct store *to, const struct entry *e, struct error *err)
{
	char name[STORE_NAME_SIZE];

	store_name(name, e->id, store_msg);
	if (!store_update(to, e, err))
		return false;
	if (renameat(from->fd, name, to->fd, name) < 0)
		return error_set_errno(
			err, EX_IOERR, errno, "cannot move '%s' to '%s'", e->id, to->path);
	if (!store_sync(to, err) || !store_sync(from, err))
		return false;
	store_unlink(from, e->id, store_state);
	store_unlink(from, e->id, store_damaged);
	return true;
}

bool store_fail(const struct store *s, const struct entry *e, struct error *err)
{
	struct store failed = STORE_INIT;
	bool ok = make_failed(&failed, s) ||
		  error_set_errno(err, EX_IOERR, errno, "cannot use '%s/failed'", s->path);

	ok = ok && move(s, &failed, e, err);
	store_close(&failed);
	return ok;
}

bool store_return(
	const struct store *s, const struct store *failed, const struct entry *e, struct error *err)
{
	return move(failed, s, e, err);
}
