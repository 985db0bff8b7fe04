/* SPDX-License-Identifier: ISC */
/*
 * A throw-away directory with a queue in it, and messages to put there.
 */
#ifndef TESTS_QUEUE_PLACE_H
#define TESTS_QUEUE_PLACE_H

#include "config/config.h"
#include "message/message.h"
#include "queue/store.h"

struct place {
	char root[64];
	char queue_dir[96], state_dir[96];
	struct config config;
	struct caller caller;
	struct store store;
};

/* Makes it and opens the store; asserts that all went well. */
void place_init(struct place *p);
void place_release(struct place *p);

/* Keeps a message (its text with LF line ends) for comma-separated recipients; gives its id. */
void place_keep(struct place *p, const char *text, const char *sender, const char *recipients,
	char id[QUEUE_ID_SIZE]);

/* Reads text as a message is read. */
void place_read_message(struct message *m, const char *text);

/* The whole of a file of the queue, and a new one. */
void place_load(const struct place *p, const char *name, struct buf *out);
void place_store(const struct place *p, const char *name, const void *data, size_t len);

#endif
