/* SPDX-License-Identifier: ISC */
/*
 * A body made fit for a server: which parts must be re-encoded, and how; then
 * one pass that writes the whole anew.  What needs nothing is copied octet by
 * octet, in headers of parts too.
 *
 * Text becomes quoted-printable, other leaves base64 of the octets as the
 * spool holds them: a binary leaf that came in raw (not base64) has had its line ends
 * made CR LF by the reader like all of the message, and arrives so.  A label
 * that is no encoding we know of is read as none.  A multipart without a
 * part is encoded as text.  Sealed and uuencoded parts stay as they are.
 */
#ifndef MESSAGE_CONVERT_H
#define MESSAGE_CONVERT_H

#include "message/message.h"
#include "message/render.h"

struct conversion {
	struct header_changes header; /* what the message's own header must say of the result */
	bool is_recoded;	      /* into the spool; else the body can go as it is */
	bool is_8bit;		      /* 8-bit octets are left in it */
};

#define CONVERSION_INIT { 0 }

/*
 * Converts the body of m, to which header h belongs, for a server that takes 8-bit octets or
 * not.  `recoded` is empty before and sealed after.  EX_DATAERR (5.6.0) for what cannot be made
 * fit, EX_IOERR, EX_CANTCREAT.
 */
bool body_convert(struct conversion *c, const struct message *m, const struct header *h,
	bool keep_8bit, struct spool *recoded, struct error *err);

#endif
