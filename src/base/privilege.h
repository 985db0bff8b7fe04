/* SPDX-License-Identifier: ISC */
/*
 * Rights that a process has beyond its caller's (set-user-ID, set-group-ID,
 * file capabilities), and what keeps both them and the secrets in memory out
 * of that caller's reach.
 */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

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

struct privileges {
	uid_t uid;
	gid_t gid;
};

/*
 * From here to privilege_resume files are opened with the rights of the caller alone: for paths
 * that lead where a user may have put something else.  False with errno: nothing may be opened.
 */
bool privilege_suspend(struct privileges *held);
void privilege_resume(const struct privileges *held);

#endif
