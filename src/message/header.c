/* SPDX-License-Identifier: ISC */
#include "message/header.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

static bool is_name_char(char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

bool header_line_is_field(const char *line, size_t len, size_t *name_len)
{
	size_t name = 0;
	size_t colon;

	len = len > HEADER_NAME_MAX ? HEADER_NAME_MAX : len;
	while (name < len && is_name_char(line[name]))
		name++;
	for (colon = name; colon < len && ascii_is_blank(line[colon]);)
		colon++;
	if (!name || colon == len || line[colon] != ':')
		return false;
	if (name_len)
		*name_len = name;
	return true;
}

static struct field *new_field(struct header *h, size_t at)
{
	h->fields = alloc_more(h->fields, h->count, &h->alloc, sizeof *h->fields);
	memmove(h->fields + at + 1, h->fields + at, (h->count - at) * sizeof *h->fields);
	h->count++;
	h->fields[at] = (struct field){ .text = BUF_INIT };
	return &h->fields[at];
}

static void add_clean(struct buf *b, const char *line, size_t len)
{
	size_t from = b->len;

	buf_add(b, line, len);
	for (; from < b->len; from++)
		if (b->data[from] == '\0' || b->data[from] == '\r')
			b->data[from] = ' ';
}

void header_add_line(struct header *h, const char *line, size_t len)
{
	struct field *f = new_field(h, h->count);
	const char *colon = memchr(line, ':', len);

	add_clean(&f->text, line, len);
	f->value = colon ? (size_t)(colon - line) + 1 : len;
	f->name_len = colon ? (size_t)(colon - line) : len;
	while (f->name_len && ascii_is_blank(f->text.data[f->name_len - 1]))
		f->name_len--;
}

void header_continue(struct header *h, const char *line, size_t len)
{
	struct buf *text = &h->fields[h->count - 1].text;

	buf_addc(text, '\n');
	add_clean(text, line, len);
}

void header_add(struct header *h, const char *name, const char *value)
{
	header_insert(h, h->count, name, value);
}

void header_insert(struct header *h, size_t at, const char *name, const char *value)
{
	struct field *f = new_field(h, at);

	buf_addf(&f->text, "%s:", name);
	f->name_len = strlen(name);
	f->value = f->text.len;
	field_set_value(f, value, strlen(value));
}

bool field_is(const struct field *f, const char *name)
{
	return ascii_equal_bytes(f->text.data, f->name_len, name);
}

const char *field_value(const struct field *f)
{
	return f->text.data + f->value;
}

size_t field_value_len(const struct field *f)
{
	return f->text.len - f->value;
}

void field_set_value(struct field *f, const char *value, size_t len)
{
	buf_truncate(&f->text, f->value);
	buf_addc(&f->text, ' ');
	buf_add(&f->text, value, len);
}

size_t header_find(const struct header *h, const char *name, size_t from)
{
	while (from < h->count && !field_is(&h->fields[from], name))
		from++;
	return from;
}

bool header_has(const struct header *h, const char *name)
{
	return header_find(h, name, 0) < h->count;
}

char *header_message_id(const struct header *h)
{
	size_t at = header_find(h, "Message-ID", 0), blanks;
	const char *value;

	if (at == h->count)
		return NULL;
	value = field_value(&h->fields[at]);
	blanks = strspn(value, " \t\r\n");
	return alloc_bytes(value + blanks, field_value_len(&h->fields[at]) - blanks);
}

void header_keep(struct header *h, const char *name, size_t which)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->count; i++)
		if (i != which && field_is(&h->fields[i], name))
			buf_release(&h->fields[i].text);
		else
			h->fields[kept++] = h->fields[i];
	h->count = kept;
}

void header_copy(struct header *to, const struct header *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct field *f = new_field(to, to->count);

		*f = from->fields[i];
		f->text = (struct buf)BUF_INIT;
		buf_add(&f->text, from->fields[i].text.data, from->fields[i].text.len);
	}
}

static void write_field(const struct field *f, struct buf *out)
{
	const char *p = f->text.data;
	const char *end = p + f->text.len;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		eol = eol ? eol : end;
		buf_add(out, p, (size_t)(eol - p));
		buf_add(out, "\r\n", 2);
		p = eol + 1;
	}
}

void header_write(const struct header *h, struct buf *out)
{
	for (size_t i = 0; i < h->count; i++)
		write_field(&h->fields[i], out);
}

void header_release(struct header *h)
{
	for (size_t i = 0; i < h->count; i++)
		buf_release(&h->fields[i].text);
	free(h->fields);
	*h = (struct header)HEADER_INIT;
}
