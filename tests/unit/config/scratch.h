/* SPDX-License-Identifier: ISC */
/*
 * A throw-away directory for the tests of this room, and files in it.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "base/buf.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/sendoff-test-XXXXXX";

static int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int scratch_create(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
	(void)state;
	return nftw(scratch, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the directory; good until the eighth call after this one. */
static inline const char *scratch_path(const char *name)
{
	static char paths[8][256];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof *paths, "%s/%s", scratch, name);
	return path;
}

static inline const char *scratch_write_bytes(const char *name, const void *data, size_t len, mode_t mode)
{
	const char *path = scratch_path(name);
	int fd;

	remove(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, data, len));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static inline const char *scratch_write(const char *name, const char *text, mode_t mode)
{
	return scratch_write_bytes(name, text, strlen(text), mode);
}

#endif
