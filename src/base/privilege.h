/* SPDX-License-Identifier: ISC */
/*
 * Rights that a process has beyond its caller's (set-user-ID, set-group-ID,
 * file capabilities), and what keeps both them and the secrets in memory out
 * of that caller's reach.
 */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <stdbool.h>

/*
 * Did this program start with rights that its caller lacks (AT_SECURE)?  Stays true when they
 * have been given up.
 */
bool privilege_was_raised(void);

/*
 * First thing in main: no core file and no tracing by others of the same user from here on, and
 * only the standard descriptors stay open.  With raised rights all of the environment goes but a
 * short list that no library trusts.
 */
void privilege_protect(void);

#endif
