/* SPDX-License-Identifier: ISC */
/*
 * A queued message as it lies in its two files: what was asked for, written
 * once, and how far it has come, written at every attempt.  Knows the format of both
 * files, not where they are; whatever is read is taken for hostile.
 */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

#include "base/buf.h"
#include "base/error.h"
#include "message/envelope.h"
#include "message/message.h"
#include "queue/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	ENTRY_ENVELOPE_MAX =
		64 * 1024 * 1024, /* octets of 50,000 recipients and all that belongs to them */
	ENTRY_STATE_MAX =
		256 * 1024 * 1024, /* octets of ID.state: an error for each of them at the worst */
};

/* How far one recipient has come. */
enum entry_fate {
	ENTRY_LEFT,   /* to be tried */
	ENTRY_DONE,   /* has the message, or its sender was told that it has not */
	ENTRY_FAILED, /* will not get it and nobody can be told: kept in failed/ in the end */
	ENTRY_FATES,
};

struct entry_recipient {
	enum entry_fate fate;
	const struct error
		*error; /* of its last attempt, NULL: none yet; owned by the entry's errors */
};

struct entry {
	char id[QUEUE_ID_SIZE];

	/* ID.msg */
	int64_t queued_at_ms; /* since 1970 */
	uid_t owner;          /* of the file: whose message it is */
	uid_t uid;            /* who called: the owner, unless a trusted one wrote for another */
	uint64_t size;        /* octets of the message */
	char *account;
	char *config_file; /* what -C or $SENDOFF_CONFIG named; NULL: the usual files */
	char *full_name;   /* -F; NULL: none */
	bool is_report;    /* never reported on */
	bool is_partial;   /* some recipient has the message already, or may have it: no fallback */
	struct envelope envelope;
	struct message message; /* empty unless entry_read_message was asked for it */

	/* ID.state */
	unsigned attempts;
	int64_t next_try_s; /* since 1970; 0: at once */
	bool is_held;       /* by hand */
	bool was_delay_reported;
	bool was_null_refused; /* a report that goes with `from` in place of the null sender */
	struct entry_recipient *recipients; /* as many as the envelope has */
	struct error **errors;
	size_t error_count, error_alloc;

	char *damage; /* why it can be neither sent nor trusted; NULL: it is whole */
	int lock;     /* ID.msg, locked; -1: not */
};

#define ENTRY_INIT { .message = MESSAGE_INIT, .lock = -1 }

/*
 * Adds what comes behind the body in ID.msg: header, envelope, last line.  EX_IOERR when the body
 * cannot be read.
 */
bool entry_write_trailer(
	const struct entry *e, const struct message *m, struct buf *out, struct error *err);

/* Adds the whole of ID.state. */
void entry_write_state(const struct entry *e, struct buf *out);

/*
 * Fills in what the file says, the message apart, and checks it except for the octets of the
 * message.  False: it is no such file or was damaged, and e->damage says how.  size is the
 * file's.
 */
bool entry_read_trailer(struct entry *e, int fd, uint64_t size);

/*
 * After entry_read_trailer: checks the message's octets and makes e->message of them, with a
 * descriptor of its own.
 */
bool entry_read_message(struct entry *e, int fd, uint64_t size);

/*
 * Fills in what ID.state says; without it all recipients are left and no attempt was made.  False
 * as above.
 */
bool entry_read_state(struct entry *e, const char *text, size_t len);

/*
 * Sets what became of a recipient at the last attempt; err NULL: nothing is known against it.
 * The entry keeps a copy, one of equal consecutive errors.
 */
void entry_set_recipient(
	struct entry *e, size_t recipient, enum entry_fate fate, const struct error *err);

/* How many recipients have this fate. */
size_t entry_count(const struct entry *e, enum entry_fate fate);

/* The first error of a recipient that is left or failed, NULL: none. */
const struct error *entry_last_error(const struct entry *e);

/* Says that the entry is damaged, unless that was said before.  Always returns false. */
bool entry_damaged(struct entry *e, const char *reason);

/* Closes the lock too. */
void entry_release(struct entry *e);

#endif
