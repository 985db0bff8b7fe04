/* SPDX-License-Identifier: ISC */
#include "config/aliases.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/privilege.h"
#include "config/trusted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An entry as it grows over its lines. */
struct entry {
	struct buf text;
	unsigned line; /* of its first */
};

struct reader {
	const char *file;
	struct strlist *problems;
	struct aliases *aliases;  /* NULL in an :include: file */
	struct strlist *members;  /* of an :include: file */
	struct entry entry;
	bool continues; /* the last line ended with a backslash */
};

static void complain(const struct reader *r, unsigned line, const char *what, const char *name)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s:%u: ", r->file, line);
	buf_add_printable(&b, what, strlen(what));
	if (name) {
		buf_adds(&b, " '");
		buf_add_printable(&b, name, strlen(name));
		buf_addc(&b, '\'');
	}
	strlist_take(r->problems, buf_detach(&b));
}

/*
 * Length of a quoted string with its quotes, a backslash before any character; 0 if it does not
 * end.
 */
static size_t quoted_length(const char *s)
{
	for (size_t i = 1; s[i]; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\' && s[i + 1])
			i++;
	}
	return 0;
}

/* Without quotes and the backslashes that protect a character. */
static char *unquote(const char *s, size_t len)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			continue;
		i += s[i] == '\\' && i + 1 < len;
		buf_addc(&b, s[i]);
	}
	return buf_detach(&b);
}

static bool is_special(const char *member)
{
	return *member == '/' || *member == '|' || ascii_starts_with(member, ":include:");
}

/*
 * Words with a blank between them that are no display name, quoted name or comment: a comma was
 * forgotten.
 */
static bool lacks_comma(const char *member)
{
	return !strpbrk(member, "\"<(") && strpbrk(member, " \t");
}

static const char *add_member(struct strlist *members, const char *s, size_t len)
{
	char *plain;

	while (len && ascii_is_blank(*s)) {
		s++;
		len--;
	}
	while (len && ascii_is_blank(s[len - 1]))
		len--;
	if (!len)
		return NULL;
	plain = unquote(s, len);
	if (is_special(plain)) {
		strlist_take(members, plain);
		return NULL;
	}
	free(plain);
	plain = alloc_bytes(s, len);
	strlist_take(members, plain);
	return lacks_comma(plain) ? "no comma between the names in" : NULL;
}

/* How far the next member reaches: to a comma outside quotes, comments and angle brackets. */
static const char *member_length(const char *s, size_t *len)
{
	int comments = 0, angles = 0;
	size_t i = 0;

	for (; s[i] && (s[i] != ',' || comments || angles); i++) {
		size_t quoted = s[i] == '"' && !comments ? quoted_length(s + i) : 1;

		if (!quoted)
			return "unterminated quote";
		i += quoted - 1;
		if (quoted > 1)
			continue;
		if (s[i] == '\\' && s[i + 1]) {
			i++;
			continue;
		}
		comments += (s[i] == '(') - (s[i] == ')' && comments);
		angles += !comments && s[i] == '<' && !angles;
		angles -= !comments && s[i] == '>' && angles;
	}
	*len = i;
	return comments ? "unbalanced parenthesis" : angles ? "unbalanced angle bracket" : NULL;
}

/* NULL, or what is wrong: members is then as it was. */
static const char *split(struct strlist *members, const char *s)
{
	struct strlist found = STRLIST_INIT;
	const char *wrong = NULL;

	while (*s && !wrong) {
		size_t len = 0;

		wrong = member_length(s, &len);
		if (!wrong)
			wrong = add_member(&found, s, len);
		s += len + (s[len] == ',');
	}
	for (size_t i = 0; i < found.count && !wrong; i++)
		strlist_add(members, found.items[i]);
	strlist_release(&found);
	return wrong;
}

/*
 * The name before the colon, in lower case; NULL if there is none.  *rest is what follows the
 * colon.
 */
static char *take_name(const char *s, const char **rest)
{
	size_t len = *s == '"' ? quoted_length(s) : strcspn(s, ":\" \t,<>()@|/");
	const char *colon = s + len + strspn(s + len, " \t");
	char *name;

	if (!len || *colon != ':')
		return NULL;
	*rest = colon + 1;
	name = unquote(s, len);
	ascii_lower_string(name);
	if (strcmp(name, "*") != 0)
		return name;
	free(name);
	return alloc_string("default");
}

static void add_alias(struct reader *r, char *name, struct strlist *members)
{
	struct aliases *a = r->aliases;

	a->entries = alloc_grow(a->entries, a->count + 1, sizeof *a->entries);
	a->entries[a->count++] =
		(struct alias){ .name = name, .members = *members, .line = r->entry.line };
}

static void finish_alias(struct reader *r)
{
	struct strlist members = STRLIST_INIT;
	const char *rest, *wrong;
	char *name = take_name(buf_str(&r->entry.text), &rest);

	if (!name) {
		complain(r, r->entry.line, "not 'name: address, ...'", NULL);
		return;
	}
	wrong = split(&members, rest);
	if (!wrong && !members.count)
		wrong = "no address for";
	if (!wrong) {
		add_alias(r, name, &members);
		return;
	}
	complain(r, r->entry.line, wrong, name);
	strlist_release(&members);
	free(name);
}

static void finish_entry(struct reader *r)
{
	const char *wrong = NULL;

	if (!r->entry.text.len)
		return;
	if (memchr(r->entry.text.data, '\0', r->entry.text.len))
		wrong = "a NUL byte";
	else if (r->aliases)
		finish_alias(r);
	else
		wrong = split(r->members, r->entry.text.data);
	if (wrong)
		complain(r, r->entry.line, wrong, NULL);
	buf_truncate(&r->entry.text, 0);
}

/* Blank and comment lines end nothing: an entry may go on behind them. */
static void read_line(struct reader *r, const char *s, size_t len, unsigned line)
{
	size_t blanks = 0;
	bool continues;

	while (len && (ascii_is_blank(s[len - 1]) || s[len - 1] == '\r'))
		len--;
	while (blanks < len && ascii_is_blank(s[blanks]))
		blanks++;
	if (blanks == len || s[blanks] == '#')
		return;
	continues = r->continues || (blanks && r->aliases && r->entry.text.len);
	if (!continues) {
		finish_entry(r);
		r->entry.line = line;
		s += blanks;
		len -= blanks;
	}
	r->continues = len && s[len - 1] == '\\';
	buf_add(&r->entry.text, s, len - r->continues);
	if (r->continues)
		buf_addc(&r->entry.text, ' ');
}

static void read_text(struct reader *r, const struct buf *text)
{
	const char *at = buf_str(text);
	const char *end = at + text->len;

	if (ascii_starts_with(at, "\xef\xbb\xbf"))
		at += 3;
	for (unsigned line = 1; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		read_line(r, at, (size_t)((newline ? newline : end) - at), line);
		at = newline ? newline + 1 : end;
	}
	finish_entry(r);
	buf_release(&r->entry.text);
}

/* Was a link followed?  Who made it perhaps may not read what it leads to. */
static bool is_link(const char *path, const struct stat *read)
{
	struct stat st;

	return lstat(path, &st) < 0 || st.st_ino != read->st_ino || st.st_dev != read->st_dev;
}

static bool read_file(struct reader *r, struct error *err)
{
	struct buf text = BUF_INIT;
	struct stat st;
	bool ok = trusted_read(&text, r->file, getuid(), ALIASES_MAX_BYTES, &st, err);

	if (ok && !r->aliases && is_link(r->file, &st))
		ok = error_set(err, EX_CONFIG, NULL, "%s: is a symbolic link", r->file);
	if (ok)
		read_text(r, &text);
	else if (err->code != EX_DATAERR)
		err->code = EX_CONFIG;
	if (!ok)
		error_scope(err, ERROR_OF_MESSAGE);
	buf_release(&text);
	return ok;
}

static int compare_names(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;
	int order = compare_names(a, b);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void release_alias(struct alias *e)
{
	free(e->name);
	strlist_release(&e->members);
}

/* Of entries with one name the first counts. */
static void drop_repeated(struct reader *r)
{
	struct aliases *a = r->aliases;
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++) {
		struct alias *e = &a->entries[i];
		const struct alias *first = kept ? &a->entries[kept - 1] : NULL;

		if (first && strcmp(first->name, e->name) == 0) {
			struct buf what = BUF_INIT;

			buf_addf(&what, "line %u has an entry already for", first->line);
			complain(r, e->line, buf_str(&what), e->name);
			buf_release(&what);
			release_alias(e);
		} else {
			a->entries[kept++] = *e;
		}
	}
	a->count = kept;
}

bool aliases_read(struct aliases *a, const char *path, struct error *err)
{
	struct aliases found = ALIASES_INIT;
	struct reader r = { .file = path, .aliases = &found, .problems = &found.problems };

	if (strcmp(path, "/dev/null") != 0 && !read_file(&r, err))
		return false;
	if (found.count)
		qsort(found.entries, found.count, sizeof *found.entries, compare);
	drop_repeated(&r);
	*a = found;
	a->file = alloc_string(path);
	return true;
}

const struct alias *aliases_find(const struct aliases *a, const char *name)
{
	struct alias wanted = { .name = alloc_string(name) };
	const struct alias *found = NULL;

	ascii_lower_string(wanted.name);
	if (a->count)
		found = bsearch(&wanted, a->entries, a->count, sizeof wanted, compare_names);
	free(wanted.name);
	return found;
}

bool aliases_include(
	struct strlist *members, const char *path, struct strlist *problems, struct error *err)
{
	struct reader r = { .file = path, .members = members, .problems = problems };
	struct privileges held;
	bool ok;

	if (!privilege_suspend(&held))
		return error_set_errno(err, EX_OSERR, errno, "%s", path);
	ok = read_file(&r, err);
	privilege_resume(&held);
	return ok;
}

void aliases_release(struct aliases *a)
{
	for (size_t i = 0; i < a->count; i++)
		release_alias(&a->entries[i]);
	free(a->entries);
	free(a->file);
	strlist_release(&a->problems);
	*a = (struct aliases)ALIASES_INIT;
}
