/* SPDX-License-Identifier: ISC */
/*
 * Who may use which envelope sender with an account: the file that its key
 * `senders` names.
 *
 * A line is `who: pattern, ...`; who is a login name, `@group` or `*` for
 * anyone; a pattern is as in `match`, or `*` for any sender, or `<>` for the
 * null sender.  What any line grants is granted.  Comments begin with #.
 */
#ifndef CONFIG_SENDERS_H
#define CONFIG_SENDERS_H

#include "config/config.h"

/*
 * May the caller send as `sender` (completed; "" is the null sender)?  Root and accounts without
 * the key: always.  EX_NOPERM, of the message, when not; EX_CONFIG when the file cannot be read,
 * is not root's (for a user's account: the caller's), can be written by others or has a bad
 * line.
 */
bool senders_allow(
	const struct account *a, struct caller *caller, const char *sender, struct error *err);

/* Could senders_allow use the file, for root too?  The same EX_CONFIG when not. */
bool senders_are_good(const struct account *a, struct caller *caller, struct error *err);

#endif
