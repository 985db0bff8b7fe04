/* SPDX-License-Identifier: ISC */
#include "message/recode.h"

#include "base/ascii.h"
#include "base/base64.h"

static const char upper_hex[] = "0123456789ABCDEF";

static void soft_break(struct recoder *r, struct buf *out)
{
	buf_adds(out, "=\r\n");
	r->column = 0;
}

/* A '-' behind a soft break is encoded: with what follows it could make a boundary delimiter. */
static void encode_held_hyphen(struct recoder *r)
{
	if (r->held_len != 1 || r->held[0] != '-')
		return;
	memcpy(r->held, "=2D", 3);
	r->held_len = 3;
}

/*
 * Writes the held token; room is 75 where the line goes on (a soft break must fit), 76 at its
 * end.
 */
static void flush_token(struct recoder *r, struct buf *out, size_t room)
{
	if (r->column + r->held_len > room) {
		soft_break(r, out);
		encode_held_hyphen(r);
	}
	buf_add(out, r->held, r->held_len);
	r->column += r->held_len;
	r->held_len = 0;
}

static void hold_token(struct recoder *r, struct buf *out, const char *token, size_t len)
{
	flush_token(r, out, RECODE_LINE - 1);
	memcpy(r->held, token, len);
	r->held_len = len;
}

static void hold_octet(struct recoder *r, struct buf *out, char c)
{
	const unsigned char u = (unsigned char)c;
	const char token[3] = { '=', upper_hex[u >> 4], upper_hex[u & 15] };

	hold_token(r, out, token, sizeof token);
}

/*
 * Literal characters, written in pieces that fill lines; the last is held, for it may be a blank
 * at a line's end.
 */
static void add_literal(struct recoder *r, struct buf *out, const char *s, size_t len)
{
	flush_token(r, out, RECODE_LINE - 1);
	while (len > 1) {
		size_t room = RECODE_LINE - 1 - r->column;
		size_t n = len - 1 < room ? len - 1 : room;

		if (!n) {
			hold_token(r, out, s, 1);
			flush_token(r, out, RECODE_LINE - 1);
			n = 1;
		} else {
			buf_add(out, s, n);
			r->column += n;
		}
		s += n;
		len -= n;
	}
	hold_token(r, out, s, 1);
}

static bool holds_blank(const struct recoder *r)
{
	return r->held_len == 1 && ascii_is_blank(r->held[0]);
}

/* A blank at the end of a line would get lost (RFC 2045 section 6.7, rule 3). */
static void encode_held_blank(struct recoder *r)
{
	if (!holds_blank(r))
		return;
	memcpy(r->held, r->held[0] == ' ' ? "=20" : "=09", 3);
	r->held_len = 3;
}

static void hard_break(struct recoder *r, struct buf *out)
{
	flush_token(r, out, RECODE_LINE);
	buf_adds(out, "\r\n");
	r->column = 0;
}

static bool is_literal(char c)
{
	return (c >= ' ' && c <= '~' && c != '=') || c == '\t';
}

static size_t literal_span(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_literal(s[n]))
		n++;
	return n;
}

static void qp_octet(struct recoder *r, struct buf *out, char c)
{
	if (r->pending_cr && c == '\n') {
		encode_held_blank(r);
		hard_break(r, out);
		r->pending_cr = false;
		return;
	}
	if (r->pending_cr)
		hold_octet(r, out, '\r');
	r->pending_cr = c == '\r';
	if (is_literal(c))
		add_literal(r, out, &c, 1);
	else if (!r->pending_cr)
		hold_octet(r, out, c);
}

static void qp_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	while (len) {
		size_t n = r->pending_cr ? 0 : literal_span(data, len);

		if (n)
			add_literal(r, out, data, n);
		else
			qp_octet(r, out, *data);
		data += n ? n : 1;
		len -= n ? n : 1;
	}
}

static void qp_end(struct recoder *r, struct buf *out)
{
	if (r->pending_cr)
		hold_octet(r, out, '\r');
	encode_held_blank(r);
	flush_token(r, out, RECODE_LINE);
}

/* Is an "=" of the input held that has not got its two characters yet? */
static bool in_escape(const struct recoder *r)
{
	return r->held_len && r->held[0] == '=' && r->held_len < 3;
}

/* A line end of the input: of a soft break where a lone "=" is held, else a hard one. */
static void again_line_end(struct recoder *r, struct buf *out)
{
	if (r->held_len == 1 && r->held[0] == '=') {
		r->held_len = 0;
		soft_break(r, out);
		return;
	}
	hard_break(r, out);
}

/* An "=" that begins nothing stands for itself. */
static void close_escape(struct recoder *r, struct buf *out)
{
	if (!in_escape(r))
		return;
	memmove(r->held + 3, r->held + 1, r->held_len - 1);
	memcpy(r->held, "=3D", 3);
	r->held_len += 2;
	flush_token(r, out, RECODE_LINE - 1);
}

static void again_char(struct recoder *r, struct buf *out, char c)
{
	if (in_escape(r) && is_literal(c)) {
		r->held[r->held_len++] = c;
		return;
	}
	close_escape(r, out);
	if (is_literal(c) || c == '=')
		hold_token(r, out, &c, 1);
	else
		hold_octet(r, out, c);
}

static void again_octet(struct recoder *r, struct buf *out, char c)
{
	bool was_cr = r->pending_cr;

	r->pending_cr = c == '\r';
	if (was_cr && c == '\n') {
		again_line_end(r, out);
		return;
	}
	if (was_cr)
		again_char(r, out, '\r');
	if (c != '\r')
		again_char(r, out, c);
}

static void again_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		again_octet(r, out, data[i]);
}

static void again_end(struct recoder *r, struct buf *out)
{
	if (r->pending_cr)
		again_char(r, out, '\r');
	flush_token(r, out, RECODE_LINE);
}

/* Lines of base64 are separated by CR LF, not ended. */
static void begin_line(struct recoder *r, struct buf *out)
{
	if (r->has_output)
		buf_adds(out, "\r\n");
	r->has_output = true;
	r->column = 0;
}

static void base64_line(struct recoder *r, struct buf *out, const char *octets, size_t len)
{
	begin_line(r, out);
	base64_encode(out, octets, len);
}

static void base64_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	while (len) {
		size_t n = RECODE_OCTETS - r->held_len;

		n = n < len ? n : len;
		memcpy(r->held + r->held_len, data, n);
		r->held_len += n;
		data += n;
		len -= n;
		if (r->held_len == RECODE_OCTETS) {
			base64_line(r, out, r->held, r->held_len);
			r->held_len = 0;
		}
	}
}

static void base64_end(struct recoder *r, struct buf *out)
{
	if (r->held_len)
		base64_line(r, out, r->held, r->held_len);
}

static void base64_again_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum(data[i]) && data[i] != '+' && data[i] != '/' && data[i] != '=')
			continue;
		if (!r->has_output || r->column == RECODE_LINE)
			begin_line(r, out);
		buf_addc(out, data[i]);
		r->column++;
	}
}

/*
 * One octet of what lies between parts.  What goes on behind a break begins with a blank, so
 * that no boundary delimiter can come into being; blanks at the break itself are dropped.
 */
static void scrub_octet(struct recoder *r, struct buf *out, char c)
{
	if (c == '\0' || c == '\r')
		c = ' ';
	if (r->how == RECODE_SCRUB_7BIT && ascii_is_8bit(c))
		c = '?';
	if (r->column >= RECODE_LONGEST) {
		if (ascii_is_blank(c))
			return;
		buf_adds(out, "\r\n ");
		r->column = 1;
	}
	buf_addc(out, c);
	r->column++;
}

static void scrub_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool was_cr = r->pending_cr;

		r->pending_cr = data[i] == '\r';
		if (was_cr && data[i] == '\n') {
			buf_adds(out, "\r\n");
			r->column = 0;
			continue;
		}
		if (was_cr)
			scrub_octet(r, out, '\r');
		if (data[i] != '\r')
			scrub_octet(r, out, data[i]);
	}
}

static void scrub_end(struct recoder *r, struct buf *out)
{
	if (r->pending_cr)
		scrub_octet(r, out, '\r');
}

static const struct {
	void (*add)(struct recoder *r, struct buf *out, const char *data, size_t len);
	void (*end)(struct recoder *r, struct buf *out); /* NULL: nothing is held back */
} methods[] = {
	[RECODE_QP] = { qp_add, qp_end },
	[RECODE_BASE64] = { base64_add, base64_end },
	[RECODE_QP_AGAIN] = { again_add, again_end },
	[RECODE_BASE64_AGAIN] = { base64_again_add, NULL },
	[RECODE_SCRUB] = { scrub_add, scrub_end },
	[RECODE_SCRUB_7BIT] = { scrub_add, scrub_end },
};

void recode_begin(struct recoder *r, enum recode_how how)
{
	*r = (struct recoder){ .how = how };
}

void recode_add(struct recoder *r, struct buf *out, const char *data, size_t len)
{
	methods[r->how].add(r, out, data, len);
}

void recode_end(struct recoder *r, struct buf *out)
{
	if (methods[r->how].end)
		methods[r->how].end(r, out);
}
