/* SPDX-License-Identifier: ISC */
#include "message/message.h"

#include "base/ascii.h"
#include "base/log.h"
#include "message/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { READ_BLOCK = 64 * 1024 }; /* what a pipe holds */

void message_reader_begin(
	struct message_reader *r, struct message *m, const struct message_source *source)
{
	*r = (struct message_reader){ .message = m, .source = source, .state = READ_START };
	m->body.directories = source->spool_directories;
	m->facts = (struct body_facts){ .is_utf8 = true };
}

static struct body_facts *facts(struct message_reader *r)
{
	return &r->message->facts;
}

/* Octets of an unfinished line; those of a line of the body go out, others wait for its end. */
static void line_add(struct message_reader *r, const char *p, size_t len)
{
	buf_add(r->state == READ_BODY ? &r->out : &r->line, p, len);
	r->line_len += len;
}

static void body_line_end(struct message_reader *r)
{
	buf_add(&r->out, "\r\n", 2);
	if (r->line_len > facts(r)->longest)
		facts(r)->longest = r->line_len;
	r->line_len = 0;
}

/*
 * A line that was taken for one of the header turns out to be the body's first, perhaps before
 * its end.
 */
static void header_to_body(struct message_reader *r)
{
	struct buf line = BUF_INIT;

	buf_swap(&line, &r->line);
	r->state = READ_BODY;
	r->line_len = 0;
	if (memchr(buf_str(&line), '\r', line.len))
		facts(r)->has_bare_cr = true;
	line_add(r, buf_str(&line), line.len);
	buf_release(&line);
}

/* mbox: "From alice Thu Nov 26 10:30:00 2026"; text may begin with "From " too. */
static bool has_time(const struct buf *line)
{
	const char *s = buf_str(line);

	for (size_t i = 3; i + 2 < line->len; i++)
		if (s[i] == ':' && ascii_is_digit(s[i - 1]) && ascii_is_digit(s[i - 2]) &&
			s[i - 3] == ' ' && ascii_is_digit(s[i + 1]) && ascii_is_digit(s[i + 2]))
			return true;
	return false;
}

static bool is_from_line(const struct buf *line)
{
	return line->len >= 5 && line->len <= HEADER_NAME_MAX &&
	       memcmp(line->data, "From ", 5) == 0 &&
	       !header_line_is_field(line->data, line->len, NULL);
}

static bool is_blank_line(const struct buf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] != '\r')
			return false;
	return line->len <= HEADER_NAME_MAX;
}

/* Is what stands in r->line, as far as it has come, part of the header? */
static bool belongs_to_header(const struct message_reader *r)
{
	const struct buf *line = &r->line;

	if (line->len && ascii_is_blank(*line->data) && r->message->header.count)
		return true;
	return header_line_is_field(buf_str(line), line->len, NULL);
}

/*
 * What the first line "From ..." was, now that the second has come (or the input's end):
 * dropped, or the body's.
 */
static void settle_from_line(struct message_reader *r)
{
	struct buf second = BUF_INIT;

	if (belongs_to_header(r) || has_time(&r->from_line)) {
		r->state = READ_HEADER;
		buf_release(&r->from_line);
		return;
	}
	buf_swap(&second, &r->line);
	buf_swap(&r->line, &r->from_line);
	header_to_body(r);
	body_line_end(r);
	if (memchr(buf_str(&second), '\r', second.len))
		facts(r)->has_bare_cr = true;
	line_add(r, buf_str(&second), second.len);
	buf_release(&second);
}

static void header_line_end(struct message_reader *r)
{
	struct header *h = &r->message->header;
	struct buf *line = &r->line;

	if (r->state == READ_START && is_from_line(line)) {
		buf_swap(line, &r->from_line);
		r->state = READ_FROM_LINE;
		r->line_len = 0;
		return;
	}
	if (r->state == READ_FROM_LINE)
		settle_from_line(r);
	if (r->state != READ_BODY && !is_blank_line(line) && !belongs_to_header(r))
		header_to_body(r);
	if (r->state == READ_BODY) {
		body_line_end(r);
		return;
	}
	if (is_blank_line(line))
		r->state = READ_BODY;
	else if (ascii_is_blank(*line->data))
		header_continue(h, line->data, line->len);
	else
		header_add_line(h, line->data, line->len);
	r->state = r->state == READ_START ? READ_HEADER : r->state;
	r->header_size += line->len + 2;
	r->line_len = 0;
	buf_truncate(line, 0);
}

static void line_end(struct message_reader *r)
{
	if (r->state == READ_BODY)
		body_line_end(r);
	else
		header_line_end(r);
}

/*
 * Between two blocks: a line without an end that is seen to be none of the header need not be
 * kept whole, and the header must keep its limit.
 */
static bool check_header(struct message_reader *r, struct error *err)
{
	bool in_header = r->state < READ_BODY && belongs_to_header(r);

	if (r->state == READ_FROM_LINE && r->line.len > HEADER_NAME_MAX && !in_header)
		settle_from_line(r);
	if (r->state < READ_BODY && r->line.len > HEADER_NAME_MAX && !in_header)
		header_to_body(r);
	if (r->header_size + (in_header ? r->line.len + 2 : 0) > HEADER_MAX_BYTES)
		return error_set(err, EX_DATAERR, "5.3.4", "the header is larger than %d octets",
			HEADER_MAX_BYTES);
	return true;
}

/* Octets up to a line end (which is not among them) or to the end of the block. */
static void take_piece(struct message_reader *r, const char *p, size_t len, bool ends)
{
	if (r->pending_cr && !(ends && !len)) {
		facts(r)->has_bare_cr |= r->state == READ_BODY;
		line_add(r, "\r", 1);
	}
	r->pending_cr = false;
	if (len && p[len - 1] == '\r') {
		len--;
		r->pending_cr = !ends;
	}
	if (r->state == READ_BODY && len && memchr(p, '\r', len))
		facts(r)->has_bare_cr = true;
	line_add(r, p, len);
	if (ends)
		line_end(r);
}

/* At the start of a line, or behind dots held back there; true: the octet was taken. */
static bool take_dot(struct message_reader *r, char c)
{
	bool at_start = !r->line_len && !r->pending_cr;

	if (r->dot == DOT_NONE && at_start && c == '.') {
		r->dot = DOT_ONE;
		return true;
	}
	if (r->dot == DOT_NONE)
		return false;
	if (c == '\n') {
		r->state = READ_DONE;
		r->dot = DOT_NONE;
		return true;
	}
	if (r->dot == DOT_ONE && c == '\r') {
		r->dot = DOT_CR;
		return true;
	}
	line_add(r, ".", 1);
	r->pending_cr = r->dot == DOT_CR;
	at_start = r->dot == DOT_ONE && c == '.';
	r->dot = DOT_NONE;
	return at_start;
}

static void take_block(struct message_reader *r, const char *p, const char *end)
{
	while (p < end && r->state != READ_DONE) {
		const char *eol;

		if (r->source->dot_ends && take_dot(r, *p)) {
			p++;
			continue;
		}
		eol = memchr(p, '\n', (size_t)(end - p));
		take_piece(r, p, (size_t)((eol ? eol : end) - p), eol != NULL);
		p = eol ? eol + 1 : end;
	}
	if (p < end && !r->dropped) {
		log_line(LOG_WARNING,
			"input behind a line of a single dot was dropped (use -i to send it)");
		r->dropped = true;
	}
}

/* Hands on what has come together in r->out. */
static bool pass_on(struct message_reader *r, struct error *err)
{
	struct message *m = r->message;
	uint64_t max = r->source->size_max;

	facts_add(&m->facts, r->utf8, &r->utf8_len, buf_str(&r->out), r->out.len);
	if (max && m->body.size + r->out.len + r->header_size > max)
		return error_set(err, EX_UNAVAILABLE, "5.3.4",
			"the message is larger than %" PRIu64 " octets (max_message_size)", max);
	if (!spool_add(&m->body, buf_str(&r->out), r->out.len, err))
		return false;
	buf_truncate(&r->out, 0);
	return true;
}

bool message_reader_add(struct message_reader *r, const char *data, size_t len, struct error *err)
{
	while (len) {
		size_t n = len < READ_BLOCK ? len : READ_BLOCK;

		take_block(r, data, data + n);
		if (!check_header(r, err) || !pass_on(r, err))
			return false;
		data += n;
		len -= n;
	}
	return true;
}

bool message_reader_end(struct message_reader *r, struct error *err)
{
	if (r->dot == DOT_CR) {
		line_add(r, ".", 1);
		r->pending_cr = true;
	}
	if (r->pending_cr)
		take_piece(r, "", 0, false);
	if (r->line_len)
		line_end(r);
	if (r->from_line.len)
		settle_from_line(r);
	if (!check_header(r, err) || !pass_on(r, err))
		return false;
	facts_end(facts(r), r->utf8_len);
	r->state = READ_DONE;
	return spool_seal(&r->message->body, err);
}

void message_reader_release(struct message_reader *r)
{
	buf_release(&r->line);
	buf_release(&r->from_line);
	buf_release(&r->out);
}

static ssize_t read_block(int fd, char *block)
{
	for (;;) {
		ssize_t n = read(fd, block, READ_BLOCK);
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN)
			poll(&p, 1, -1);
	}
}

bool message_read(struct message *m, const struct message_source *source, struct error *err)
{
	struct message_reader r;
	struct buf block = BUF_INIT;
	bool ok = true;
	ssize_t n;

	message_reader_begin(&r, m, source);
	buf_reserve(&block, READ_BLOCK);
	while ((n = read_block(source->fd, block.data)) > 0) {
		ok = ok && message_reader_add(&r, block.data, (size_t)n, err);
		if (!source->drain && (!ok || r.state == READ_DONE))
			break;
	}
	if (ok && n < 0)
		ok = error_set_errno(
			err, EX_NOINPUT, errno, "the message cannot be read from standard input");
	ok = ok && message_reader_end(&r, err);
	message_reader_release(&r);
	buf_release(&block);
	return ok;
}

void message_release(struct message *m)
{
	header_release(&m->header);
	spool_release(&m->body);
}

uint64_t message_size(const struct message *m)
{
	uint64_t size = m->body.size;

	for (size_t i = 0; i < m->header.count; i++)
		size += m->header.fields[i].text.len + 2;
	return size ? size + 2 : 0;
}
