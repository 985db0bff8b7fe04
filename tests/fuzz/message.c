/* SPDX-License-Identifier: ISC */
/* A message from standard input, whole and cut into blocks; the first octets say how. */
#include "message/message.h"

#include "base/ascii.h"
#include "base/log.h"
#include "fuzz.h"

static bool read_cut(struct message *m, const struct message_source *source, const struct fuzz_input *in, size_t block)
{
	struct message_reader reader;
	struct error err = ERROR_INIT;
	bool ok = true;

	message_reader_begin(&reader, m, source);
	for (size_t at = 0; ok && at < in->size; at += block) {
		size_t n = in->size - at < block ? in->size - at : block;
		char *copy = fuzz_copy(&(struct fuzz_input){ in->data + at, n });

		ok = message_reader_add(&reader, copy, n, &err);
		free(copy);
	}
	ok = ok && message_reader_end(&reader, &err);
	message_reader_release(&reader);
	fuzz_require(ok || (err.code != EX_OK && *err.text), "a failure says why");
	return ok;
}

static void body_of(const struct message *m, struct buf *out)
{
	const char *data;
	struct error err;
	ssize_t n;

	while ((n = spool_look(&m->body, out->len, &data, &err)) > 0)
		buf_add(out, data, (size_t)n);
	fuzz_require(n == 0 && out->len == m->body.size, "a body can be read");
}

static void check_facts(const struct body_facts *f, const struct buf *body)
{
	uint64_t longest = 0, line = 0;
	bool bare_cr = false;

	for (size_t i = 0; i < body->len; i++) {
		bool is_end = body->data[i] == '\r' && i + 1 < body->len && body->data[i + 1] == '\n';

		fuzz_require(body->data[i] != '\n', "no bare LF in a body");
		bare_cr = bare_cr || (body->data[i] == '\r' && !is_end);
		line = is_end ? 0 : line + 1;
		longest = line > longest ? line : longest;
		i += is_end;
	}
	fuzz_require(!line, "the last line is whole");
	fuzz_require(f->longest == longest && f->has_bare_cr == bare_cr, "the facts are true of lines");
	fuzz_require(f->has_nul == (body->len && memchr(body->data, 0, body->len)) &&
			     f->has_8bit == (body->len && ascii_has_8bit(body->data, body->len)) &&
			     f->is_utf8 == (!body->len || utf8_is_valid(body->data, body->len)),
		"the facts are true of octets");
}

static void check_header(const struct header *h)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];

		fuzz_require(f->name_len && f->value <= f->text.len && f->text.data[f->value - 1] == ':',
			"a field has a name and a value");
		fuzz_require(!memchr(f->text.data, '\r', f->text.len) && strlen(f->text.data) == f->text.len,
			"a field holds no CR, no NUL");
	}
}

static void write_all(const struct message *m, struct buf *out)
{
	struct buf body = BUF_INIT;

	check_header(&m->header);
	body_of(m, &body);
	check_facts(&m->facts, &body);
	header_write(&m->header, out);
	buf_adds(out, "\r\n");
	buf_add(out, body.data, body.len);
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	struct message whole = MESSAGE_INIT, cut = MESSAGE_INIT;
	struct buf first = BUF_INIT, second = BUF_INIT;
	unsigned how = fuzz_octet(&in);
	struct message_source source = { .fd = -1, .dot_ends = how & 1, .size_max = how & 2 ? 300 : 0 };
	size_t block = fuzz_octet(&in) + 1;
	bool ok;

	log_open("none");
	ok = read_cut(&whole, &source, &in, size + 1);
	fuzz_require(read_cut(&cut, &source, &in, block) == ok, "how the text is cut makes no difference");
	if (ok) {
		write_all(&whole, &first);
		write_all(&cut, &second);
		fuzz_require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0,
			"how the text is cut makes no difference");
	}
	message_release(&whole);
	message_release(&cut);
	buf_release(&first);
	buf_release(&second);
	return 0;
}
