/* SPDX-License-Identifier: ISC */
/*
 * The words and signs of an address list (RFC 5322 section 3.2), as far as
 * they can be told without knowing what the list means.  Comments and blanks
 * are gone; a quote or bracket without its partner is a character.
 */
#ifndef MESSAGE_ADDRESS_TOKENS_H
#define MESSAGE_ADDRESS_TOKENS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_ATOM,    /* also 8-bit octets */
	TOKEN_QUOTED,  /* with its quotes */
	TOKEN_LITERAL, /* with its brackets */
	TOKEN_OTHER,   /* has no place in an address: control, backslash, lone quote or bracket */
	TOKEN_OPEN,    /* '<' with a '>' behind it and no '<' between */
	TOKEN_CLOSE,   /* that '>' */
	TOKEN_DOT = '.',
	TOKEN_AT = '@',
	TOKEN_COMMA = ',',
	TOKEN_COLON = ':',
	TOKEN_SEMICOLON = ';',
};

struct token {
	enum token_kind kind;
	bool gap;	   /* a blank, line break or comment stands before it */
	bool fold;	   /* a line break stands before it */
	size_t start, end; /* its place in the text */
	size_t close;	   /* of TOKEN_OPEN: the number of its TOKEN_CLOSE */
};

struct tokens {
	struct token *items;
	size_t count, alloc;
};

#define TOKENS_INIT { 0 }

/*
 * Adds the tokens of the text.  EX_DATAERR for NUL, CR, an LF that is no fold (no blank behind
 * it), and for more than a hundred quotes and parentheses that nothing closes.
 */
bool tokens_scan(struct tokens *t, const char *text, size_t len, struct error *err);

void tokens_release(struct tokens *t);

#endif
