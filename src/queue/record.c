/* SPDX-License-Identifier: ISC */
#include "queue/record.h"

#include "base/alloc.h"
#include "base/ascii.h"

#include <stdlib.h>
#include <string.h>

void record_begin(struct buf *out, const char *key)
{
	buf_adds(out, key);
}

static bool is_plain(char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static void add_octet(struct buf *out, char c)
{
	if (is_plain(c))
		buf_addc(out, c);
	else
		buf_addf(out, "%%%02x", (unsigned)(unsigned char)c);
}

void record_text(struct buf *out, const char *value)
{
	buf_addc(out, ' ');
	if (!value)
		buf_addc(out, '-');
	else if (!*value)
		buf_addc(out, '%');
	else if (strcmp(value, "-") == 0)
		buf_adds(out, "%2d");
	else
		for (; *value; value++)
			add_octet(out, *value);
}

void record_number(struct buf *out, uint64_t value)
{
	buf_addf(out, " %llu", (unsigned long long)value);
}

void record_end(struct buf *out)
{
	buf_addc(out, '\n');
}

void record_add_text(struct buf *out, const char *key, const char *value)
{
	record_begin(out, key);
	record_text(out, value);
	record_end(out);
}

void record_add_number(struct buf *out, const char *key, uint64_t value)
{
	record_begin(out, key);
	record_number(out, value);
	record_end(out);
}

void record_add_error(struct buf *out, const struct error *err)
{
	record_begin(out, "error");
	record_number(out, (uint64_t)err->code);
	record_number(out, err->scope);
	record_number(out, (uint64_t)err->reply);
	record_text(out, err->status);
	record_text(out, err->text);
	record_text(out, err->hint);
	record_end(out);
}

void record_release(struct record *r)
{
	for (size_t i = 0; i < RECORD_VALUES; i++)
		alloc_free(&r->values[i]);
}

/* Adds what len characters stand for; false for what record_text does not write. */
static bool decode(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (s[i] != '%') {
			buf_addc(out, s[i]);
			continue;
		}
		high = i + 2 < len ? ascii_hex_value(s[i + 1]) : -1;
		low = i + 2 < len ? ascii_hex_value(s[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		buf_addc(out, (char)(high << 4 | low));
		i += 2;
	}
	return !ascii_has_line_break(buf_str(out), out->len);
}

/* Is this how record_text writes the value? */
static bool is_as_written(const char *value, const char *s, size_t len)
{
	struct buf text = BUF_INIT;
	bool ok;

	record_text(&text, value);
	ok = text.len == len + 1 && memcmp(text.data + 1, s, len) == 0;
	buf_release(&text);
	return ok;
}

static bool read_value(struct record *r, size_t value, const char *s, size_t len)
{
	struct buf text = BUF_INIT;
	bool ok = len > 0;

	if (len == 1 && *s == '-')
		return true;
	if (len != 1 || *s != '%')
		ok = ok && decode(&text, s, len) && is_as_written(buf_str(&text), s, len);
	if (ok)
		r->values[value] = buf_detach(&text);
	buf_release(&text);
	return ok;
}

bool record_peek(const struct record *r, const char *key)
{
	size_t left = (size_t)(r->end - r->at), len = strlen(key);

	return left > len && memcmp(r->at, key, len) == 0 &&
	       (r->at[len] == ' ' || r->at[len] == '\n');
}

bool record_next(struct record *r, const char *key, size_t count)
{
	const char *end, *p;

	record_release(r);
	if (!record_peek(r, key))
		return false;
	p = r->at + strlen(key);
	end = memchr(p, '\n', (size_t)(r->end - p));
	if (!end)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *blank = p < end ? memchr(p + 1, ' ', (size_t)(end - p - 1)) : NULL;
		const char *stop = blank ? blank : end;

		if (p == end || *p != ' ' || !read_value(r, i, p + 1, (size_t)(stop - p - 1)))
			return false;
		p = stop;
	}
	r->at = end + 1;
	return p == end;
}

bool record_to_number(const struct record *r, size_t value, uint64_t max, uint64_t *number)
{
	const char *text = r->values[value];
	unsigned long long n;

	if (!text || (text[0] == '0' && text[1]) || !ascii_to_number(text, max, &n))
		return false;
	*number = n;
	return true;
}

bool record_to_flags(const struct record *r, size_t first, bool *const flags[], size_t count)
{
	bool ok = true;

	for (size_t i = 0; i < count && ok; i++) {
		uint64_t n;

		ok = record_to_number(r, first + i, 1, &n);
		*flags[i] = ok && n;
	}
	return ok;
}

char *record_take(struct record *r, size_t value)
{
	char *text = r->values[value];

	r->values[value] = NULL;
	return text;
}

bool record_next_number(struct record *r, const char *key, uint64_t max, uint64_t *number)
{
	return record_next(r, key, 1) && record_to_number(r, 0, max, number);
}

bool record_next_text(struct record *r, const char *key, char **text)
{
	if (!record_next(r, key, 1))
		return false;
	free(*text);
	*text = record_take(r, 0);
	return true;
}

bool record_next_error(struct record *r, struct error *error)
{
	uint64_t code, scope, reply;

	if (!record_next(r, "error", 6) || !record_to_number(r, 0, 255, &code) ||
		!record_to_number(r, 1, ERROR_OF_ROUTE, &scope) ||
		!record_to_number(r, 2, 999, &reply) || !r->values[3] || !r->values[4] ||
		!r->values[5])
		return false;
	error_set(error, (int)code, r->values[3], "%s", r->values[4]);
	error_hint(error, "%s", r->values[5]);
	error->scope = (enum error_scope)scope;
	error->reply = (int)reply;
	return true;
}
