/* SPDX-License-Identifier: ISC */
/*
 * Names of queued messages: the time of arrival, then chance, in digits and
 * letters that no file system confuses; their order is that of arrival, and no two
 * processes, containers or boots make the same.
 */
#ifndef QUEUE_ID_H
#define QUEUE_ID_H

#include <stdbool.h>
#include <stddef.h>

enum { QUEUE_ID_LEN = 21, QUEUE_ID_SIZE = QUEUE_ID_LEN + 1 };

/* A new id. */
void queue_id_make(char id[QUEUE_ID_SIZE]);

/*
 * The id of what follows from another message (a report on its n-th attempt): always the same, so
 * that it is kept once however often the attempt is settled.
 */
void queue_id_derive(char id[QUEUE_ID_SIZE], const char *from, unsigned n);

/* Are these len bytes an id as it can be made? */
bool queue_id_is_valid(const char *s, size_t len);

#endif
