/* SPDX-License-Identifier: ISC */
/*
 * A header as it goes on the wire: raw 8-bit text as encoded words (RFC 2047) or extended
 * parameters (RFC 2231), domains of addresses as A-labels, lines over 998 octets folded;
 * everything else octet for octet.
 *
 * An address whose local part is not ASCII (or whose domain has no A-labels) becomes, where
 * SMTPUTF8 is not in use, a group without members that is named by it (RFC 6857 section 3.1.7),
 * inside a group a comment.  A NUL or bare CR became a blank when the header was read; one that
 * still got here does too.  Runs of more than 500 blanks where a line must be folded lose the
 * rest.
 */
#ifndef MESSAGE_RENDER_H
#define MESSAGE_RENDER_H

#include "base/buf.h"
#include "base/error.h"
#include "message/header.h"

#include <stdbool.h>

/* MIME fields to set; all strings are constants. */
struct header_changes {
	const char *encoding; /* in place of Content-Transfer-Encoding; NULL: as it is */
	const char *type;     /* a Content-Type to add; NULL: none */
	bool mime_version;    /* add MIME-Version where it is missing */
};

/*
 * Adds the header with CR LF line ends, without the empty line.  With utf8 (SMTPUTF8 is in use)
 * valid UTF-8 stays.  EX_DATAERR (5.6.0) for a structured field with a line over 998 octets that
 * cannot be folded.
 */
bool header_render(const struct header *h, const struct header_changes *changes, bool utf8,
	struct buf *out, struct error *err);

/* Does an address in the header have a local part that only SMTPUTF8 can carry? */
bool header_needs_utf8(const struct header *h);

#endif
