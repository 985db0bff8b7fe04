/* SPDX-License-Identifier: ISC */
/*
 * Octets to the transfer encodings of RFC 2045 section 6, in blocks of any
 * size and in constant memory.  Knows nothing of parts or headers, but makes no
 * line of its own begin with '-', as a boundary delimiter does.
 */
#ifndef MESSAGE_RECODE_H
#define MESSAGE_RECODE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	RECODE_LINE = 76,    /* octets of an encoded line, CR LF not counted (RFC 2045 section 6) */
	RECODE_OCTETS = 57,  /* octets that fill such a line in base64 */
	RECODE_LONGEST = 998 /* octets of any line at most (RFC 5322 section 2.1.1) */
};

enum recode_how {
	/* Any octets to quoted-printable; CR LF stays a line end, CR and LF alone are encoded. */
	RECODE_QP,
	RECODE_BASE64,	     /* any octets to base64 */
	/* Quoted-printable with overlong lines or stray octets to the same in good form. */
	RECODE_QP_AGAIN,
	RECODE_BASE64_AGAIN, /* the same for base64: what is not of its alphabet goes */
	/* What no encoding can help (between parts): NUL, bare CR to blanks, long lines broken. */
	RECODE_SCRUB,
	RECODE_SCRUB_7BIT,   /* and 8-bit octets to '?' */
};

struct recoder {
	enum recode_how how;
	size_t column;	/* octets on the line so far, what is held not counted */
	char held[RECODE_OCTETS]; /* a token or group that cannot be written yet */
	size_t held_len;
	bool pending_cr;  /* a CR was seen whose successor decides */
	bool has_output;
};

void recode_begin(struct recoder *r, enum recode_how how);

/* Adds to out what can be said after these octets. */
void recode_add(struct recoder *r, struct buf *out, const char *data, size_t len);

/*
 * Adds the rest.  A line end that was not in the input is not added: base64 ends without one, so
 * that the CR LF before a boundary delimiter can follow.
 */
void recode_end(struct recoder *r, struct buf *out);

#endif
