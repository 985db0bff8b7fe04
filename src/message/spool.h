/* SPDX-License-Identifier: ISC */
/*
 * Where the octets of a message lie while it is in hand: in memory up to
 * 1 MiB, beyond that in an unnamed file.  Written once from start to end,
 * then read at any offset.
 */
#ifndef MESSAGE_SPOOL_H
#define MESSAGE_SPOOL_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strlist.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	SPOOL_MEMORY = 1024 * 1024,	      /* what stays in memory */
	SPOOL_MEMORY_LAST = 64 * 1024 * 1024, /* and where no directory can be written */
	SPOOL_LOOK = 64 * 1024,		      /* what is read from a file at once */
};

struct spool {
	struct buf memory; /* all of it while fd is -1; else what is not yet written to the file */
	int fd;		   /* -1: in memory */
	uint64_t size;
	/* Where a file may be made, tried in order; not owned; NULL: memory only. */
	const struct strlist *directories;
	uint64_t written; /* octets in the file that was made here */
	bool no_file;	  /* none could be made or filled: memory only from now on */
};

#define SPOOL_INIT { .fd = -1 }

/*
 * EX_CANTCREAT when no file can be made, or the disk is full, and the memory limit is passed;
 * EX_IOERR when what was written cannot be read back.
 */
bool spool_add(struct spool *s, const void *data, size_t len, struct error *err);

/*
 * Writes out what is held back; to be called once after the last spool_add, before the first
 * read.
 */
bool spool_seal(struct spool *s, struct error *err);

/* Makes a sealed spool of the first size octets of an open file, a queue file's, which it takes. */
void spool_from_file(struct spool *s, int fd, uint64_t size);

/*
 * A look at the octets from offset on: in memory up to the end, in a file at most SPOOL_LOOK.
 * *data points to the returned number of octets, until the next look at any spool; 0 at the end,
 * -1 with *err (EX_IOERR).
 */
ssize_t spool_look(const struct spool *s, uint64_t offset, const char **data, struct error *err);

void spool_release(struct spool *s);

#endif
