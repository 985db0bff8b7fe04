/* SPDX-License-Identifier: ISC */
#include "queue/store.h"

#include "base/alloc.h"
#include "base/file.h"
#include "queue/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The user and group of an install that is shared. */
static const char shared_name[] = "sendoff";

bool queue_is_on(const struct config *c)
{
	struct stat st;

	if (c->queue != QUEUE_AUTO)
		return c->queue == QUEUE_YES;
	return stat(c->queue_dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       faccessat(AT_FDCWD, c->queue_dir, W_OK | X_OK, AT_EACCESS) == 0;
}

void store_spool_directories(struct strlist *list, const struct config *c)
{
	const char *temporary = secure_getenv("TMPDIR");

	if (c->queue_dir && queue_is_on(c))
		strlist_add(list, c->queue_dir);
	if (temporary && *temporary)
		strlist_add(list, temporary);
	strlist_add(list, "/var/tmp");
	strlist_add(list, "/tmp");
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len && directory[len - 1] == '/')
		len--;
	return len && strncmp(path, directory, len) == 0 && path[len] == '/';
}

/* The last part only: 2770 for the group where there is one, else for root alone. */
static bool make_shared(const char *path)
{
	const struct group *group = getgrnam(shared_name);
	int fd = -1;
	bool ok = file_make_directory(path, 0700);

	if (ok && group) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		ok = fd >= 0 && fchown(fd, (uid_t)-1, group->gr_gid) == 0 && fchmod(fd, 02770) == 0;
	}
	if (fd >= 0)
		close(fd);
	return ok || errno == EEXIST;
}

/* Below the home, or below what $XDG_STATE_HOME says in its place? */
static bool is_callers(const char *path, struct caller *caller)
{
	char *state = caller_state_directory(caller);
	bool ok = is_below(path, caller_home(caller)) || is_below(path, state);

	free(state);
	return ok;
}

static bool make(const char *path, struct caller *caller)
{
	if (is_callers(path, caller))
		return file_make_directories(path, 0700);
	if (geteuid() == 0)
		return make_shared(path);
	if (!caller->set_id)
		return file_make_directory(path, 0700) || errno == EEXIST;
	errno = ENOENT;
	return false;
}

bool store_is_shared_user(uid_t uid)
{
	const struct passwd *shared = getpwnam(shared_name);

	return shared && shared->pw_uid == uid;
}

/* May the user own a queue that this process uses? */
static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid() || (geteuid() == 0 && store_is_shared_user(uid));
}

static bool check(struct store *s, struct error *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return error_set_errno(err, EX_CANTCREAT, errno, "queue directory '%s'", s->path);
	if (!is_trusted(st.st_uid))
		return error_set(err, EX_CANTCREAT, NULL, "queue directory '%s' belongs to uid %lu",
			s->path, (unsigned long)st.st_uid);
	s->is_shared = (st.st_mode & (S_ISGID | S_IWGRP)) == (S_ISGID | S_IWGRP);
	if (st.st_mode & S_IWOTH || (st.st_mode & S_IWGRP && !s->is_shared)) {
		error_set(err, EX_CANTCREAT, NULL, "others may write to the queue directory '%s'",
			s->path);
		return error_hint(err, "chmod go-w '%s'", s->path);
	}
	s->owner = st.st_uid;
	s->group = st.st_gid;
	return true;
}

static int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool store_open(struct store *s, const struct config *c, struct caller *caller,
	enum store_mode mode, struct error *err)
{
	int fd = open_directory(c->queue_dir);

	if (fd < 0 && errno == ENOENT && mode == STORE_CREATE && make(c->queue_dir, caller))
		fd = open_directory(c->queue_dir);
	if (fd < 0)
		return error_set_errno(
			err, EX_CANTCREAT, errno, "queue directory '%s'", c->queue_dir);
	*s = (struct store){ .fd = fd, .path = alloc_string(c->queue_dir) };
	store_spool_directories(&s->spool_directories, c);
	if (check(s, err))
		return true;
	store_close(s);
	return false;
}

void store_close(struct store *s)
{
	struct error ignored;

	store_settle(s, &ignored);
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	strlist_release(&s->spool_directories);
	*s = (struct store)STORE_INIT;
}

static bool is_member(gid_t group)
{
	int count = getgroups(0, NULL);
	gid_t *groups = alloc_zero(count > 0 ? (size_t)count : 1, sizeof *groups);
	bool found = getgid() == group;

	count = getgroups(count, groups);
	for (int i = 0; i < count && !found; i++)
		found = groups[i] == group;
	free(groups);
	return found;
}

bool store_is_permitted(const struct store *s, const struct entry *e, const struct caller *caller)
{
	if (caller->uid == 0 || caller->uid == s->owner || caller->uid == e->owner ||
		caller->uid == e->uid)
		return true;
	return s->is_shared && is_member(s->group);
}
