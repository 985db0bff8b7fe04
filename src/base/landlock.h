/* SPDX-License-Identifier: ISC */
/*
 * Takes from this process, for good, the right to open any file but those in
 * a list (Linux Landlock).  Hides the system calls, for which libc has no
 * functions, and what the running kernel knows of them.
 */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum landlock_use {
	LANDLOCK_READ,	     /* the file */
	LANDLOCK_READ_BELOW, /* all below the directory */
	LANDLOCK_WRITE,	     /* the existing file, read too */
	LANDLOCK_OWN,	     /* all below the directory: read, write, make, rename, remove */
};

struct landlock_rule {
	const char *path; /* one that does not exist is passed over */
	enum landlock_use use;
};

/* Can the kernel do it, renaming between directories included (Linux 5.19)?  Asked once. */
bool landlock_is_there(void);

/*
 * Confines the process and its future children: what is open stays open, nothing can be executed
 * any more, and no execve gains rights (no_new_privs).  False: nothing has changed, but perhaps
 * for no_new_privs.
 */
bool landlock_enter(const struct landlock_rule *rules, size_t count);

/* Has it been entered? */
bool landlock_is_entered(void);

#endif
