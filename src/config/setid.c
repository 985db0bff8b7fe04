/* SPDX-License-Identifier: ISC */
#include "config/setid.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"
#include "config/ini.h"
#include "config/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's answer: one of these, and behind ANSWER_SYSTEM the account's name. */
enum { ANSWER_USER = 'u', ANSWER_SYSTEM = 's' };

static bool has_section(const struct ini *ini, const char *name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (!ini->entries[i].key && ascii_equal(ini->entries[i].section, name))
			return true;
	return false;
}

/* The file's default account: the key, else the only one, else "default"; NULL if it has none. */
static const char *default_of(const struct ini *ini)
{
	const char *only = NULL;
	size_t accounts = 0;

	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];
		bool is_global = strcmp(e->section, "sendoff") == 0;

		if (is_global && e->key && strcmp(e->key, "account") == 0 && *e->value)
			return e->value;
		if (is_global || e->key)
			continue;
		accounts++;
		only = e->section;
	}
	return accounts == 1 ? only : has_section(ini, "default") ? "default" : NULL;
}

/* A file that is broken is the user's to mend: it is used, and says so. */
static void answer(
	struct buf *b, const struct load_files *f, const struct caller *caller, const char *wanted)
{
	struct problems p = PROBLEMS_INIT;
	struct error err = ERROR_INIT;
	struct ini ini = INI_INIT;
	struct buf text = BUF_INIT;
	const char *in_use;
	struct stat st;

	if (!trusted_read(&text, f->user, caller->uid, INI_MAX_BYTES, &st, &err)) {
		buf_addc(b, err.code == EX_NOINPUT && !f->user_must_exist ? ANSWER_SYSTEM
									  : ANSWER_USER);
		return;
	}
	if (!ini_parse(&ini, f->user, &text, &p)) {
		buf_addc(b, ANSWER_USER);
		return;
	}
	in_use = wanted ? wanted : default_of(&ini);
	buf_addc(b, in_use && has_section(&ini, in_use) ? ANSWER_USER : ANSWER_SYSTEM);
	if (in_use && !wanted)
		buf_adds(b, in_use);
}

static void child(int output, const struct load_files *f, struct caller *caller, const char *wanted)
{
	struct error err = ERROR_INIT;
	struct buf b = BUF_INIT;

	if (!caller_drop_rights(caller, &err))
		_exit(EX_OSERR);
	answer(&b, f, caller, wanted);
	_exit(file_write_all(output, b.data, b.len) ? 0 : EX_OSERR);
}

static bool ask_child(struct buf *b, const struct load_files *f, struct caller *caller,
	const char *wanted, struct error *err)
{
	enum { LONGEST_ANSWER = 4096 };
	int ends[2];
	pid_t pid;
	bool ok;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, EX_OSERR, errno, "cannot look into %s", f->user);
	pid = fork();
	if (pid == 0)
		child(ends[1], f, caller, wanted);
	close(ends[1]);
	ok = pid > 0 && file_read_all(ends[0], b, LONGEST_ANSWER) && b->len;
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ok || error_set(err, EX_OSERR, NULL, "cannot look into %s", f->user);
}

bool setid_settle(
	struct load_files *f, struct caller *caller, const char *wanted, struct error *err)
{
	struct buf b = BUF_INIT;
	bool ok = true;

	/* access(2) asks with the caller's own rights. */
	if (f->user_must_exist || access(f->user, F_OK) == 0)
		ok = ask_child(&b, f, caller, wanted, err);
	if (ok && b.len && *b.data == ANSWER_USER) {
		f->system = NULL;
		ok = caller_drop_rights(caller, err);
	} else {
		f->user = NULL;
		if (b.len > 1)
			f->account = alloc_string(b.data + 1);
	}
	buf_release(&b);
	return ok;
}
