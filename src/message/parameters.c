/* SPDX-License-Identifier: ISC */
#include "message/parameters.h"

#include "base/ascii.h"
#include "message/fold.h"
#include "message/mime.h"

enum {
	VALUE_MAX =
		900, /* octets of a value without blanks that can stay on a line with its name */
	LEAST = 12,  /* a character of four octets, encoded */
};

static bool is_attribute_char(char c)
{
	return ascii_is_alnum(c) || (c && strchr("!#$&+-.^_`{|}~", c));
}

static size_t encoded_length(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += is_attribute_char(s[i]) ? 1 : 3;
	return n;
}

static void encode(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_attribute_char(s[i]))
			buf_addc(out, s[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)s[i]);
}

/* Octets of whole characters whose encoded form fits room; at least one character. */
static size_t fitting(const char *s, size_t len, size_t room)
{
	size_t fits = 0;

	for (size_t n = 0, encoded = 0; n < len; fits = n) {
		size_t character = utf8_length(s + n, len - n);

		character = character ? character : 1;
		encoded += encoded_length(s + n, character);
		if (fits && encoded > room)
			break;
		n += character;
	}
	return fits;
}

/* name*0*=charset''...; each section on a line of its own. */
static void add_sections(
	struct buf *out, const struct buf *name, const char *charset, const struct buf *text)
{
	size_t n;

	for (size_t at = 0, section = 0; at < text->len; at += n, section++) {
		size_t used;

		if (section)
			buf_addc(out, ';');
		fold_here(out);
		if (section && !ascii_is_blank(out->data[out->len - 1]))
			buf_addc(out, ' ');
		buf_addf(out, "%s*%zu*=", buf_str(name), section);
		if (!section)
			buf_addf(out, "%s''", charset);
		used = fold_column(out) + 1;
		n = fitting(text->data + at, text->len - at,
			used + LEAST > FOLD_SOFT ? LEAST : FOLD_SOFT - used);
		encode(out, text->data + at, n);
	}
}

static void add_extended(struct buf *out, const struct buf *name, const struct buf *text)
{
	const char *charset = utf8_is_valid(buf_str(text), text->len) ? "utf-8" : "unknown-8bit";
	size_t length = name->len + strlen(charset) + 5 +
			encoded_length(buf_str(text), text->len); /* *=''; */

	if (fold_column(out) + length > FOLD_SOFT)
		fold_here(out);
	if (fold_column(out) + length > FOLD_SOFT) {
		add_sections(out, name, charset, text);
		return;
	}
	buf_addf(out, "%s*=%s''", buf_str(name), charset);
	encode(out, buf_str(text), text->len);
}

/* A value that was meant to be extended already: only its raw octets are encoded. */
static void add_repaired(struct buf *out, const char *value, const struct mime_param *p)
{
	for (size_t i = p->start; i < p->end; i++)
		if (ascii_is_8bit(value[i]))
			encode(out, value + i, 1);
		else
			buf_addc(out, value[i]);
}

static bool needs_encoding(const char *s, size_t len, bool utf8)
{
	size_t run = 0, longest = 0;

	for (size_t i = 0; i < len; i++) {
		run = ascii_is_blank(s[i]) || s[i] == '\n' ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return longest > VALUE_MAX || (ascii_has_8bit(s, len) && !(utf8 && utf8_is_valid(s, len)));
}

static void add_parameter(struct buf *out, const char *value, const struct mime_param *p)
{
	struct buf name = BUF_INIT, text = BUF_INIT;

	buf_add(&name, value + p->start, p->name_len);
	mime_param_text(value, p, &text);
	if (memchr(name.data, '*', name.len))
		add_repaired(out, value, p);
	else
		add_extended(out, &name, &text);
	buf_release(&name);
	buf_release(&text);
}

void parameters_add(struct buf *out, const char *value, size_t len, bool utf8)
{
	struct mime_param p;
	size_t done = 0;

	for (size_t at = 0; mime_param_next(value, len, &at, &p);) {
		buf_add(out, value + done, p.start - done);
		done = p.start;
		if (!needs_encoding(value + p.value_at, p.end - p.value_at, utf8))
			continue;
		add_parameter(out, value, &p);
		done = p.end;
	}
	buf_add(out, value + done, len - done);
}
