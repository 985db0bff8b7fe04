/* SPDX-License-Identifier: ISC */
/*
 * What `sendoff check` prints: a line a step as soon as it has ended, with a
 * coloured mark on a terminal, or a JSON object.
 */
#ifndef CLI_CHECK_REPORT_H
#define CLI_CHECK_REPORT_H

#include "base/buf.h"
#include "base/strlist.h"
#include "cli/print.h"

#include <stdint.h>

enum check_mark { MARK_OK, MARK_INFO, MARK_WARN, MARK_FAIL };

struct check_step {
	enum check_mark mark;
	const char *name;             /* one word, as --json has it */
	int64_t ms;                   /* what it took */
	const char *detail;           /* one line; made printable here */
	const char *hint;             /* what to do; NULL or "": nothing */
	const struct strlist *causes; /* what else may be behind it; NULL: nothing */
};

/* Adds the step as it is printed. */
void check_add_step(struct buf *out, enum print_form form, const struct check_step *step);

#endif
