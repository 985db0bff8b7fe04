/* SPDX-License-Identifier: ISC */
/*
 * Files, whole reads and writes, and what makes them durable.  Failures are
 * false or -1 with errno set; nothing here prints.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Reads to the end and adds to b, in blocks or, where more is reserved, in one; EFBIG when b
 * passes ceiling bytes.
 */
bool file_read_all(int fd, struct buf *b, size_t ceiling);

/* Writes all of it, over interruptions and short writes. */
bool file_write_all(int fd, const void *data, size_t len);

/*
 * Opens an existing regular file with O_CLOEXEC and without waiting for a FIFO
 * or device; flags may add O_NOFOLLOW.  EISDIR or EINVAL for what is not a
 * regular file.  *st describes what was opened.
 */
int file_open_regular(int dir, const char *name, int flags, struct stat *st);

/* Opens such a file by its path, reads it whole and closes it. */
bool file_read(const char *path, int flags, struct buf *b, size_t ceiling);

/* An unnamed file in the directory, readable and writable; it can be given a name later. */
int file_open_unnamed(const char *directory, mode_t mode);

/* Gives an unnamed file its name in directory dir; EEXIST where that stands already. */
bool file_link_unnamed(int fd, int dir, const char *name);

/* Makes a directory (absolute path) with mode, durably: its parent is synced. */
bool file_make_directory(const char *path, mode_t mode);

/* The same with its missing parents; one that is there is left as it is. */
bool file_make_directories(const char *path, mode_t mode);

#endif
