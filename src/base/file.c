/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool file_read_all(int fd, struct buf *b, size_t ceiling)
{
	enum { LEAST = 4096 };

	for (;;) {
		size_t spare = b->alloc - b->len;
		size_t room = spare > LEAST ? spare - 1 : LEAST;
		ssize_t n = read(fd, buf_reserve(b, room), room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		b->len += (size_t)n;
		buf_truncate(b, b->len);
		if (b->len > ceiling) {
			errno = EFBIG;
			return false;
		}
	}
}

bool file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

int file_open_regular(int dir, const char *name, int flags, struct stat *st)
{
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int reason = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0)
		reason = errno;
	else if (!S_ISREG(st->st_mode))
		reason = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
	if (!reason)
		return fd;
	close(fd);
	errno = reason;
	return -1;
}

bool file_read(const char *path, int flags, struct buf *b, size_t ceiling)
{
	struct stat st;
	int fd = file_open_regular(AT_FDCWD, path, flags, &st);
	bool ok = fd >= 0 && file_read_all(fd, b, ceiling);
	int reason = errno;

	if (fd >= 0)
		close(fd);
	errno = reason;
	return ok;
}

int file_open_unnamed(const char *directory, mode_t mode)
{
	return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
}

bool file_link_unnamed(int fd, int dir, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return true;
	return errno != EEXIST && linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0;
}

bool file_make_directory(const char *path, mode_t mode)
{
	char *parent;
	size_t len;
	bool ok;
	int fd;

	if (mkdir(path, mode) < 0)
		return false;
	len = (size_t)(strrchr(path, '/') - path);
	parent = alloc_bytes(path, len ? len : 1);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd < 0 || fsync(fd) == 0; /* one that may not be read cannot be synced */
	if (fd >= 0)
		close(fd);
	free(parent);
	return ok;
}

bool file_make_directories(const char *path, mode_t mode)
{
	char *copy = alloc_string(path);
	bool ok = true;

	for (char *slash = strchr(copy + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ok = file_make_directory(copy, mode) || errno == EEXIST || errno == EROFS ||
		     errno == EACCES;
		*slash = '/';
	}
	ok = ok && (file_make_directory(copy, mode) || errno == EEXIST);
	free(copy);
	return ok;
}
