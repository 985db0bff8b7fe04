/* SPDX-License-Identifier: ISC */
#include "config/caller.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void caller_init(struct caller *c)
{
	*c = (struct caller){ .uid = getuid(), .set_id = privilege_was_raised() };
}

void caller_init_uid(struct caller *c, uid_t uid)
{
	caller_init(c);
	c->is_other = uid != c->uid;
	c->uid = uid;
}

/* A variable that names a directory of the caller's; NULL in any other case. */
static const char *own_directory(const struct caller *c, const char *variable)
{
	const char *path = c->set_id || c->is_other ? NULL : secure_getenv(variable);
	struct stat st;

	if (!path || *path != '/' || stat(path, &st) < 0)
		return NULL;
	return S_ISDIR(st.st_mode) && st.st_uid == c->uid ? path : NULL;
}

/* The first member of GECOS, with '&' for the login name with a capital, as finger(1) has it. */
static char *gecos_name(const char *gecos, const char *login)
{
	struct buf name = BUF_INIT;

	for (; gecos && *gecos && *gecos != ','; gecos++) {
		size_t at = name.len;

		if (*gecos != '&') {
			buf_addc(&name, *gecos);
			continue;
		}
		buf_adds(&name, login);
		if (name.data[at] >= 'a' && name.data[at] <= 'z')
			name.data[at] = (char)(name.data[at] - 'a' + 'A');
	}
	return buf_detach(&name);
}

/* Where the database knows nothing, $HOME is all there is. */
static void set_unknown(struct caller *c)
{
	const char *home = c->set_id || c->is_other ? NULL : secure_getenv("HOME");
	struct buf login = BUF_INIT;

	buf_addf(&login, "uid%lu", (unsigned long)c->uid);
	c->login = buf_detach(&login);
	c->full_name = alloc_string("");
	c->home = alloc_string(home && *home == '/' ? home : "/");
}

static void look_up(struct caller *c)
{
	struct passwd entry, *found = NULL;
	struct buf room = BUF_INIT;
	const char *home;

	if (c->looked_up)
		return;
	c->looked_up = true;
	for (size_t size = 1024; size <= 1024 * 1024; size *= 4)
		if (getpwuid_r(c->uid, &entry, buf_reserve(&room, size), size, &found) != ERANGE)
			break;
	if (found) {
		home = own_directory(c, "HOME");
		c->login = alloc_string(found->pw_name);
		c->full_name = gecos_name(found->pw_gecos, found->pw_name);
		c->home = alloc_string(home ? home : *found->pw_dir == '/' ? found->pw_dir : "/");
	} else {
		set_unknown(c);
	}
	buf_release(&room);
}

const char *caller_login(struct caller *c)
{
	look_up(c);
	return c->login;
}

const char *caller_full_name(struct caller *c)
{
	look_up(c);
	return c->full_name;
}

const char *caller_home(struct caller *c)
{
	const char *home = c->looked_up ? NULL : own_directory(c, "HOME");

	if (home)
		return home;
	look_up(c);
	return c->home;
}

static char *directory(struct caller *c, const char *variable, const char *below_home)
{
	const char *xdg = own_directory(c, variable);
	struct buf path = BUF_INIT;

	buf_adds(&path, xdg ? xdg : caller_home(c));
	if (!xdg)
		buf_adds(&path, below_home);
	buf_adds(&path, "/sendoff");
	return buf_detach(&path);
}

char *caller_config_directory(struct caller *c)
{
	return directory(c, "XDG_CONFIG_HOME", "/.config");
}

char *caller_state_directory(struct caller *c)
{
	return directory(c, "XDG_STATE_HOME", "/.local/state");
}

char *caller_path(struct caller *c, const char *path)
{
	struct buf whole = BUF_INIT;

	if (*path == '/')
		return alloc_string(path);
	if (!ascii_starts_with(path, "~/"))
		return NULL;
	buf_adds(&whole, caller_home(c));
	buf_adds(&whole, path + 1);
	return buf_detach(&whole);
}

bool caller_drop_rights(struct caller *c, struct error *err)
{
	gid_t gids[3], gid = getgid();
	uid_t uids[3], uid = getuid();

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ||
		getresgid(&gids[0], &gids[1], &gids[2]) < 0 ||
		getresuid(&uids[0], &uids[1], &uids[2]) < 0)
		return error_set_errno(err, EX_OSERR, errno, "cannot give up the set-id rights");
	for (int i = 0; i < 3; i++)
		if (gids[i] != gid || uids[i] != uid)
			return error_set(err, EX_OSERR, NULL, "cannot give up the set-id rights");
	c->set_id = false;
	return true;
}

void caller_release(struct caller *c)
{
	free(c->login);
	free(c->home);
	free(c->full_name);
	*c = (struct caller)CALLER_INIT;
}
