/* SPDX-License-Identifier: ISC */
/*
 * Who calls: always the real user id, never what the environment claims.  The
 * password database is asked only when a name is needed, and once.
 */
#ifndef CONFIG_CALLER_H
#define CONFIG_CALLER_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct caller {
	uid_t uid;
	bool set_id;	 /* the process has rights that the caller lacks (AT_SECURE) */
	bool is_other;	 /* not the process's own user: the environment is not this caller's */
	bool looked_up;	 /* the next three hold what the password database said */
	char *login;	 /* "alice"; "uid1000" for a uid without an entry */
	char *home;	 /* never NULL; "/" when nothing better is known */
	char *full_name; /* GECOS up to its first comma, '&' replaced; "" if there is none */
};

#define CALLER_INIT { 0 }

/* The process's own caller; asks no database. */
void caller_init(struct caller *c);

/* Another uid: the peer of a Unix socket, the owner of a queue file. */
void caller_init_uid(struct caller *c, uid_t uid);

const char *caller_login(struct caller *c);
const char *caller_full_name(struct caller *c);

/*
 * $HOME where it is a directory of the caller's (never in a set-id process), else the
 * database's.
 */
const char *caller_home(struct caller *c);

/*
 * Where the caller's files of a kind lie: $XDG_CONFIG_HOME or ~/.config, $XDG_STATE_HOME or
 * ~/.local/state, the variable under the same condition as $HOME; with "/sendoff" behind it.  The
 * caller of the function frees the path.
 */
char *caller_config_directory(struct caller *c);
char *caller_state_directory(struct caller *c);

/*
 * A path as configurations write it: absolute, or beginning with "~/".  NULL for any other.  To
 * be freed.
 */
char *caller_path(struct caller *c, const char *path);

/*
 * Gives up for good what a set-id process has beyond its caller's rights, and checks that it is
 * gone; set_id is false then.  EX_OSERR when it cannot be given up: nothing may go on after that.
 */
bool caller_drop_rights(struct caller *c, struct error *err);

void caller_release(struct caller *c);

#endif
