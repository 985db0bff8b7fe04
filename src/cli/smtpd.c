/* SPDX-License-Identifier: ISC */
#include "cli/smtpd.h"

#include "cli/smtpd_command.h"
#include "cli/smtpd_reply.h"

#include <string.h>

void smtpd_begin(struct smtpd *s, const struct smtpd_params *params)
{
	*s = (struct smtpd){ .params = params, .request = REQUEST_INIT };
	smtpd_reset(s);
	smtpd_reply(&s->out, 220, NULL, "%s ESMTP sendoff", params->host);
}

/* Adds to the command in hand, up to the end of its line. */
static size_t feed_command(struct smtpd *s, const char *data, size_t len)
{
	const char *lf = memchr(data, '\n', len);
	size_t taken = lf ? (size_t)(lf - data) + 1 : len;
	struct buf line = BUF_INIT;

	if (!s->line_too_long && !buf_add_within(&s->line, data, taken, SMTPD_LINE_MAX)) {
		s->line_too_long = true;
		buf_truncate(&s->line, 0);
	}
	if (!lf)
		return taken;
	buf_swap(&line, &s->line);
	if (s->line_too_long) {
		s->line_too_long = false;
		s->was_nonsense = true;
		smtpd_reply(
			&s->out, 500, "5.5.2", "the line is longer than %d octets", SMTPD_LINE_MAX);
	} else {
		buf_truncate(&line, line.len - 1);
		s->lf_line = !line.len || line.data[line.len - 1] != '\r';
		if (!s->lf_line)
			buf_truncate(&line, line.len - 1);
		smtpd_command(s, line.data, line.len);
	}
	buf_release(&line);
	return taken;
}

static void content_add(struct smtpd *s, const char *data, size_t len)
{
	if (len)
		s->last = data[len - 1];
	if (s->content_error.code == EX_OK)
		message_reader_add(&s->reader, data, len, &s->content_error);
}

/* The message is whole: it is on its way, or the client is told why not. */
static void content_end(struct smtpd *s)
{
	struct outcome outcome = OUTCOME_INIT;

	s->state = SMTPD_COMMANDS;
	if (s->content_error.code == EX_OK)
		message_reader_end(&s->reader, &s->content_error);
	message_reader_release(&s->reader);
	if (s->content_error.code != EX_OK) {
		smtpd_reply_error(&s->out, &s->content_error);
	} else {
		s->params->submit(&s->request, &outcome);
		s->accepted += smtpd_reply_outcome(&s->out, &outcome);
		outcome_release(&outcome);
	}
	smtpd_reset(s);
}

/*
 * One octet at the start of a line, where "." ends the content and any other dot was put there by
 * the client (RFC 5321 section 4.5.2).  False: the octet begins ordinary text and was not taken.
 */
static bool content_dot(struct smtpd *s, char c)
{
	if (s->held == 0 && c == '.') {
		s->held = 1;
		return true;
	}
	if (s->held == 1 && c == '\r') {
		s->held = 2;
		return true;
	}
	if (c == '\n' && (s->held == 2 || (s->held == 1 && s->lf_ends))) {
		content_end(s);
		return true;
	}
	s->line_start = false;
	if (s->held == 2)
		content_add(s, "\r", 1);
	else if (s->held == 1 && c == '\n')
		content_add(s, ".", 1);
	s->held = 0;
	return false;
}

/*
 * Ordinary text, up to a line that begins with a dot.  Where the client ends its lines in CR LF,
 * dots count behind CR LF alone: it may not have doubled one behind a bare LF, and text must not
 * become a command by such a dot.
 */
static size_t content_text(struct smtpd *s, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *lf = memchr(data + at, '\n', len - at);
		char before;

		if (!lf)
			break;
		at = (size_t)(lf - data) + 1;
		before = at > 1 ? data[at - 2] : s->last;
		if ((s->lf_ends || before == '\r') && (at == len || data[at] == '.')) {
			s->line_start = true;
			len = at;
		}
	}
	content_add(s, data, len);
	return len;
}

static size_t feed_content(struct smtpd *s, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && s->state == SMTPD_CONTENT)
		if (!s->line_start)
			at += content_text(s, data + at, len - at);
		else
			at += content_dot(s, data[at]);
	return at;
}

size_t smtpd_feed(struct smtpd *s, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && s->state == SMTPD_COMMANDS)
		at += feed_command(s, data + at, len - at);
	if (s->state == SMTPD_CONTENT)
		at += feed_content(s, data + at, len - at);
	return at;
}

int smtpd_status(const struct smtpd *s)
{
	if (s->state == SMTPD_CONTENT)
		return EX_DATAERR;
	return s->was_nonsense && !s->accepted ? EX_USAGE : EX_OK;
}

void smtpd_release(struct smtpd *s)
{
	if (s->state == SMTPD_CONTENT)
		message_reader_release(&s->reader);
	envelope_release(&s->request.envelope);
	message_release(&s->request.message);
	aliases_release(&s->aliases);
	buf_release(&s->line);
	buf_release(&s->out);
}
