/* SPDX-License-Identifier: ISC */
/*
 * The one encoder of content for the wire: raw for BDAT (RFC 3030), with
 * leading dots doubled and the final dot for DATA (RFC 5321 section 4.5.2).
 * Works in blocks; lines mean nothing to how much is written at once.
 */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include "message/content.h"
#include "smtp/session.h"

enum data_form { DATA_RAW, DATA_DOTTED };

/*
 * Writes header and body.  EX_IOERR when the body cannot be read: the session has then to be
 * aborted.
 */
bool data_write(struct session *s, const struct content *c, enum data_form form, struct error *err);

#endif
