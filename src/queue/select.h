/* SPDX-License-Identifier: ISC */
/*
 * Which messages a run takes: those that the caller may handle, that are
 * asked for and due, grouped by the account they go through.
 */
#ifndef QUEUE_SELECT_H
#define QUEUE_SELECT_H

#include "base/strlist.h"
#include "queue/entry.h"
#include "queue/runner.h"
#include "queue/store.h"

#include <stdbool.h>
#include <stddef.h>

struct candidate {
	char id[QUEUE_ID_SIZE];
	bool is_out;     /* this run is through with it, or has it in hand */
	bool is_suspect; /* a session ended with it: it goes alone, after the others */
	bool is_extra;   /* a report that this run made: it goes with it, whatever was asked for */
};

/*
 * The messages of one account of one configuration, in the order of their arrival, suspects last.
 */
struct group {
	char *account;
	char *config_file;
	bool is_own; /* the caller's own; with a file of their own, others' are another group */
	struct candidate *list;
	size_t count, alloc;
	size_t first; /* all before it are out */
};

struct selection {
	struct group *groups; /* in the order of their first message */
	size_t count;
	struct strlist damaged; /* ids */
};

#define SELECTION_INIT { 0 }

bool selection_make(struct selection *s, const struct store *store, const struct run_params *p,
	struct error *err);

/* Does the message pass all filters?  The caller is the process's, whoever the message is from. */
bool selection_is_asked_for(const struct queue_filter filters[QUEUE_PARTS], const struct entry *e,
	struct config *c, struct caller *caller);

/*
 * Does the run leave others' messages alone, whatever the caller may see?  A set-id process does:
 * what its caller can do to it must not reach their mail.
 */
bool selection_is_own_only(const struct run_params *p);

/* Would the selection have any message? */
bool selection_has_any(const struct store *store, const struct run_params *p);

void selection_release(struct selection *s);

/* Is the message, as it is now, one for this run? */
bool selection_takes(const struct store *store, const struct run_params *p, const struct entry *e);

/* Adds a message at the end; pointers to candidates are no longer valid then. */
struct candidate *group_add(struct group *g, const char *id);

/* The first message that is not out; NULL: none. */
struct candidate *group_next(struct group *g);

/* A message that was out is to be tried again. */
void group_put_back(struct group *g, struct candidate *c);

#endif
