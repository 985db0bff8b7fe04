/* SPDX-License-Identifier: ISC */
#include "queue/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "queue/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { STALE_S = 24 * 60 * 60 }; /* how old rubbish is before it goes */

static const char last_run[] = ".last-run";

/*
 * Sets aside what is no queue file, under its own name or, where that is taken, with an id behind
 * it.
 */
static void set_aside(const struct store *s, const char *name)
{
	struct buf as = BUF_INIT;
	char id[QUEUE_ID_SIZE];
	struct stat st;
	int corrupt;

	if (mkdirat(s->fd, "corrupt", 0700) < 0 && errno != EEXIST)
		return;
	corrupt = openat(s->fd, "corrupt", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (corrupt < 0)
		return;
	queue_id_make(id);
	buf_adds(&as, name);
	if (fstatat(corrupt, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		buf_addf(&as, ".%s", id);
	if (renameat(s->fd, name, corrupt, buf_str(&as)) == 0)
		log_line(LOG_WARNING, "'%s' in the queue '%s' is no queue file: moved to corrupt/",
			name, s->path);
	close(corrupt);
	buf_release(&as);
}

/* Is it rubbish of ours: half written, or left behind by a message that is gone? */
static bool is_rubbish(
	const struct store *s, const char *id, const char *kind, const struct stat *st)
{
	char name[STORE_NAME_SIZE];
	struct stat message;

	if (kind == store_msg || clock_wall_s() - st->st_mtime < STALE_S)
		return false;
	if (kind == store_new || kind == store_tmp)
		return true;
	store_name(name, id, store_msg);
	return fstatat(s->fd, name, &message, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static void tidy_one(const struct store *s, const char *name)
{
	char id[QUEUE_ID_SIZE];
	const char *kind;
	struct stat st;
	bool is_directory;

	if (name[0] == '.' || fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	is_directory = S_ISDIR(st.st_mode);
	if (is_directory && (strcmp(name, "corrupt") == 0 || strcmp(name, "failed") == 0 ||
				    strcmp(name, "lost+found") == 0))
		return;
	if (!S_ISREG(st.st_mode) || !store_parse_name(name, id, &kind))
		set_aside(s, name);
	else if (is_rubbish(s, id, kind, &st))
		unlinkat(s->fd, name, 0);
}

void store_tidy(const struct store *s)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!directory && fd >= 0)
		close(fd);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		tidy_one(s, entry->d_name);
	closedir(directory);
}

void store_note_run(const struct store *s)
{
	struct stat st;
	int fd = openat(
		s->fd, last_run, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return;
	/* Who may write to the directory may have made it a name of another file. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1) {
		store_set_access(s, fd);
		if (s->is_shared) /* root's runs and the shared user's touch the same file */
			fchmod(fd, 0660);
		futimens(fd, NULL);
	}
	close(fd);
}

int64_t store_last_run(const struct store *s)
{
	struct stat st;

	return fstatat(s->fd, last_run, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t)st.st_mtime : 0;
}
