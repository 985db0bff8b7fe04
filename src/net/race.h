/* SPDX-License-Identifier: ISC */
/*
 * Which of several addresses connects first: attempts that overlap, so that one
 * which does not answer holds up nobody (RFC 8305).
 */
#ifndef NET_RACE_H
#define NET_RACE_H

#include "net/resolve.h"

#include <stddef.h>
#include <stdint.h>

enum { ATTEMPT_DELAY_MS = 250 }; /* RFC 8305 section 5 */

struct race_report {
	size_t winner; /* its place in the list */
	size_t begun; /* so many were tried */
	int failures[ADDRESSES_MAX]; /* errno of each, ETIMEDOUT without an answer */
};

/*
 * Families alternate, that of the first address first (RFC 8305 section 4); with a source, only
 * its own stays.
 */
void race_arrange(struct address_list *list, const union net_address *source);

/*
 * The connected socket (non-blocking, close-on-exec) of the first address that answers, or -1
 * when none does before the deadline; bound to the source unless that is NULL.  Addresses have
 * their ports.
 */
int race_connect(const struct address_list *list, const union net_address *source,
	int64_t deadline_ms, struct race_report *report);

#endif
