/* SPDX-License-Identifier: ISC */
#include "config/senders.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "config/syntax.h"
#include "config/trusted.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum { SENDERS_MAX_BYTES = 1024 * 1024, DATABASE_MAX_BYTES = 1024 * 1024 };

static bool has_member(const struct group *g, const char *login)
{
	for (char **member = g->gr_mem; *member; member++)
		if (strcmp(*member, login) == 0)
			return true;
	return false;
}

static bool has_primary_group(uid_t uid, gid_t gid)
{
	struct passwd entry, *found = NULL;
	struct buf room = BUF_INIT;
	bool ok;

	for (size_t size = 1024; size <= DATABASE_MAX_BYTES; size *= 4)
		if (getpwuid_r(uid, &entry, buf_reserve(&room, size), size, &found) != ERANGE)
			break;
	ok = found && found->pw_gid == gid;
	buf_release(&room);
	return ok;
}

static bool is_in_group(struct caller *caller, const char *name)
{
	struct group entry, *found = NULL;
	struct buf room = BUF_INIT;
	bool ok;

	for (size_t size = 1024; size <= DATABASE_MAX_BYTES; size *= 4)
		if (getgrnam_r(name, &entry, buf_reserve(&room, size), size, &found) != ERANGE)
			break;
	ok = found && (has_member(found, caller_login(caller)) ||
			      has_primary_group(caller->uid, found->gr_gid));
	buf_release(&room);
	return ok;
}

static bool is_meant(struct caller *caller, const char *who)
{
	if (*who == '@')
		return is_in_group(caller, who + 1);
	return strcmp(who, "*") == 0 || strcmp(who, caller_login(caller)) == 0;
}

static bool is_granted(const struct strlist *patterns, const char *sender)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const char *p = patterns->items[i];

		if (strcmp(p, "*") == 0 || (!*sender && strcmp(p, "<>") == 0))
			return true;
		if (*sender && pattern_matches(p, sender))
			return true;
	}
	return false;
}

static bool are_patterns(const struct strlist *patterns)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const char *p = patterns->items[i];

		if (strcmp(p, "*") != 0 && strcmp(p, "<>") != 0 && !is_pattern(p))
			return false;
	}
	return patterns->count > 0;
}

/* One line without its end; false: it is bad.  *granted is only ever set. */
static bool read_line(char *line, struct caller *caller, const char *sender, bool *granted)
{
	struct strlist patterns = STRLIST_INIT;
	char *who = line + strspn(line, " \t");
	char *colon = strchr(who, ':');
	bool ok;

	line[strcspn(line, "\r")] = '\0';
	if (!*who || *who == '#')
		return true;
	if (!colon || colon == who)
		return false;
	strlist_split(&patterns, colon + 1);
	while (colon > who && ascii_is_blank(colon[-1]))
		colon--;
	*colon = '\0';
	ok = are_patterns(&patterns) && !strpbrk(who, " \t");
	if (ok && !*granted && is_granted(&patterns, sender))
		*granted = is_meant(caller, who);
	strlist_release(&patterns);
	return ok;
}

static bool read_text(struct buf *text, const char *file, struct caller *caller, const char *sender,
	bool *granted, struct error *err)
{
	char *line = text->data;
	unsigned number = 0;

	if (strlen(buf_str(text)) != text->len)
		return error_set(err, EX_CONFIG, NULL, "%s: a NUL byte", file);
	while (line) {
		char *newline = strchr(line, '\n');

		if (newline)
			*newline = '\0';
		number++;
		if (!read_line(line, caller, sender, granted))
			return error_set(err, EX_CONFIG, NULL, "%s:%u: not 'user: pattern, ...'",
				file, number);
		line = newline ? newline + 1 : NULL;
	}
	return true;
}

static bool read_file(const struct account *a, struct caller *caller, const char *sender,
	bool *granted, struct error *err)
{
	uid_t owner = a->source == SOURCE_USER ? caller->uid : 0;
	struct buf text = BUF_INIT;
	struct stat st;
	bool ok = trusted_read(&text, a->senders, owner, SENDERS_MAX_BYTES, &st, err);

	if (ok) {
		ok = read_text(&text, a->senders, caller, sender, granted, err);
	} else {
		error_context(err, "senders");
		err->code = EX_CONFIG;
	}
	buf_release(&text);
	return ok || error_scope(err, ERROR_OF_MESSAGE);
}

bool senders_allow(
	const struct account *a, struct caller *caller, const char *sender, struct error *err)
{
	bool granted = false;

	if (!a->senders || caller->uid == 0)
		return true;
	if (!read_file(a, caller, sender, &granted, err))
		return false;
	if (granted)
		return true;
	error_set(err, EX_NOPERM, "5.7.1", "%s may not send as <%s>", caller_login(caller), sender);
	error_hint(err, "%s says who may use which sender", a->senders);
	return error_scope(err, ERROR_OF_MESSAGE);
}

bool senders_are_good(const struct account *a, struct caller *caller, struct error *err)
{
	bool granted = false;

	return !a->senders || read_file(a, caller, "", &granted, err);
}
