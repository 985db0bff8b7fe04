/* SPDX-License-Identifier: ISC */
#include "queue/account_file.h"

#include "base/ascii.h"
#include "base/file.h"

#include <sys/stat.h>

void account_file_path(
	struct buf *path, const struct config *c, const char *kind, const struct account *a)
{
	buf_addf(path, "%s/%s-", c->state_dir, kind);
	for (const char *p = a->name; *p; p++)
		if (ascii_is_alnum(*p) || *p == '-' || *p == '_')
			buf_addc(path, *p);
		else
			buf_addf(path, "%%%02x", (unsigned)(unsigned char)*p);
}

void account_file_make_directory(const struct config *c)
{
	file_make_directories(c->state_dir, 0700);
}

void account_file_share(int fd, const struct config *c)
{
	struct stat directory, st;

	/* Who may write to the directory may have made it a name of another file. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		return;
	if (stat(c->state_dir, &directory) == 0 && directory.st_mode & S_IWGRP &&
		fchmod(fd, 0660) < 0)
		return; /* another user's file: it was shared when it was made */
}
