/* SPDX-License-Identifier: ISC */
#include "cli/import_source.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_text(const char *path, struct buf *text, struct error *err)
{
	if (!file_read(path, 0, text, IMPORT_MAX_BYTES))
		return error_set_errno(err, EX_NOINPUT, errno, "%s", path);
	if (text->len && memchr(text->data, '\0', text->len))
		return error_set(err, EX_DATAERR, NULL, "%s: not a text file", path);
	return true;
}

static void add_line(struct import_file *f, const char *start, size_t len, unsigned number)
{
	bool indented = len && ascii_is_blank(*start);

	while (len && ascii_is_blank(*start))
		start++, len--;
	while (len && (ascii_is_blank(start[len - 1]) || start[len - 1] == '\r'))
		len--;
	if (!len || *start == '#')
		return;
	f->lines = alloc_more(f->lines, f->count, &f->alloc, sizeof *f->lines);
	f->lines[f->count++] = (struct import_line){ alloc_bytes(start, len), number, indented };
}

bool import_read(struct import_file *f, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct buf text = BUF_INIT;
	size_t at = 0;
	bool ok;

	*f = (struct import_file){ .path = path, .name = slash ? slash + 1 : path };
	ok = read_text(path, &text, err);
	for (unsigned number = 1; ok && at < text.len; number++) {
		const char *start = text.data + at;
		const char *end = memchr(start, '\n', text.len - at);
		size_t len = end ? (size_t)(end - start) : text.len - at;

		if (len > IMPORT_MAX_LINE)
			ok = error_set(
				err, EX_DATAERR, NULL, "%s:%u: the line is too long", path, number);
		else
			add_line(f, start, len, number);
		at += len + 1;
	}
	buf_wipe(&text);
	return ok;
}

void import_file_release(struct import_file *f)
{
	for (size_t i = 0; i < f->count; i++)
		alloc_wipe(f->lines[i].text);
	free(f->lines);
	*f = (struct import_file){ 0 };
}

static struct import_value *find(const struct import_values *v, const char *key)
{
	for (size_t i = 0; i < v->count; i++)
		if (ascii_equal(v->items[i].key, key))
			return &v->items[i];
	return NULL;
}

void values_set(struct import_values *v, const char *key, const char *value, const char *file,
	unsigned line)
{
	struct import_value *it = find(v, key);

	if (!it) {
		v->items = alloc_more(v->items, v->count, &v->alloc, sizeof *v->items);
		it = &v->items[v->count++];
		*it = (struct import_value){ .key = alloc_string(key) };
	}
	alloc_wipe(it->value);
	it->value = alloc_string(value);
	it->file = file;
	it->line = line;
}

void values_copy(struct import_values *v, const struct import_values *from)
{
	for (size_t i = 0; i < from->count; i++)
		values_set(v, from->items[i].key, from->items[i].value, from->items[i].file,
			from->items[i].line);
}

const char *values_get(const struct import_values *v, const char *key)
{
	const struct import_value *found = find(v, key);

	return found ? found->value : NULL;
}

bool values_is(const struct import_values *v, const char *key, const char *value)
{
	const char *is = values_get(v, key);

	return is && ascii_equal(is, value);
}

void values_release(struct import_values *v)
{
	for (size_t i = 0; i < v->count; i++) {
		alloc_wipe(v->items[i].value);
		free(v->items[i].key);
	}
	free(v->items);
	*v = (struct import_values){ 0 };
}

size_t import_key_length(const char *text)
{
	size_t len = 0;

	while (ascii_is_alnum(text[len]) || text[len] == '_' || text[len] == '-')
		len++;
	return len;
}

char *import_value_of(const char *rest, char separator)
{
	rest += strspn(rest, " \t");
	if (separator && *rest == separator)
		rest += 1 + strspn(rest + 1, " \t");
	return alloc_string(rest);
}

/* One step of a shell's quoting; *quote is the quote that is open or 0.  Returns the bytes used. */
static size_t split_step(const char *at, char *quote, struct buf *word)
{
	if (*quote && *at == *quote) {
		*quote = '\0';
	} else if (!*quote && (*at == '"' || *at == '\'')) {
		*quote = *at;
	} else if (*at == '\\' && *quote != '\'' && at[1]) {
		buf_addc(word, at[1]);
		return 2;
	} else {
		buf_addc(word, *at);
	}
	return 1;
}

bool import_split(const char *text, struct strlist *words)
{
	struct buf word = BUF_INIT;
	char quote = '\0';

	while (*text) {
		text += strspn(text, " \t");
		if (*text == '#')
			break;
		buf_truncate(&word, 0);
		while (*text && (quote || !ascii_is_blank(*text)))
			text += split_step(text, &quote, &word);
		strlist_add(words, buf_str(&word));
	}
	buf_wipe(&word);
	return !quote;
}
