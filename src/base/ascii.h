/* SPDX-License-Identifier: ISC */
/*
 * Characters and words as protocols mean them: ASCII only, whatever the
 * locale; and the little of UTF-8 that is needed to print and to classify.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

bool ascii_is_digit(char c);
bool ascii_is_alnum(char c);

/* Space or tab. */
bool ascii_is_blank(char c);

/* Space, tab, CR or LF. */
bool ascii_is_space(char c);

/* Below 0x20, or DEL. */
bool ascii_is_control(char c);

/* 0x80 and above. */
bool ascii_is_8bit(char c);

/* -1 for what is no hexadecimal digit. */
int ascii_hex_value(char c);

char ascii_lower(char c);
void ascii_lower_string(char *s);

/* Whole strings, and the first len bytes of s against a whole word, without case. */
bool ascii_equal(const char *a, const char *b);
bool ascii_equal_bytes(const char *s, size_t len, const char *word);
bool ascii_starts_with(const char *s, const char *prefix);

/* Is the domain name the domain, or one below it? */
bool ascii_is_in_domain(const char *name, const char *domain);

/* Does any of the len bytes have its high bit set? */
bool ascii_has_8bit(const char *s, size_t len);

/* Does any of the len bytes stand for CR, LF or NUL? */
bool ascii_has_line_break(const char *s, size_t len);

/* Decimal digits only, the whole string, at most max; false otherwise. */
bool ascii_to_number(const char *s, unsigned long long max, unsigned long long *value);

/*
 * Length of the UTF-8 character (RFC 3629: no surrogates, no overlong forms)
 * at s, of which len bytes are there; 0 if there is none.
 */
size_t utf8_length(const char *s, size_t len);
bool utf8_is_valid(const char *s, size_t len);

/*
 * Is a terminal or log safe from the character of n bytes (utf8_length) at s?  Not from controls
 * (C0, DEL, C1), other ends of a line (U+2028, U+2029) and what turns the order of the letters
 * around (U+202A to U+202E, U+2066 to U+2069), nor where n is 0.
 */
bool utf8_is_printable(const char *s, size_t n);

/* Adds s with '?' for each character that is not printable and each byte that is not UTF-8. */
void buf_add_printable(struct buf *b, const char *s, size_t len);

/*
 * Adds what the text stands for in a URL, %XX decoded (RFC 3986 section 2.1); false: a bad % or a
 * NUL.  It makes room first, so that no part of a secret is left behind.
 */
bool buf_add_unescaped(struct buf *b, const char *text, size_t len);

/* Adds host:port, an IPv6 address in brackets. */
void buf_add_host_port(struct buf *b, const char *host, unsigned port);

/* Shortens to at most len bytes, never within a UTF-8 character. */
void buf_cut(struct buf *b, size_t len);

#endif
