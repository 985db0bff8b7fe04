/* SPDX-License-Identifier: ISC */
/*
 * What went wrong, as a plain value that can be copied: how the program will
 * exit, whose fault it is, one printable line and what to do about it.
 * Functions that can fail return bool and fill in an error only when false.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

enum error_scope {
	ERROR_OF_MESSAGE, /* of this message or call: it fails at once, now and later */
	/* of the account or the way to its server: the message can wait in the queue */
	ERROR_OF_ROUTE,
};

struct error {
	int code; /* sysexits.h; EX_OK while nothing is wrong */
	enum error_scope scope;
	int reply; /* the server's reply code (RFC 5321), 0 if it is not from a server */
	char status[12]; /* enhanced status code (RFC 3463), "4.4.2"; "" if unknown */
	char text[1024]; /* one line, lower case, no full stop, printable UTF-8 */
	char hint[512];	 /* what to do, one line; "" if there is nothing to say */
};

#define ERROR_INIT { 0 }

/*
 * Sets code, status and text, and forgets what *err said before.  The text is
 * made printable and, over its size, cut at a character.  The scope follows
 * from the code: EX_NOHOST, EX_TEMPFAIL, EX_PROTOCOL and EX_NOPERM are of the
 * route, all others of the message.  Always returns false.
 */
bool error_set(struct error *err, int code, const char *status, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with ": " and what errno (given as os_error) means behind the text. */
bool error_set_errno(struct error *err, int code, int os_error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets the hint.  Always returns false. */
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text.  Always returns false. */
bool error_context(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the scope where it does not follow from the code.  Always returns false. */
bool error_scope(struct error *err, enum error_scope scope);

bool error_is_same(const struct error *a, const struct error *b);

#endif
