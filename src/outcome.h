/* SPDX-License-Identifier: ISC */
/*
 * What a caller is told of an outcome: the exit status of sendmail(8), lines
 * on stderr, the log.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "submit.h"

/*
 * How many recipients came to what; those that aliases lead nowhere count as refused, those
 * dropped on purpose as accepted.
 */
struct outcome_counts {
	size_t accepted, refused, deferred; /* deferred: without a final answer, queued or not */
	size_t all;
};
struct outcome_counts outcome_count(const struct outcome *o);

/* The exit status, by the promise of sendmail(8), EXIT STATUS. */
int outcome_exit(const struct outcome *o, enum error_mode mode);

/*
 * The first error that matters to the caller: what stands behind outcome_exit; NULL when nothing
 * failed.
 */
const struct error *outcome_error(const struct outcome *o);

/* Prints one error: "sendmail: ACCOUNT: text" and its hint; account may be NULL. */
void outcome_print_error(const struct error *err, const char *account);

/* Prints on stderr what the error mode asks for; nothing when all went well. */
void outcome_print(const struct outcome *o, enum error_mode mode);

/* Writes the log line or lines. */
void outcome_log(const struct outcome *o, const struct request *r);

#endif
