/* SPDX-License-Identifier: ISC */
#include "config/ini.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"

#ifdef HAVE_INIPARSER_INIPARSER_H
#include <iniparser/iniparser.h>
#else
#include <iniparser.h>
#endif
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A piece of a line. */
struct span {
	const char *start;
	size_t len;
};

struct scan {
	struct ini *ini;
	const char *file;
	struct problems *problems;
	unsigned line;
	const char *section; /* NULL before the first; "" in one whose line is bad, for no key */
	struct buf clean; /* what iniparser gets: the same lines without comments, BOM and CR */
};

static void trim(struct span *s)
{
	while (s->len && ascii_is_blank(*s->start)) {
		s->start++;
		s->len--;
	}
	while (s->len && ascii_is_blank(s->start[s->len - 1]))
		s->len--;
}

static bool is_comment_mark(char c)
{
	return c == ';' || c == '#';
}

static bool has_only(struct span s, const char *marks)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.start[i] || (!ascii_is_alnum(s.start[i]) && !strchr(marks, s.start[i])))
			return false;
	return s.len > 0;
}

static char *lower_copy(struct span s)
{
	char *copy = alloc_bytes(s.start, s.len);

	ascii_lower_string(copy);
	return copy;
}

/* Nothing, or a comment with a blank before it. */
static bool is_tail(struct span s, bool *has_comment)
{
	bool blank = s.len && ascii_is_blank(*s.start);

	trim(&s);
	*has_comment = s.len > 0;
	return !s.len || (blank && is_comment_mark(*s.start));
}

static const struct ini_entry *find(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];

		if (strcmp(e->section, section) != 0 || !e->key != !key)
			continue;
		if (!key || strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static struct ini_entry *add_entry(struct scan *s, const char *section, char *key)
{
	struct ini *ini = s->ini;
	struct ini_entry *e;

	ini->entries = alloc_more(ini->entries, ini->count, &ini->alloc, sizeof *ini->entries);
	e = &ini->entries[ini->count++];
	*e = (struct ini_entry){ .section = alloc_string(section), .key = key, .line = s->line };
	return e;
}

static void scan_section(struct scan *s, struct span line)
{
	const char *close = memchr(line.start, ']', line.len);
	struct span name = { line.start + 1, close ? (size_t)(close - line.start) - 1 : 0 };
	struct span rest = { line.start + name.len + 2, close ? line.len - name.len - 2 : 0 };
	const struct ini_entry *earlier;
	bool has_comment;
	char *section;

	s->section = "";
	if (!has_only(name, "_.@+*-") || !is_tail(rest, &has_comment)) {
		problem_add(s->problems, s->file, s->line,
			"a section is written [name], the name of letters, digits and _.@+*-");
		return;
	}
	section = lower_copy(name);
	earlier = find(s->ini, section, NULL);
	if (earlier)
		problem_add(s->problems, s->file, s->line,
			"section '%s' stands twice, first on line %u", section, earlier->line);
	s->section = add_entry(s, section, NULL)->section;
	buf_addf(&s->clean, "[%s]", section);
	free(section);
}

/* All up to the last same quote on the line; NULL, or what is wrong. */
static const char *scan_quoted(struct span *value, bool *has_comment)
{
	const char *last = memrchr(value->start + 1, *value->start, value->len - 1);
	struct span rest;

	if (!last)
		return "unterminated quote";
	rest = (struct span){ last + 1, (size_t)(value->start + value->len - last) - 1 };
	*value = (struct span){ value->start + 1, (size_t)(last - value->start) - 1 };
	return is_tail(rest, has_comment) ? NULL : "text after the closing quote";
}

/* Up to a comment; value->start[-1] is readable.  NULL, or what is wrong. */
static const char *scan_unquoted(struct span *value, bool *has_comment)
{
	for (size_t i = 0; i < value->len; i++) {
		char c = value->start[i];

		if (ascii_is_control(c) && c != '\t')
			return "control character in the value";
		if (!is_comment_mark(c))
			continue;
		if (!ascii_is_blank(value->start[(ptrdiff_t)i - 1]))
			return "'#' or ';' in a value without quotes: put the value in quotes, "
			       "or a blank before a comment";
		*has_comment = true;
		value->len = i;
		trim(value);
	}
	if (value->len && value->start[value->len - 1] == '\\')
		return "a backslash before a comment: put the value in quotes";
	return NULL;
}

static void scan_value(struct scan *s, struct ini_entry *e, struct span value)
{
	const char *wrong;

	trim(&value);
	e->quoted = value.len && (*value.start == '"' || *value.start == '\'');
	wrong = e->quoted ? scan_quoted(&value, &e->has_comment)
			  : scan_unquoted(&value, &e->has_comment);
	if (wrong) {
		problem_add(s->problems, s->file, s->line, "%s", wrong);
		e->is_bad = true;
		value.len = 0;
	}
	e->value = alloc_bytes(value.start, value.len);
	buf_addf(&s->clean, "%s=", e->key);
	buf_add(&s->clean, value.start - e->quoted, value.len + (e->quoted ? 2 : 0));
}

static void scan_key(struct scan *s, struct span line)
{
	const char *equals = memchr(line.start, '=', line.len);
	struct span name = { line.start, equals ? (size_t)(equals - line.start) : 0 };
	const struct ini_entry *earlier;
	char *key;

	trim(&name);
	if (!has_only(name, "_-")) {
		problem_add(s->problems, s->file, s->line,
			"neither 'key = value' nor '[section]' nor a comment");
		return;
	}
	if (!s->section) {
		problem_add(s->problems, s->file, s->line, "a key before the first [section]");
		return;
	}
	if (!*s->section)
		return;
	key = lower_copy(name);
	earlier = find(s->ini, s->section, key);
	if (earlier)
		problem_add(s->problems, s->file, s->line,
			"'%s' stands twice in section '%s', first on line %u", key, s->section,
			earlier->line);
	scan_value(s, add_entry(s, s->section, key),
		(struct span){ equals + 1, (size_t)(line.start + line.len - equals) - 1 });
}

static void scan_line(struct scan *s, struct span line)
{
	const char *wrong = NULL;

	if (memchr(line.start, '\0', line.len))
		wrong = "a NUL byte";
	else if (line.len > INI_MAX_LINE)
		wrong = "line over 1,022 bytes: a long secret belongs in a password_file";
	trim(&line);
	if (!wrong && line.len && line.start[line.len - 1] == '\\')
		wrong = "a backslash at the end of a line: lines are not continued";
	if (wrong)
		problem_add(s->problems, s->file, s->line, "%s", wrong);
	else if (line.len && *line.start == '[')
		scan_section(s, line);
	else if (line.len && !is_comment_mark(*line.start))
		scan_key(s, line);
	buf_addc(&s->clean, '\n');
}

static void scan_text(struct scan *s, const struct buf *text)
{
	const char *at = buf_str(text);
	const char *end = at + text->len;

	if (ascii_starts_with(at, "\xef\xbb\xbf"))
		at += 3;
	buf_reserve(&s->clean, text->len + 1);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct span line = { at, (size_t)((newline ? newline : end) - at) };

		at = newline ? newline + 1 : end;
		if (line.len && line.start[line.len - 1] == '\r')
			line.len--;
		s->line++;
		scan_line(s, line);
	}
}

/* iniparser's own message would print the raw line, password and all. */
static int quiet(const char *format, ...)
{
	(void)format;
	return 0;
}

#ifdef HAVE_INIPARSER_LOAD_FILE
static bool load(const struct buf *text, dictionary **d)
{
	FILE *f = fmemopen(text->data, text->len, "r");

	if (!f)
		return false;
	*d = iniparser_load_file(f, "sendoff.ini");
	fclose(f);
	return true;
}
#else
/* Version 4.1 takes names only.  False: there is no /proc to name it by. */
static bool load(const struct buf *text, dictionary **d)
{
	char path[64];
	int fd = memfd_create("sendoff.ini", MFD_CLOEXEC);
	bool ok = fd >= 0 && file_write_all(fd, text->data, text->len);

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ok = ok && access(path, F_OK) == 0;
	*d = ok ? iniparser_load(path) : NULL;
	if (fd >= 0)
		close(fd);
	return ok;
}
#endif

/* The library's buffers held the secrets too: for as long as it runs, free() overwrites. */
static bool load_wiping(const struct buf *text, dictionary **d)
{
	bool ok;

#ifdef M_PERTURB
	mallopt(M_PERTURB, 1);
#endif
	ok = load(text, d);
#ifdef M_PERTURB
	mallopt(M_PERTURB, 0);
#endif
	return ok;
}

/*
 * What iniparser read must be what the check read; inside quotes its versions differ, and the
 * check decides.
 */
static bool agrees(dictionary *d, const struct ini_entry *e)
{
	struct buf name = BUF_INIT;
	const char *got;
	bool ok = true;

	buf_addf(&name, "%s:%s", e->section, e->key ? e->key : "");
	if (!e->key) {
		buf_truncate(&name, name.len - 1);
		ok = iniparser_find_entry(d, buf_str(&name)) == 1;
	} else {
		got = iniparser_getstring(d, buf_str(&name), NULL);
		ok = got && (e->quoted || strcmp(got, e->value) == 0);
	}
	buf_release(&name);
	return ok;
}

static void release_dictionary(dictionary *d)
{
	for (size_t i = 0; i < (size_t)d->size; i++)
		if (d->key[i] && d->val[i])
			explicit_bzero(d->val[i], strlen(d->val[i]));
	iniparser_freedict(d);
}

static void cross_check(struct scan *s)
{
	dictionary *d = NULL;

	iniparser_set_error_callback(quiet);
	if (!s->clean.len || !load_wiping(&s->clean, &d))
		return;
	if (!d) {
		problem_add(s->problems, s->file, 0, "iniparser does not take this file");
		return;
	}
	for (size_t i = 0; i < s->ini->count; i++)
		if (!agrees(d, &s->ini->entries[i]))
			problem_add(s->problems, s->file, s->ini->entries[i].line,
				"iniparser reads this line in another way: put the value in "
				"quotes");
	if ((size_t)d->n != s->ini->count)
		problem_add(s->problems, s->file, 0, "iniparser reads other entries in this file");
	release_dictionary(d);
}

bool ini_parse(struct ini *ini, const char *file, const struct buf *text, struct problems *p)
{
	struct scan s = { .ini = ini, .file = file, .problems = p };
	size_t before = p->count;

	scan_text(&s, text);
	if (p->count == before)
		cross_check(&s);
	buf_wipe(&s.clean);
	return p->count == before;
}

void ini_release(struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->entries[i].section);
		free(ini->entries[i].key);
		alloc_wipe(ini->entries[i].value);
	}
	free(ini->entries);
	*ini = (struct ini)INI_INIT;
}
