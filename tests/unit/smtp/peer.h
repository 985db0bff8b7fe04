/* SPDX-License-Identifier: ISC */
/*
 * A server made of memory: says its replies one line at a time, whatever it
 * is sent, and keeps what it was sent.  "~" in what it kept marks each place where the
 * client waited for a reply: what stands between two marks left together.
 */
#ifndef TESTS_UNIT_SMTP_PEER_H
#define TESTS_UNIT_SMTP_PEER_H

#include "net/stream.h"

struct peer {
	const char *replies; /* after the last one the connection is closed */
	size_t piece;        /* at most so many octets at a time; 0: a line */
	size_t takes;        /* octets it takes before the connection breaks; 0: any number */
	struct buf sent;
	size_t taken;
	bool has_new;
};

/* A stream to the peer, which has to outlive it. */
void peer_connect(struct peer *p, struct stream *s);

#endif
