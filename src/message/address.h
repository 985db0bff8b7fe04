/* SPDX-License-Identifier: ISC */
/*
 * Addresses as people and programs write them (RFC 5322 with its obsolete
 * forms, RFC 6531, and the sloppiness in doc/deviations.md), parsed into
 * mailboxes.  Knows nothing of aliases or of the domain to complete with.
 */
#ifndef MESSAGE_ADDRESS_H
#define MESSAGE_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_PATH_MAX = 256 }; /* octets of a path, RFC 5321 section 4.5.3.1.3 */

struct mailbox {
	/* As written, quotes kept where the local part needs them; comments and blanks gone. */
	char *local;
	char *domain; /* NULL: a bare local name; literals with their brackets */
	size_t start, end; /* the addr-spec's place in the text: `@domain` is inserted at end */
	/* The whole member's place, display name, angle brackets and comments included. */
	size_t item_start, item_end;
	size_t name_end; /* where the '<' stands; item_start where there is none */
	char *name; /* display name, decoded of quotes, not of RFC 2047; NULL: none */
};

struct mailboxes {
	struct mailbox *items;
	size_t count, alloc;
	size_t nulls; /* how many "<>" were met; a recipient must not be one */
};

#define MAILBOXES_INIT { 0 }

/*
 * Adds the mailboxes of a list: a field's value or a word of the command line; groups are
 * opened.  EX_DATAERR for what has no single reading, the text naming it; mailboxes is then as
 * before.  "<>" and an empty list add nothing.  NUL and CR are refused, and LF unless it is a
 * fold (a blank behind it): a word of the command line must be looked through for LF before
 * (ascii_has_line_break).
 */
bool mailboxes_parse(struct mailboxes *m, const char *text, size_t len, struct error *err);

/* Forgets all mailboxes from number count on. */
void mailboxes_truncate(struct mailboxes *m, size_t count);

void mailboxes_release(struct mailboxes *m);

/* local@domain, or the local name alone, as it goes into an envelope.  To be freed. */
char *mailbox_address(const struct mailbox *m);

/*
 * One envelope address of the command line (-f, -r): "a@b", "<a@b>", "Name <a@b>", a local name;
 * "" and "<>" give "".  NULL with EX_DATAERR for anything else.  To be freed.
 */
char *address_parse_sender(const char *text, struct error *err);

/*
 * Are two envelope addresses the same: local parts as written, domains without case, in UTF-8 or as
 * A-labels?
 */
bool address_equal(const char *a, const char *b);

/* The domain of an envelope address (behind the last '@' outside quotes); NULL for a bare name. */
const char *address_domain(const char *address);

/* The local part without quotes: the name that an alias file knows.  To be freed. */
char *address_local_name(const char *address);

/* Does it hold bytes over 0x7f in its local part (SMTPUTF8 is then needed), anywhere? */
bool address_needs_utf8(const char *address);
bool address_is_ascii(const char *address);

/*
 * The address with the domain as A-labels (IDNA 2008), the local part untouched.  NULL where the
 * domain cannot be converted.  To be freed.
 */
char *address_to_ascii_domain(const char *address);

#endif
