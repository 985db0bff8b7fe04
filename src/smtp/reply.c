/* SPDX-License-Identifier: ISC */
#include "smtp/reply.h"

#include "base/ascii.h"

#include <stdio.h>
#include <string.h>

/* The code of a line, 0 if it is no line of a reply. */
static int line_code(const struct buf *line)
{
	const char *s = buf_str(line);

	if (line->len < 3 || s[0] < '2' || s[0] > '5' || !ascii_is_digit(s[1]) ||
		!ascii_is_digit(s[2]))
		return 0;
	if (line->len > 3 && s[3] != ' ' && s[3] != '-')
		return 0;
	return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

/*
 * Length of the enhanced status code (RFC 2034) at s whose class goes with the reply code; 0 if
 * there is none.
 */
static size_t status_length(const char *s, int code)
{
	size_t at = 1;

	if (*s != code / 100 + '0' || code / 100 == 3)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (s[at++] != '.')
			return 0;
		for (; ascii_is_digit(s[at]); at++)
			digits++;
		if (!digits || digits > 3)
			return 0;
	}
	return !s[at] || ascii_is_blank(s[at]) || s[at] == '\n' ? at : 0;
}

static void add_text(struct reply *r, const struct buf *line)
{
	const char *s = buf_str(line);
	size_t start = r->text.len, len;

	for (size_t i = 4; i < line->len; i++)
		buf_addc(&r->text, s[i] ? s[i] : '?');
	len = status_length(buf_str(&r->text) + start, r->code);
	if (len)
		snprintf(r->status, sizeof r->status, "%.*s", (int)len, r->text.data + start);
}

static bool not_a_reply(const struct buf *line, struct error *err)
{
	return error_set(err, EX_PROTOCOL, "5.5.0", "the server's reply is not SMTP: '%.80s'",
		buf_str(line));
}

static bool read_lines(
	struct reply *r, struct stream *s, int64_t deadline_ms, struct buf *line, struct error *err)
{
	for (int count = 1;; count++) {
		int code;

		if (!stream_read_line(s, line, REPLY_LINE_KEEP, deadline_ms, err))
			return false;
		code = line_code(line);
		if (!code || (count > 1 && code != r->code))
			return not_a_reply(line, err);
		r->code = code;
		add_text(r, line);
		if (line->len < 4 || line->data[3] == ' ')
			return true;
		if (count == REPLY_LINES_MAX || r->text.len > REPLY_BYTES_MAX)
			return error_set(
				err, EX_PROTOCOL, "5.5.0", "the server's reply does not end");
		buf_addc(&r->text, '\n');
	}
}

bool reply_read(struct reply *r, struct stream *s, int64_t deadline_ms, struct error *err)
{
	struct buf line = BUF_INIT;
	bool ok;

	r->code = 0;
	r->status[0] = '\0';
	buf_truncate(&r->text, 0);
	ok = read_lines(r, s, deadline_ms, &line, err);
	buf_release(&line);
	return ok;
}

int reply_class(const struct reply *r)
{
	return r->code / 100;
}

bool reply_has_status(const struct reply *r, const char *subject_and_detail)
{
	return r->status[0] && strcmp(r->status + 2, subject_and_detail) == 0;
}

void reply_add_raw(const struct reply *r, struct buf *line)
{
	const char *s = buf_str(&r->text);

	for (bool first = true; *s || first; first = false) {
		size_t len, skip = first ? 0 : status_length(s, r->code);

		s += skip + (skip && s[skip] == ' ');
		len = strcspn(s, "\n");
		if (!first && len)
			buf_addc(line, ' ');
		buf_add(line, s, len);
		s += len + (s[len] == '\n');
	}
}

void reply_add_line(const struct reply *r, struct buf *line)
{
	struct buf raw = BUF_INIT;

	reply_add_raw(r, &raw);
	buf_add_printable(line, buf_str(&raw), raw.len);
	buf_release(&raw);
}

bool reply_error(const struct reply *r, const char *command, int refused_code, struct error *err)
{
	struct buf line = BUF_INIT;

	reply_add_line(r, &line);
	if (reply_class(r) == 4 || reply_class(r) == 5)
		error_set(err, reply_class(r) == 4 ? EX_TEMPFAIL : refused_code, r->status,
			"%s: %d %s", command, r->code, buf_str(&line));
	else
		error_set(err, EX_PROTOCOL, "5.5.0", "%s: unexpected reply %d %s", command, r->code,
			buf_str(&line));
	err->reply = r->code;
	buf_release(&line);
	return false;
}

void reply_release(struct reply *r)
{
	buf_release(&r->text);
	*r = (struct reply)REPLY_INIT;
}
