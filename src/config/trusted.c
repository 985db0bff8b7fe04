/* SPDX-License-Identifier: ISC */
#include "config/trusted.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

static bool check(const char *path, const struct stat *st, uid_t owner, struct error *err)
{
	if (st->st_uid != 0 && st->st_uid != owner) {
		error_set(err, EX_CONFIG, NULL, "%s: belongs to uid %lu, not to root or the caller",
			path, (unsigned long)st->st_uid);
		return error_hint(err, "chown %lu %s", (unsigned long)owner, path);
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		error_set(err, EX_CONFIG, NULL, "%s: others can write to it", path);
		return error_hint(err, "chmod go-w %s", path);
	}
	return true;
}

static void explain(const char *path, int reason, struct error *err)
{
	if (reason == EISDIR)
		error_set(err, EX_CONFIG, NULL, "%s: is a directory", path);
	else if (reason == EINVAL || reason == ENXIO)
		error_set(err, EX_CONFIG, NULL, "%s: is no regular file", path);
	else if (reason == ENOENT || reason == ENOTDIR)
		error_set_errno(err, EX_NOINPUT, reason, "%s", path);
	else
		error_set_errno(err, reason == EACCES || reason == EPERM ? EX_NOPERM : EX_CONFIG,
			reason, "%s", path);
}

int trusted_open(const char *path, uid_t owner, struct stat *st, struct error *err)
{
	int fd = file_open_regular(AT_FDCWD, path, O_RDONLY, st);

	if (fd < 0) {
		explain(path, errno, err);
		return -1;
	}
	if (check(path, st, owner, err))
		return fd;
	close(fd);
	return -1;
}

bool trusted_read(struct buf *b, const char *path, uid_t owner, size_t ceiling, struct stat *st,
	struct error *err)
{
	enum { READ_BLOCK = 16384 };
	int fd = trusted_open(path, owner, st, err);
	bool ok;

	if (fd < 0)
		return false;
	if (st->st_size > 0 && (uintmax_t)st->st_size <= ceiling)
		buf_reserve(b, (size_t)st->st_size + 2 * READ_BLOCK);
	ok = file_read_all(fd, b, ceiling);
	if (!ok && errno == EFBIG)
		error_set(err, EX_DATAERR, NULL, "%s: is over %zu KiB", path, ceiling / 1024);
	else if (!ok)
		error_set_errno(err, EX_CONFIG, errno, "%s", path);
	close(fd);
	return ok;
}

bool trusted_is_private(const char *path, const struct stat *st, struct error *err)
{
	if (!(st->st_mode & S_IROTH))
		return true;
	error_set(err, EX_CONFIG, NULL, "%s: holds a secret and others can read it", path);
	return error_hint(err, "chmod o-r %s", path);
}
