/* SPDX-License-Identifier: ISC */
/*
 * The newest block of Resent- fields (RFC 5322 section 3.6.6): the topmost
 * fields down to the first repeated Resent- name or Received.
 */
#ifndef MESSAGE_RESENT_H
#define MESSAGE_RESENT_H

#include "message/header.h"

#include <stdbool.h>

/* How many fields from the top may belong to it; all of them where nothing ends it. */
size_t resent_end(const struct header *h);

/* Is there one? */
bool resent_exists(const struct header *h);

/*
 * The number of the field that says who wrote the message, or resent it: the newest Resent-From,
 * else the last From.
 */
size_t resent_author(const struct header *h);

#endif
