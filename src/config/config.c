/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "config/load.h"
#include "config/setid.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOAD_FILES_SYSTEM { \
	.system = SYSCONFDIR "/sendoff/sendoff.ini", \
	.system_state = LOCALSTATEDIR "/lib/sendoff", \
	.system_queue = LOCALSTATEDIR "/spool/sendoff", \
}

char *config_absolute_path(const char *path)
{
	char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	struct buf whole = BUF_INIT;

	if (*path != '/')
		buf_addf(&whole, "%s/", here ? here : ".");
	buf_adds(&whole, path);
	free(here);
	return buf_detach(&whole);
}

static char *usual_file(struct caller *caller)
{
	char *directory = caller_config_directory(caller);
	struct buf path = BUF_INIT;

	buf_addf(&path, "%s/sendoff.ini", directory);
	free(directory);
	return buf_detach(&path);
}

/* What -C or $SENDOFF_CONFIG names in place of the usual files; NULL: nothing. */
static const char *named_file(const struct caller *caller, const char *file)
{
	const char *variable = caller->set_id ? NULL : secure_getenv("SENDOFF_CONFIG");

	return file ? file : variable && *variable ? variable : NULL;
}

static void load(struct config *c, struct caller *caller, const char *file, const char *wanted,
	struct problems *p)
{
	const char *only = named_file(caller, file);
	/* The queue keeps the path: it must lead to the same file from everywhere. */
	char *user = only ? config_absolute_path(only) : usual_file(caller);
	struct load_files f = LOAD_FILES_SYSTEM;
	struct error err = ERROR_INIT;

	f.user = user;
	f.user_must_exist = only;
	if (only && !caller->set_id)
		f.system = NULL;
	if (caller->set_id && !setid_settle(&f, caller, wanted, &err))
		problem_add_error(p, &err);
	else
		load_config(c, caller, &f, p);
	free(f.account);
	free(user);
}

/* Everything or nothing. */
static bool settle(struct config *c, const struct problems *p, struct error *err)
{
	if (!p->count)
		return true;
	*err = p->first;
	config_release(c);
	return false;
}

bool config_load(struct config *c, struct caller *caller, const char *file, const char *wanted,
	struct error *err)
{
	struct problems p = PROBLEMS_INIT;

	load(c, caller, file, wanted, &p);
	return settle(c, &p, err);
}

bool config_load_system(struct config *c, struct caller *caller, struct error *err)
{
	static const struct load_files f = LOAD_FILES_SYSTEM;
	struct problems p = PROBLEMS_INIT;

	load_config(c, caller, &f, &p);
	return settle(c, &p, err);
}

bool config_load_queue(struct config *c, struct caller *caller, const char *file,
	const char *wanted, struct error *err)
{
	static const struct load_files f = LOAD_FILES_SYSTEM;

	if (caller->uid == 0 && !named_file(caller, file) && access(f.system, F_OK) == 0)
		return config_load_system(c, caller, err);
	return config_load(c, caller, file, wanted, err);
}

void config_lint(
	struct config *c, struct caller *caller, const char *file, struct strlist *problems)
{
	struct problems p = { .lines = problems };

	load(c, caller, file, NULL, &p);
	lint_named_files(c, caller, &p);
}

const struct account *config_account(const struct config *c, const char *name)
{
	for (size_t i = 0; name && i < c->count; i++)
		if (ascii_equal(c->accounts[i].name, name))
			return &c->accounts[i];
	return NULL;
}

const char *config_aliases(const struct config *c)
{
	static const char usual[] = "/etc/aliases";

	return c->aliases ? c->aliases : access(usual, F_OK) == 0 ? usual : NULL;
}

const struct config_key *config_find_key(
	const struct config *c, const char *section, const char *key)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (strcmp(c->keys[i].key, key) == 0 && strcmp(c->keys[i].section, section) == 0)
			return &c->keys[i];
	return NULL;
}
