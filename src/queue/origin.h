/* SPDX-License-Identifier: ISC */
/*
 * The configurations that queued messages came from: noted with each message,
 * read again when it is tried.
 */
#ifndef QUEUE_ORIGIN_H
#define QUEUE_ORIGIN_H

#include "base/error.h"
#include "config/caller.h"
#include "config/config.h"
#include "queue/entry.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The one file that -C or $SENDOFF_CONFIG named; NULL for the usual files, which are found again
 * without being named.  To be freed.
 */
char *origin_file(const struct config *c, struct caller *caller);

/* Does the message go by this configuration? */
bool origin_is(const struct config *c, struct caller *caller, const struct entry *e);

/*
 * Who the message is from, as its account would say where the caller named nobody; NULL: that is
 * not known here.  To be freed.
 */
char *origin_sender(const struct entry *e, struct config *c, struct caller *caller);

struct origins {
	struct config *current; /* the run's own */
	struct caller *caller;
	char *current_file;
	struct origin *read; /* the others, as far as they were needed */
	size_t count;
};

/* Config and caller must outlive the origins. */
void origins_init(struct origins *o, struct config *current, struct caller *caller);

/* Is the configuration that a message names the run's own? */
bool origins_is_current(const struct origins *o, const char *file);

/*
 * The configuration that a message names (NULL: the usual files); NULL with *err when it cannot
 * be read.
 */
struct config *origins_find(struct origins *o, const char *file, struct error *err);

void origins_release(struct origins *o);

#endif
