/* SPDX-License-Identifier: ISC */
#include "message/scan.h"

#include "base/alloc.h"
#include "base/ascii.h"

/* Octets of a line that is still compared with the boundaries. */
enum { DELIMITER_MAX = 1024 };

/* A multipart that was not left yet. */
struct level {
	struct buf boundary;
	size_t part;
	bool is_digest;
	bool is_closed; /* its close delimiter was seen: what follows is its epilogue */
	bool has_part;
};

enum state { IN_HEADER, IN_LEAF, IN_BETWEEN };

struct scanner {
	struct scan *scan;
	const struct body_facts *whole;
	enum state state;
	struct level levels[SCAN_DEPTH];
	size_t depth;
	size_t open[2 * SCAN_DEPTH + 1]; /* parts that were not ended yet, outermost first */
	size_t open_count;
	struct buf header; /* of the part in hand, up to the line in hand */
	uint64_t line_len; /* of the line in hand so far */
	bool is_digest;    /* the part in hand is a digest's */
};

static struct part *part_in_hand(struct scanner *s)
{
	return &s->scan->parts[s->open[s->open_count - 1]];
}

static bool add_part(struct scanner *s, uint64_t start, bool is_message)
{
	struct scan *scan = s->scan;

	if (scan->count == SCAN_PARTS || s->open_count == sizeof s->open / sizeof *s->open)
		return false;
	scan->parts = alloc_more(scan->parts, scan->count, &scan->alloc, sizeof *scan->parts);
	scan->parts[scan->count] = (struct part){
		.start = start,
		.body = start,
		.is_message = is_message,
		.header.is_utf8 = true,
		.facts.is_utf8 = true,
	};
	s->open[s->open_count++] = scan->count++;
	buf_truncate(&s->header, 0);
	s->state = IN_HEADER;
	return true;
}

static void end_part(struct scanner *s, uint64_t end)
{
	struct part *p = part_in_hand(s);

	p->end = end < p->body ? p->body : end;
	p->next = s->scan->count;
	s->open_count--;
}

static void push_level(struct scanner *s, struct media_type *type)
{
	struct level *l = &s->levels[s->depth++];

	l->part = s->open[s->open_count - 1];
	l->is_digest = type->is_digest;
	l->is_closed = l->has_part = false;
	buf_truncate(&l->boundary, 0);
	buf_swap(&l->boundary, &type->boundary);
	s->state = IN_BETWEEN;
}

/* A multipart of which no part came is a leaf after all. */
static void pop_level(struct scanner *s)
{
	struct level *l = &s->levels[--s->depth];

	if (!l->has_part)
		s->scan->parts[l->part].is_leaf = true;
}

static bool is_encoded(enum transfer_encoding e)
{
	return e == ENCODING_QP || e == ENCODING_BASE64 || e == ENCODING_UUENCODE;
}

/* Decides what comes behind the header of the part in hand. */
static bool begin_content(
	struct scanner *s, uint64_t at, struct media_type *type, enum transfer_encoding encoding)
{
	struct part *p = part_in_hand(s);

	p->body = at;
	p->kind = type->kind;
	p->encoding = encoding;
	s->is_digest = false;
	if (type->kind == MEDIA_MULTIPART && type->boundary.len && !is_encoded(encoding)) {
		if (s->depth == SCAN_DEPTH)
			return false;
		push_level(s, type);
		return true;
	}
	if (type->kind == MEDIA_MESSAGE && !is_encoded(encoding))
		return add_part(s, at, true);
	p->is_leaf = true;
	s->state = IN_LEAF;
	return true;
}

static bool read_header(struct scanner *s, const struct header *h, uint64_t body)
{
	struct media_type type = MEDIA_TYPE_INIT;
	enum transfer_encoding encoding = ENCODING_NONE;
	size_t at = header_find(h, "Content-Type", 0);
	bool ok;

	part_in_hand(s)->has_type = at < h->count;
	if (at < h->count)
		media_type_parse(
			&type, field_value(&h->fields[at]), field_value_len(&h->fields[at]));
	else if (s->is_digest)
		type.kind = MEDIA_MESSAGE;
	at = header_find(h, "Content-Transfer-Encoding", 0);
	if (at < h->count)
		encoding =
			mime_encoding(field_value(&h->fields[at]), field_value_len(&h->fields[at]));
	ok = begin_content(s, body, &type, encoding);
	media_type_release(&type);
	return ok;
}

/* The header of the part in hand is over; its content begins at body. */
static bool end_header(struct scanner *s, uint64_t body)
{
	struct header h = HEADER_INIT;
	bool ok;

	scan_header(&h, buf_str(&s->header), s->header.len);
	ok = read_header(s, &h, body);
	header_release(&h);
	return ok;
}

/* What a piece of a line adds to the facts; len does not count the CR LF at its end. */
static void add_facts(struct scanner *s, struct body_facts *f, const char *data, size_t len)
{
	if (s->line_len + len > f->longest)
		f->longest = s->line_len + len;
	if (s->whole->has_nul && !f->has_nul)
		f->has_nul = memchr(data, '\0', len);
	if (s->whole->has_bare_cr && !f->has_bare_cr)
		f->has_bare_cr = memchr(data, '\r', len);
	if (!s->whole->has_8bit || !ascii_has_8bit(data, len))
		return;
	f->has_8bit = true;
	f->is_utf8 = f->is_utf8 && utf8_is_valid(data, len);
}

/* A line, or a piece of one that is too long for a block. */
struct piece {
	const char *data;
	size_t len;     /* without the line end */
	size_t end_len; /* of the line end: 0 for a piece that does not end its line */
	uint64_t offset;
};

enum match { MATCH_NONE, MATCH_DELIMITER, MATCH_CLOSE };

/*
 * Is the line "--" boundary, or that and "--", blanks behind it passed over?  The boundary alone
 * is no more than a prefix.
 */
static enum match match_boundary(const struct buf *boundary, const struct piece *line)
{
	const char *rest = line->data + 2 + boundary->len, *end = line->data + line->len;
	enum match match = MATCH_DELIMITER;

	if (line->len < 2 + boundary->len ||
		memcmp(line->data + 2, boundary->data, boundary->len) != 0)
		return MATCH_NONE;
	if (end - rest >= 2 && rest[0] == '-' && rest[1] == '-') {
		match = MATCH_CLOSE;
		rest += 2;
	}
	while (rest < end && ascii_is_blank(*rest))
		rest++;
	return rest == end ? match : MATCH_NONE;
}

/* The outermost multipart goes first: its delimiter ends all that is inside, closed or not. */
static enum match match_levels(const struct scanner *s, const struct piece *line, size_t *level)
{
	if (line->len < 2 || line->len > DELIMITER_MAX || memcmp(line->data, "--", 2) != 0)
		return MATCH_NONE;
	for (*level = 0; *level < s->depth; ++*level) {
		const struct level *l = &s->levels[*level];
		enum match match = l->is_closed ? MATCH_NONE : match_boundary(&l->boundary, line);

		if (match != MATCH_NONE)
			return match;
	}
	return MATCH_NONE;
}

static bool delimiter(struct scanner *s, size_t level, enum match match, const struct piece *line)
{
	struct level *l = &s->levels[level];
	uint64_t end = line->offset >= 2 ? line->offset - 2 : 0;

	while (s->state == IN_HEADER) /* twice where an embedded message has not a line */
		if (!end_header(s, line->offset))
			return false;
	while (s->depth > level + 1)
		pop_level(s);
	while (s->open[s->open_count - 1] != l->part)
		end_part(s, end);
	add_facts(s, &s->scan->parts[l->part].facts, line->data, line->len);
	l->has_part |= match != MATCH_CLOSE;
	l->is_closed = match == MATCH_CLOSE;
	s->state = IN_BETWEEN;
	s->is_digest = l->is_digest;
	return l->is_closed || add_part(s, line->offset + line->len + line->end_len, false);
}

/*
 * A line while the header of a part is read.  *taken: it belongs to the header, or ended it;
 * else the content begins with it.
 */
static bool header_line(struct scanner *s, const struct piece *line, bool *taken)
{
	const bool begins = !s->line_len;

	*taken = true;
	if (begins && !line->len)
		return end_header(s, line->offset + line->end_len);
	*taken = !begins || header_line_is_field(line->data, line->len, NULL) ||
		 (s->header.len && ascii_is_blank(*line->data));
	if (!*taken)
		return end_header(s, line->offset);
	add_facts(s, &part_in_hand(s)->header, line->data, line->len);
	buf_add(&s->header, line->data, line->len);
	if (line->end_len)
		buf_addc(&s->header, '\n');
	return s->header.len <= HEADER_MAX_BYTES;
}

/* False: a limit was passed. */
static bool scan_piece(struct scanner *s, const struct piece *line)
{
	size_t level = 0;
	enum match match =
		s->line_len || !line->end_len ? MATCH_NONE : match_levels(s, line, &level);

	if (match != MATCH_NONE)
		return delimiter(s, level, match, line);
	while (s->state == IN_HEADER) {
		bool taken;

		if (!header_line(s, line, &taken))
			return false;
		if (taken)
			return true;
	}
	add_facts(s, &part_in_hand(s)->facts, line->data, line->len);
	return true;
}

/*
 * How much of a piece that does not end its line can be taken: no character is cut, nor a CR
 * that may belong to the line end.
 */
static size_t whole_characters(const char *data, size_t len)
{
	size_t n = len;

	if (data[n - 1] == '\r')
		n--;
	for (size_t back = 1; back < 4 && back <= n && ascii_is_8bit(data[n - back]); back++)
		if ((unsigned char)data[n - back] >= 0xc0)
			return n - back ? n - back : len;
	return n ? n : len;
}

/*
 * Takes the lines of a block, and of one without any line end a piece; *used: the octets taken,
 * never 0.
 */
static bool scan_block(
	struct scanner *s, uint64_t offset, const char *data, size_t len, bool at_end, size_t *used)
{
	for (*used = 0; *used < len;) {
		struct piece line = {
			.data = data + *used, .len = len - *used, .offset = offset + *used
		};
		const char *eol = memchr(line.data, '\n', line.len);

		if (!eol && *used && !at_end)
			return true;
		if (eol) {
			line.len = (size_t)(eol - line.data);
			line.end_len = line.len && eol[-1] == '\r' ? 2 : 1;
			line.len -= line.end_len - 1;
		} else if (!at_end) {
			line.len = whole_characters(line.data, line.len);
		}
		*used += line.len + line.end_len;
		if (!scan_piece(s, &line))
			return false;
		s->line_len = line.end_len ? 0 : s->line_len + line.len;
	}
	return true;
}

static bool scan_spool(struct scanner *s, const struct spool *body, struct error *err)
{
	size_t used;

	for (uint64_t at = 0; at < body->size; at += used) {
		const char *data;
		ssize_t n = spool_look(body, at, &data, err);

		if (n <= 0)
			return n == 0;
		if (!scan_block(s, at, data, (size_t)n, at + (uint64_t)n == body->size, &used)) {
			s->scan->is_complete = false;
			return true;
		}
	}
	return true;
}

/* Ends all that is open where the body ends. */
static void end_all(struct scanner *s, uint64_t size)
{
	while (s->scan->is_complete && s->state == IN_HEADER)
		s->scan->is_complete = end_header(s, size);
	while (s->depth)
		pop_level(s);
	while (s->open_count)
		end_part(s, size);
	for (size_t i = 0; i < SCAN_DEPTH; i++)
		buf_release(&s->levels[i].boundary);
	buf_release(&s->header);
}

bool scan_body(struct scan *scan, const struct header *h, const struct spool *body,
	const struct body_facts *whole, struct error *err)
{
	struct scanner s = { .scan = scan, .whole = whole };
	bool ok = true;

	scan->is_complete = true;
	add_part(&s, 0, true);
	read_header(&s, h, 0);
	if (s.state == IN_LEAF)
		scan->parts[0].facts = *whole;
	else
		ok = scan_spool(&s, body, err);
	end_all(&s, body->size);
	return ok;
}

void scan_header(struct header *h, const char *text, size_t len)
{
	while (len) {
		const char *eol = memchr(text, '\n', len);
		size_t line = eol ? (size_t)(eol - text) : len;
		size_t used = line + (eol != NULL);

		if (line && text[line - 1] == '\r')
			line--;
		if (line && h->count && ascii_is_blank(*text))
			header_continue(h, text, line);
		else if (line)
			header_add_line(h, text, line);
		text += used;
		len -= used;
	}
}

void scan_release(struct scan *s)
{
	free(s->parts);
	*s = (struct scan)SCAN_INIT;
}
