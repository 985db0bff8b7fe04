/* SPDX-License-Identifier: ISC */
#include "smtp/data.h"

#include "net/stream.h"

#include <string.h>

/* *at_line_start, where a dot is doubled, is carried from block to block. */
static bool write_dotted(
	struct session *s, bool *at_line_start, const char *data, size_t len, struct error *err)
{
	const char *start = data, *end = data + len;

	while (data < end) {
		const char *lf;

		if (*at_line_start && *data == '.') {
			if (!stream_write(&s->stream, start, (size_t)(data - start), err) ||
				!stream_write(&s->stream, ".", 1, err))
				return false;
			start = data;
		}
		lf = memchr(data, '\n', (size_t)(end - data));
		*at_line_start = lf != NULL;
		data = lf ? lf + 1 : end;
	}
	return stream_write(&s->stream, start, (size_t)(end - start), err);
}

static bool write_block(
	struct session *s, bool *at_line_start, const char *data, size_t len, struct error *err)
{
	return at_line_start ? write_dotted(s, at_line_start, data, len, err)
			     : stream_write(&s->stream, data, len, err);
}

static void tell_progress(const struct session *s, const struct content *c, uint64_t body_at)
{
	const struct session_trace *t = s->params->trace;

	if (t && t->progress)
		t->progress(t->context, c->header.len + body_at, c->size);
}

static bool write_body(
	struct session *s, bool *at_line_start, const struct content *c, struct error *err)
{
	uint64_t at = 0;

	for (;;) {
		const char *data;
		ssize_t n = spool_look(c->body, at, &data, err);

		if (n > SPOOL_LOOK)
			n = SPOOL_LOOK;
		tell_progress(s, c, at);
		if (n <= 0)
			return n == 0;
		if (!write_block(s, at_line_start, data, (size_t)n, err))
			return false;
		at += (uint64_t)n;
	}
}

bool data_write(struct session *s, const struct content *c, enum data_form form, struct error *err)
{
	bool at_line_start = true;
	bool *dots = form == DATA_DOTTED ? &at_line_start : NULL;

	session_remark(s, "%llu octets of message", (unsigned long long)c->size);
	if (!write_block(s, dots, buf_str(&c->header), c->header.len, err) ||
		!write_body(s, dots, c, err))
		return false;
	if (!dots)
		return true;
	return (at_line_start || stream_write(&s->stream, "\r\n", 2, err)) &&
	       stream_write(&s->stream, ".\r\n", 3, err);
}
