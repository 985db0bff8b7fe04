/* SPDX-License-Identifier: ISC */
#include "queue/slot.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/process.h"
#include "queue/account_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { POLL_MS = 100 };

/* The lock of one number: its descriptor, -1 with EWOULDBLOCK when it is held. */
static int lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0660);
	int reason;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	reason = errno;
	if (fd >= 0)
		close(fd);
	errno = reason;
	return -1;
}

static int try_one(const struct account *a, const struct config *c, unsigned i)
{
	struct buf path = BUF_INIT;
	int fd;

	account_file_path(&path, c, "connection", a);
	buf_addf(&path, "-%u", i + 1);
	fd = lock(buf_str(&path));
	buf_release(&path);
	return fd;
}

static int try_all(const struct account *a, const struct config *c)
{
	int fd = -1;

	errno = EWOULDBLOCK;
	for (unsigned i = 0; i < a->connections && fd < 0 && errno == EWOULDBLOCK; i++)
		fd = try_one(a, c, i);
	return fd;
}

bool slot_take(
	struct slot *slot, const struct account *a, const struct config *c, struct error *err)
{
	int64_t deadline = clock_now_ms() + a->timeout_ms;

	if (!a->connections)
		return true;
	account_file_make_directory(c);
	while ((slot->fd = try_all(a, c)) < 0 && errno == EWOULDBLOCK) {
		int64_t next = clock_now_ms() + POLL_MS;

		if (!clock_left_ms(deadline) ||
			process_poll(NULL, 0, next < deadline ? next : deadline) < 0)
			return error_set(err, EX_TEMPFAIL, "4.3.2",
				"all %u connections to account '%s' are in use", a->connections,
				a->name);
	}
	if (slot->fd >= 0)
		account_file_share(slot->fd, c);
	return true;
}

void slot_release(struct slot *slot)
{
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
}

int slot_count(const struct account *a, const struct config *c)
{
	int held = 0;

	if (a->connections)
		account_file_make_directory(c);
	for (unsigned i = 0; i < a->connections; i++) {
		int fd = try_one(a, c, i);

		if (fd < 0 && errno != EWOULDBLOCK)
			return -1;
		held += fd < 0;
		if (fd >= 0) {
			account_file_share(fd, c);
			close(fd);
		}
	}
	return held;
}
