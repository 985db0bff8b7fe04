/* SPDX-License-Identifier: ISC */
/*
 * Questions to a person: asked on stderr, answered on standard input, which
 * may be a script's.  From process_catch_stop on, a signal ends the asking and
 * leaves the terminal as it was.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

enum { ASK_LINE_MAX = 1000 }; /* octets of an answer */

/* Is somebody there to be asked? */
bool ask_has_person(void);

/* Shows a line, if somebody is there to read it. */
void ask_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * One line, blanks around it removed; `usual` (NULL: none) is shown and stands for an empty
 * answer.  Where nobody is there, the usual answer counts, and without one it is EX_USAGE, which
 * names the option that would have answered.
 */
bool ask(struct buf *answer, const char *question, const char *usual, const char *option,
	struct error *err);

/*
 * The same without echo, blanks kept and nothing usual; where nobody is there the line is read
 * all the same.
 */
bool ask_secret(struct buf *answer, const char *question, const char *option, struct error *err);

/* Yes or no, no for an empty answer and where nobody is there. */
bool ask_yes(const char *question);

#endif
