/* SPDX-License-Identifier: ISC */
#include "message/spool.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
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

static ssize_t read_at(int fd, void *block, size_t len, uint64_t at)
{
	ssize_t n;

	do
		n = pread(fd, block, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

static bool write_out(struct spool *s, const void *data, size_t len)
{
	if (!file_write_all(s->fd, data, len))
		return false;
	s->written += len;
	return true;
}

static bool flush(struct spool *s)
{
	if (!write_out(s, buf_str(&s->memory), s->memory.len))
		return false;
	buf_truncate(&s->memory, 0);
	return true;
}

static bool fits_memory(uint64_t size, struct error *err)
{
	if (size <= SPOOL_MEMORY_LAST)
		return true;
	error_set(err, EX_CANTCREAT, "4.3.1",
		"the message is larger than %d MiB and no temporary file can be made for it",
		SPOOL_MEMORY_LAST / (1024 * 1024));
	return error_hint(err, "make room in, or make writable, the queue's directory, $TMPDIR, "
			       "/var/tmp or /tmp");
}

/* The disk is full, or the file may not grow: what was written comes back into memory. */
static bool retreat(struct spool *s, size_t more, struct error *err)
{
	struct buf whole = BUF_INIT;
	char block[16384];

	if (!fits_memory(s->written + s->memory.len + more, err))
		return false;
	while (whole.len < s->written) {
		uint64_t left = s->written - whole.len;
		size_t piece = left < sizeof block ? (size_t)left : sizeof block;
		ssize_t n = read_at(s->fd, block, piece, whole.len);

		if (n <= 0) {
			buf_release(&whole);
			return error_set_errno(err, EX_IOERR, n ? errno : EIO,
				"the message cannot be read back from its file");
		}
		buf_add(&whole, block, (size_t)n);
	}
	buf_add(&whole, buf_str(&s->memory), s->memory.len);
	buf_release(&s->memory);
	s->memory = whole;
	close(s->fd);
	s->fd = -1;
	s->written = 0;
	s->no_file = true;
	return true;
}

/* Moves from memory to a file; stays in memory where there is none, as long as that may be. */
static bool leave_memory(struct spool *s, size_t more, struct error *err)
{
	if (!s->no_file)
		s->fd = open_file(s->directories);
	s->no_file = s->fd < 0;
	if (s->no_file)
		return fits_memory(s->memory.len + more, err);
	if (!flush(s))
		return retreat(s, more, err);
	buf_release(&s->memory);
	return true;
}

bool spool_add(struct spool *s, const void *data, size_t len, struct error *err)
{
	if (s->fd < 0 && s->memory.len + len > SPOOL_MEMORY && !leave_memory(s, len, err))
		return false;
	s->size += len;
	if (s->fd >= 0 && len >= SPOOL_BLOCK) {
		if (flush(s) && write_out(s, data, len))
			return true;
		if (!retreat(s, len, err))
			return false;
	}
	buf_add(&s->memory, data, len);
	return s->fd < 0 || s->memory.len < SPOOL_BLOCK || flush(s) || retreat(s, 0, err);
}

bool spool_seal(struct spool *s, struct error *err)
{
	if (s->fd < 0)
		return true;
	if (!flush(s))
		return retreat(s, 0, err);
	buf_release(&s->memory);
	return true;
}

void spool_from_file(struct spool *s, int fd, uint64_t size)
{
	spool_release(s);
	s->fd = fd;
	s->size = size;
}

ssize_t spool_look(const struct spool *s, uint64_t offset, const char **data, struct error *err)
{
	static char block[SPOOL_LOOK]; /* not of the stack, whose pages would all be touched */
	uint64_t left = offset < s->size ? s->size - offset : 0;
	ssize_t n;

	*data = s->fd < 0 ? buf_str(&s->memory) + (left ? offset : 0) : block;
	if (s->fd < 0 || !left)
		return (ssize_t)left;
	n = read_at(s->fd, block, left < SPOOL_LOOK ? (size_t)left : SPOOL_LOOK, offset);
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
