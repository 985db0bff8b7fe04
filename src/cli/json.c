/* SPDX-License-Identifier: ISC */
#include "cli/json.h"

#include "base/ascii.h"

#include <string.h>

void json_begin(struct buf *out)
{
	buf_addc(out, '{');
}

void json_end(struct buf *out)
{
	buf_adds(out, "}\n");
}

/* Of at most three bytes. */
static unsigned code_point(const char *s, size_t n)
{
	unsigned code = (unsigned char)*s & (n == 1 ? 0x7fU : 0x3fU >> (n - 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3fU);
	return code;
}

static void add_character(struct buf *out, const char *s, size_t n)
{
	if (n == 0)
		buf_adds(out, "\xef\xbf\xbd");
	else if (n == 1 && (*s == '"' || *s == '\\'))
		buf_addf(out, "\\%c", *s);
	else if (!utf8_is_printable(s, n))
		buf_addf(out, "\\u%04x", code_point(s, n));
	else
		buf_add(out, s, n);
}

void json_value(struct buf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!text) {
		buf_adds(out, "null");
		return;
	}
	buf_addc(out, '"');
	while (len) {
		size_t n = utf8_length(text, len), step = n ? n : 1;

		add_character(out, text, n);
		text += step;
		len -= step;
	}
	buf_addc(out, '"');
}

void json_name(struct buf *out, const char *name)
{
	if (out->len && out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"%s\":", name);
}

void json_text(struct buf *out, const char *name, const char *text)
{
	json_name(out, name);
	json_value(out, text);
}

void json_number(struct buf *out, const char *name, int64_t number)
{
	json_name(out, name);
	buf_addf(out, "%lld", (long long)number);
}

void json_bool(struct buf *out, const char *name, bool value)
{
	json_name(out, name);
	buf_adds(out, value ? "true" : "false");
}
