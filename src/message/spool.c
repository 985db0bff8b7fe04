/* SPDX-License-Identifier: ISC */
#include "message/spool.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPOOL_BLOCK = 256 * 1024 }; /* octets held back between two writes */

/* Where O_TMPFILE is not known to the file system. */
static int open_unlinked(const char *directory)
{
	struct buf path = BUF_INIT;
	int fd;

	buf_addf(&path, "%s/sendoff.XXXXXX", directory);
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.data);
	buf_release(&path);
	return fd;
}

static int open_file(const struct strlist *directories)
{
	for (size_t i = 0; directories && i < directories->count; i++) {
		int fd = file_open_unnamed(directories->items[i], 0600);

		if (fd < 0)
			fd = open_unlinked(directories->items[i]);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static bool write_out(struct spool *s, const void *data, size_t len, struct error *err)
{
	if (!file_write_all(s->fd, data, len))
		return error_set_errno(
			err, EX_IOERR, errno, "the message cannot be written to a temporary file");
	return true;
}

static bool flush(struct spool *s, struct error *err)
{
	bool ok = write_out(s, buf_str(&s->memory), s->memory.len, err);

	buf_truncate(&s->memory, 0);
	return ok;
}

/* Moves from memory to a file; stays in memory where there is none, as long as that may be. */
static bool leave_memory(struct spool *s, size_t more, struct error *err)
{
	if (!s->no_file)
		s->fd = open_file(s->directories);
	s->no_file = s->fd < 0;
	if (!s->no_file) {
		bool ok = flush(s, err);

		buf_release(&s->memory);
		return ok;
	}
	if (s->memory.len + more <= SPOOL_MEMORY_LAST)
		return true;
	error_set(err, EX_CANTCREAT, "4.3.1",
		"the message is larger than %d MiB and no temporary file can be made for it",
		SPOOL_MEMORY_LAST / (1024 * 1024));
	return error_hint(err, "make the queue's directory, $TMPDIR, /var/tmp or /tmp writable");
}

bool spool_add(struct spool *s, const void *data, size_t len, struct error *err)
{
	if (s->fd < 0 && s->memory.len + len > SPOOL_MEMORY && !leave_memory(s, len, err))
		return false;
	s->size += len;
	if (s->fd >= 0 && len >= SPOOL_BLOCK)
		return flush(s, err) && write_out(s, data, len, err);
	buf_add(&s->memory, data, len);
	return s->fd < 0 || s->memory.len < SPOOL_BLOCK || flush(s, err);
}

bool spool_seal(struct spool *s, struct error *err)
{
	bool ok;

	if (s->fd < 0)
		return true;
	ok = flush(s, err);
	buf_release(&s->memory);
	return ok;
}

void spool_from_file(struct spool *s, int fd, uint64_t base, uint64_t size)
{
	spool_release(s);
	s->fd = fd;
	s->base = base;
	s->size = size;
}

static ssize_t read_at(int fd, void *block, size_t len, uint64_t at)
{
	ssize_t n;

	do
		n = pread(fd, block, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

ssize_t spool_look(const struct spool *s, uint64_t offset, char *block, size_t block_size,
	const char **data, struct error *err)
{
	uint64_t left = offset < s->size ? s->size - offset : 0;
	ssize_t n;

	*data = s->fd < 0 ? buf_str(&s->memory) + (left ? offset : 0) : block;
	if (s->fd < 0 || !left)
		return (ssize_t)left;
	n = read_at(s->fd, block, left < block_size ? (size_t)left : block_size, s->base + offset);
	if (n > 0)
		return n;
	if (n < 0)
		error_set_errno(
			err, EX_IOERR, errno, "the message cannot be read back from its file");
	else
		error_set(err, EX_IOERR, "4.3.0",
			"the message cannot be read back: its file is too short");
	return -1;
}

void spool_release(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	buf_release(&s->memory);
	*s = (struct spool)SPOOL_INIT;
}
