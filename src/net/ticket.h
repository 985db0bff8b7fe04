/* SPDX-License-Identifier: ISC */
/*
 * TLS session tickets in a directory, between processes.  A ticket is used by one process at a
 * time; several of a server are kept for callers that run side by side.  Nothing here can fail:
 * without a ticket the handshake is a full one.
 *
 * A file KEY.N (N from 0 to 7) holds a line "sendoff-ticket-1 DIGEST EXPIRES" (SHA-256, in hex,
 * of all that comes after it and a blank; wall clock in seconds, 20 digits) and the session as
 * the TLS library wrote it: key material, so the file is its owner's alone, or in a set-group-id
 * directory the group's.  What is damaged, old or somebody else's counts as not there.
 */
#ifndef NET_TICKET_H
#define NET_TICKET_H

#include "base/buf.h"
#include "net/tls.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TICKET_KEY_SIZE = 65,
	TICKET_NAME_SIZE = TICKET_KEY_SIZE + 20,
	TICKET_MAX = 64 * 1024, /* of a session, its certificates among it */
	TICKETS_A_KEY = 8,
	TICKET_AGE_MAX_S = 7 * 86400, /* RFC 8446 section 4.6.1 */
};

/* The file name's first part: a hash of all that the trust in a session depends on. */
void ticket_key(const struct tls_params *p, char key[TICKET_KEY_SIZE]);

/* A ticket that one process has to itself, under a name that no other asks for; "": none. */
struct ticket_claim {
	char name[TICKET_NAME_SIZE];
};

/* Takes a ticket out of reach of the others; *session is a secret. */
bool ticket_take(
	const char *directory, const char *key, struct ticket_claim *claim, struct buf *session);

/* Puts what was taken back as it is, if it may be used again; else drops it.  Clears the claim. */
void ticket_release(
	const char *directory, const char *key, struct ticket_claim *claim, bool may_be_used_again);

/* Puts one in, until expires_s; makes the directory.  With eight there already it is dropped. */
void ticket_put(
	const char *directory, const char *key, const void *session, size_t len, int64_t expires_s);

/* Drops all of a key. */
void ticket_drop(const char *directory, const char *key);

#endif
