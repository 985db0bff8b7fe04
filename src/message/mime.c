/* SPDX-License-Identifier: ISC */
#include "message/mime.h"

#include "base/ascii.h"

enum {
	BOUNDARY_MAX = 900
}; /* RFC 2046 allows 70; a delimiter must fit a line of 998 octets with room to spare */

/* Behind a quoted string or comment that begins at; the end of the text where it is not closed. */
static size_t skip_enclosed(const char *s, size_t len, size_t at)
{
	const char open = s[at], close = open == '(' ? ')' : '"';
	size_t depth = 1;

	for (at++; at < len && depth; at++) {
		if (s[at] == '\\' && at + 1 < len)
			at++;
		else if (s[at] == close)
			depth--;
		else if (s[at] == open)
			depth++;
	}
	return at;
}

static size_t skip_space(const char *s, size_t len, size_t at)
{
	while (at < len && (ascii_is_space(s[at]) || s[at] == '('))
		at = s[at] == '(' ? skip_enclosed(s, len, at) : at + 1;
	return at;
}

/* To the next semicolon outside quotes and comments. */
static size_t skip_to_semicolon(const char *s, size_t len, size_t at)
{
	while (at < len && s[at] != ';')
		at = s[at] == '"' || s[at] == '(' ? skip_enclosed(s, len, at) : at + 1;
	return at;
}

/*
 * The end of a value without quotes: before a semicolon, or a comment behind a blank; blanks at
 * its end are not in it.
 */
static size_t bare_value_end(const char *s, size_t len, size_t at)
{
	size_t end = at;

	while (end < len && s[end] != ';' &&
		!(s[end] == '(' && end > at && ascii_is_space(s[end - 1])))
		end++;
	while (end > at && ascii_is_space(s[end - 1]))
		end--;
	return end;
}

static size_t name_length(const char *s, size_t len, size_t at)
{
	size_t n = 0;

	while (at + n < len && !ascii_is_space(s[at + n]) && !strchr("=;(\"", s[at + n]))
		n++;
	return n;
}

bool mime_param_next(const char *value, size_t len, size_t *at, struct mime_param *p)
{
	for (;;) {
		size_t equals;

		*at = skip_to_semicolon(value, len, *at);
		if (*at == len)
			return false;
		p->start = skip_space(value, len, *at + 1);
		p->name_len = name_length(value, len, p->start);
		equals = skip_space(value, len, p->start + p->name_len);
		*at = p->start;
		if (!p->name_len || equals == len || value[equals] != '=')
			continue;
		p->value_at = skip_space(value, len, equals + 1);
		if (p->value_at < len && value[p->value_at] == '"')
			p->end = skip_enclosed(value, len, p->value_at);
		else
			p->end = bare_value_end(value, len, p->value_at);
		*at = p->end;
		return true;
	}
}

void mime_param_text(const char *value, const struct mime_param *p, struct buf *out)
{
	size_t at = p->value_at, end = p->end;
	const bool quoted = at < end && value[at] == '"';

	if (quoted)
		at++;
	if (quoted && end > at && value[end - 1] == '"')
		end--;
	for (; at < end; at++) {
		if (quoted && value[at] == '\\' && at + 1 < end)
			at++;
		if (value[at] != '\n')
			buf_addc(out, value[at]);
	}
}

/* The parameter of that name, without case. */
static bool find_param(const char *value, size_t len, const char *name, struct mime_param *p)
{
	size_t at = 0;

	while (mime_param_next(value, len, &at, p))
		if (ascii_equal_bytes(value + p->start, p->name_len, name))
			return true;
	return false;
}

/* Undoes RFC 2231's charset'language' (in the first section only) and %XX. */
static void decode_extended(struct buf *text, bool first)
{
	struct buf out = BUF_INIT;
	const char *s = buf_str(text), *quote = first ? strchr(s, '\'') : NULL;

	quote = quote ? strchr(quote + 1, '\'') : NULL;
	if (quote)
		s = quote + 1;
	for (; *s; s++) {
		int high = *s == '%' ? ascii_hex_value(s[1]) : -1;
		int low = high < 0 ? -1 : ascii_hex_value(s[2]);

		buf_addc(&out, low < 0 ? *s : (char)(high * 16 + low));
		s += low < 0 ? 0 : 2;
	}
	buf_swap(text, &out);
	buf_release(&out);
}

/* Adds the section called name ("boundary*0"), or its extended form ("boundary*0*"). */
static bool add_section(
	const char *value, size_t len, struct buf *name, bool first, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct mime_param p;
	bool extended = false;

	if (!find_param(value, len, buf_str(name), &p)) {
		buf_addc(name, '*');
		extended = find_param(value, len, buf_str(name), &p);
		if (!extended)
			return false;
	}
	mime_param_text(value, &p, &text);
	if (extended)
		decode_extended(&text, first);
	buf_add(out, text.data, text.len);
	buf_release(&text);
	return true;
}

/* A parameter in any of its forms: plain, extended, in sections (RFC 2231 sections 3 and 4). */
static void param_value(const char *value, size_t len, const char *wanted, struct buf *out)
{
	struct buf name = BUF_INIT;
	bool found;

	buf_adds(&name, wanted);
	found = add_section(value, len, &name, true, out);
	for (unsigned i = 0; !found && i < 100; i++) {
		buf_truncate(&name, 0);
		buf_addf(&name, "%s*%u", wanted, i);
		if (!add_section(value, len, &name, i == 0, out))
			break;
	}
	buf_release(&name);
}

static bool is_boundary(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] < ' ' || b->data[i] > '~')
			return false;
	return b->len && b->len <= BOUNDARY_MAX;
}

static void read_boundary(struct buf *boundary, const char *value, size_t len)
{
	param_value(value, len, "boundary", boundary);
	while (boundary->len && ascii_is_space(boundary->data[boundary->len - 1]))
		buf_truncate(boundary, boundary->len - 1);
	if (!is_boundary(boundary))
		buf_truncate(boundary, 0);
}

/* The first row that fits holds; a name that ends in '/' fits all its subtypes. */
static const struct {
	const char *name;
	enum media_kind kind;
} kinds[] = {
	{ "text/", MEDIA_TEXT },
	{ "multipart/signed", MEDIA_SEALED },
	{ "multipart/encrypted", MEDIA_SEALED },
	{ "multipart/", MEDIA_MULTIPART },
	{ "message/rfc822", MEDIA_MESSAGE },
	{ "message/global", MEDIA_MESSAGE },
	{ "message/", MEDIA_SEALED },
	{ "application/pgp", MEDIA_SEALED },
	{ "application/pgp-encrypted", MEDIA_SEALED },
	{ "application/pgp-signature", MEDIA_SEALED },
	{ "application/pkcs7-mime", MEDIA_SEALED },
	{ "application/x-pkcs7-mime", MEDIA_SEALED },
	{ "application/pkcs7-signature", MEDIA_SEALED },
	{ "application/x-pkcs7-signature", MEDIA_SEALED },
};

static enum media_kind kind_of(const char *name)
{
	const char *slash = strchr(name, '/');

	if (!slash || slash == name || !slash[1])
		return MEDIA_TEXT;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *row = kinds[i].name;

		if (row[strlen(row) - 1] == '/' ? ascii_starts_with(name, row)
						: ascii_equal(name, row))
			return kinds[i].kind;
	}
	return MEDIA_OTHER;
}

void media_type_parse(struct media_type *t, const char *value, size_t len)
{
	struct buf name = BUF_INIT;
	size_t at = skip_space(value, len, 0), end = skip_to_semicolon(value, len, at);

	media_type_release(t);
	while (at < end) {
		buf_addc(&name, value[at]);
		at = skip_space(value, end, at + 1);
	}
	t->kind = kind_of(buf_str(&name));
	t->is_digest = ascii_equal(buf_str(&name), "multipart/digest");
	if (t->kind == MEDIA_MULTIPART)
		read_boundary(&t->boundary, value, len);
	buf_release(&name);
}

void media_type_release(struct media_type *t)
{
	buf_release(&t->boundary);
	*t = (struct media_type)MEDIA_TYPE_INIT;
}

static const struct {
	const char *name;
	enum transfer_encoding encoding;
} encodings[] = {
	{ "7bit", ENCODING_7BIT },
	{ "8bit", ENCODING_8BIT },
	{ "binary", ENCODING_BINARY },
	{ "quoted-printable", ENCODING_QP },
	{ "base64", ENCODING_BASE64 },
	{ "x-uuencode", ENCODING_UUENCODE },
	{ "uuencode", ENCODING_UUENCODE },
	{ "x-uue", ENCODING_UUENCODE },
	{ "uue", ENCODING_UUENCODE },
};

enum transfer_encoding mime_encoding(const char *value, size_t len)
{
	size_t at = skip_space(value, len, 0), end = at;

	while (end < len && !ascii_is_space(value[end]) && value[end] != ';' && value[end] != '(')
		end++;
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (ascii_equal_bytes(value + at, end - at, encodings[i].name))
			return encodings[i].encoding;
	return ENCODING_UNKNOWN;
}
