/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "base/strlist.h"
#include "message/message.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DOT = 1, BIT8 = 2, NUL = 4, CR = 8, NOT_UTF8 = 16 };

/* What goes in, what the header and the body then are, and what is known of the body. */
struct row {
	const char *name;
	unsigned flags; /* DOT: read without -i; the others are the facts expected */
	const char *in;
	size_t in_len;
	const char *header, *body;
	size_t body_len;
	unsigned longest;
};

#define ROW(name, flags, in, header, body, longest) \
	{ name, flags, in, sizeof in - 1, header, body, sizeof body - 1, longest }

#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define A1000 A100 A100 A100 A100 A100 A100 A100 A100 A100 A100

static const struct row rows[] = {
	ROW("nothing", 0, "", "", "", 0),
	ROW("header and body", 0, "To: a\nSubject: s\n\nhello\n", "To: a\r\nSubject: s\r\n", "hello\r\n", 5),
	ROW("CR LF", 0, "To: a\r\n\r\nhello\r\n", "To: a\r\n", "hello\r\n", 5),
	ROW("mixed line ends", 0, "To: a\r\nCc: b\n\r\nl1\nl2\r\n\n", "To: a\r\nCc: b\r\n", "l1\r\nl2\r\n\r\n", 2),
	ROW("header only", 0, "To: a\n", "To: a\r\n", "", 0),
	ROW("header without line end", 0, "To: a", "To: a\r\n", "", 0),
	ROW("header without line end but a CR", 0, "To: a\r", "To: a \r\n", "", 0),
	ROW("header and empty line", 0, "To: a\n\n", "To: a\r\n", "", 0),
	ROW("body without line end", 0, "To: a\n\nb", "To: a\r\n", "b\r\n", 1),
	ROW("empty header", 0, "\nbody\n", "", "body\r\n", 4),
	ROW("empty header, CR LF", 0, "\r\nbody\r\n", "", "body\r\n", 4),
	ROW("empty line only", 0, "\n", "", "", 0),
	ROW("two empty lines", 0, "\n\n", "", "\r\n", 0),
	ROW("folded", 0, "To: a,\n b,\r\n\tc\nCc: d\n\n", "To: a,\r\n b,\r\n\tc\r\nCc: d\r\n", "", 0),
	ROW("fold of blanks only", 0, "To: a\n  \n b\n\nx", "To: a\r\n  \r\n b\r\n", "x\r\n", 1),
	ROW("blank before the colon", 0, "Bcc \t: a\n\n", "Bcc \t: a\r\n", "", 0),
	ROW("empty values", 0, "To:\nSubject: \n\n", "To:\r\nSubject: \r\n", "", 0),
	ROW("long body line", 0, "\n" A1000 "\nb\n", "", A1000 "\r\nb\r\n", 1000),

	/* no header */
	ROW("text", 0, "just text\nmore: text\n", "", "just text\r\nmore: text\r\n", 10),
	ROW("text without line end", 0, "just text", "", "just text\r\n", 9),
	ROW("text that begins with a blank", 0, " x: y\nTo: a\n", "", " x: y\r\nTo: a\r\n", 5),
	ROW("text with a colon first", 0, ": x\n", "", ": x\r\n", 3),
	ROW("non-field ends the header", 0, "Subject: s\nnot a field\nTo: x\n\nbody\n", "Subject: s\r\n",
		"not a field\r\nTo: x\r\n\r\nbody\r\n", 11),
	ROW("8-bit name is no field", 0, "S\xc3\xbc: s\n\n", "", "S\xc3\xbc: s\r\n\r\n", 6 | 0x10000 * BIT8),
	ROW("long text", 0, A1000 A1000 ": x\ny\n", "", A1000 A1000 ": x\r\ny\r\n", 2003),
	ROW("long text with CR", 0, A1000 "\r" A1000 "\n", "", A1000 "\r" A1000 "\r\n", 2001 | 0x10000 * CR),
	ROW("long field", 0, "S: " A1000 A1000 "\n\nb\n", "S: " A1000 A1000 "\r\n", "b\r\n", 1),
	ROW("long fold", 0, "S: x\n " A1000 A1000 "\n\nb\n", "S: x\r\n " A1000 A1000 "\r\n", "b\r\n", 1),
	ROW("NUL in a name", 0, "Bc\0c: a\n", "", "Bc\0c: a\r\n", 7 | 0x10000 * NUL),

	/* mbox */
	ROW("From line", 0, "From a@x Thu Nov 26 10:30:00 2026\nTo: a\n\nb\n", "To: a\r\n", "b\r\n", 1),
	ROW("From line without a date", 0, "From a@x\nTo: a\n\nb\n", "To: a\r\n", "b\r\n", 1),
	ROW("From line, CR LF", 0, "From a@x Thu Nov 26 10:30:00 2026\r\n\r\nb\r\n", "", "b\r\n", 1),
	ROW("From line and text", 0, "From a@x Thu Nov 26 10:30:00 2026\ntext\n", "", "text\r\n", 4),
	ROW("From line alone", 0, "From a@x Thu Nov 26 10:30:00 2026", "", "", 0),
	ROW("text that begins with From", 0, "From here on\nit is text\n", "", "From here on\r\nit is text\r\n", 12),
	ROW("text that begins with From, alone", 0, "From here on", "", "From here on\r\n", 12),
	ROW("text that begins with From, CR", 0, "From here on\na\rb", "", "From here on\r\na\rb\r\n",
		12 | 0x10000 * CR),
	ROW("text that begins with From, empty line", 0, "From me\n\nb\n", "", "From me\r\n\r\nb\r\n", 7),
	ROW("long text after From", 0, "From me\n" A1000 A1000 "\n", "", "From me\r\n" A1000 A1000 "\r\n", 2000),
	ROW("long From", 0, "From " A1000 "\nTo: a\n", "", "From " A1000 "\r\nTo: a\r\n", 1005),
	ROW("From with blanks before its colon", 0, "From : a@x\nTo: b\n\n", "From : a@x\r\nTo: b\r\n", "", 0),
	ROW("From line later on", 0, "To: b\nFrom a@x Thu Nov 26 10:30:00 2026\n", "To: b\r\n",
		"From a@x Thu Nov 26 10:30:00 2026\r\n", 33),
	ROW("From lines in the body", 0, "To: b\n\nFrom x\n>From y\n", "To: b\r\n", "From x\r\n>From y\r\n", 7),
	ROW("From line and a dot", DOT, "From me\n.\nx\n", "", "From me\r\n", 7),

	/* dots without -i */
	ROW("dot", DOT, "To: a\n\nl1\n.\nl2\n", "To: a\r\n", "l1\r\n", 2),
	ROW("dot CR LF", DOT, "To: a\r\n\r\nl1\r\n.\r\nl2\r\n", "To: a\r\n", "l1\r\n", 2),
	ROW("dot at the end", DOT, "\nl1\n.", "", "l1\r\n", 2),
	ROW("dot CR at the end", DOT, "\nl1\n.\r", "", "l1\r\n.\r\r\n", 2 | 0x10000 * CR),
	ROW("dot CR x", DOT, "\n.\rx\n", "", ".\rx\r\n", 3 | 0x10000 * CR),
	ROW("dot CR CR LF", DOT, "\n.\r\r\nx\n", "", ".\r\r\nx\r\n", 2 | 0x10000 * CR),
	ROW("dot and blank", DOT, "\n. \nx\n", "", ". \r\nx\r\n", 2),
	ROW("leading dots", DOT, "\n..two\n.x\n...three\n..\nend\n", "", ".two\r\n.x\r\n..three\r\n.\r\nend\r\n", 7),
	ROW("dot in the header", DOT, "To: a\n.\nCc: b\n\nx\n", "To: a\r\n", "", 0),
	ROW("dots in the header", DOT, "To: a\n..x: y\n\nb\n", "To: a\r\n.x: y\r\n", "b\r\n", 1),
	ROW("dot first", DOT, ".\nTo: a\n", "", "", 0),
	ROW("dot as the empty line's end", DOT, "To: a\n\n.\n", "To: a\r\n", "", 0),
	ROW("dot inside a line", DOT, "\na.\n a\n.b.\n", "", "a.\r\n a\r\n.b.\r\n", 3),
	ROW("dot behind a bare CR", DOT, "\na\r.\nb\n", "", "a\r.\r\nb\r\n", 3 | 0x10000 * CR),

	/* dots with -i */
	ROW("dot, -i", 0, "\nl1\n.\nl2\n", "", "l1\r\n.\r\nl2\r\n", 2),
	ROW("dot CR LF, -i", 0, "\nl1\r\n.\r\nl2\r\n", "", "l1\r\n.\r\nl2\r\n", 2),
	ROW("leading dots, -i", 0, "\n..two\n...\n.", "", "..two\r\n...\r\n.\r\n", 5),

	/* CR */
	ROW("bare CR", 0, "\na\rb\n", "", "a\rb\r\n", 3 | 0x10000 * CR),
	ROW("CR CR LF", 0, "\na\r\r\nb\n", "", "a\r\r\nb\r\n", 2 | 0x10000 * CR),
	ROW("CR at the end", 0, "\na\r", "", "a\r\r\n", 2 | 0x10000 * CR),
	ROW("CRs only", 0, "\n\r\r\r\n\r", "", "\r\r\r\n\r\r\n", 2 | 0x10000 * CR),
	ROW("CR in a field", 0, "Subject: a\rBcc: x\n\nb\n", "Subject: a Bcc: x\r\n", "b\r\n", 1),
	ROW("CR CR LF in the header", 0, "To: a\r\r\n\r\r\nb\n", "To: a \r\n", "b\r\n", 1),
	ROW("CR in a name", 0, "Bc\rc: x\n\nb\n", "", "Bc\rc: x\r\n\r\nb\r\n", 7 | 0x10000 * CR),
	ROW("NUL in a field", 0, "Subject: a\0b\n c\0\n\nb\n", "Subject: a b\r\n c \r\n", "b\r\n", 1),
	ROW("LF dot CR LF", 0, "\r\na\n.\r\nRCPT TO:<x@y>\r\n", "", "a\r\n.\r\nRCPT TO:<x@y>\r\n", 13),

	/* octets */
	ROW("NUL", 0, "\na\0b\n", "", "a\0b\r\n", 3 | 0x10000 * NUL),
	ROW("UTF-8", 0, "\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7\n", "", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7\r\n",
		9 | 0x10000 * BIT8),
	ROW("UTF-8 at the end", 0, "\naaaaaaaaaaaaaa\xf0\x9f\x93\xa7", "", "aaaaaaaaaaaaaa\xf0\x9f\x93\xa7\r\n",
		18 | 0x10000 * BIT8),
	ROW("Latin-1", 0, "\naaaaaaaaaaaaaaaaaaa\xe9 b\n", "", "aaaaaaaaaaaaaaaaaaa\xe9 b\r\n",
		22 | 0x10000 * (BIT8 | NOT_UTF8)),
	ROW("Latin-1 at the end", 0, "\n\xe9", "", "\xe9\r\n", 1 | 0x10000 * (BIT8 | NOT_UTF8)),
	ROW("a surrogate", 0, "\n\xed\xa0\x80\n", "", "\xed\xa0\x80\r\n", 3 | 0x10000 * (BIT8 | NOT_UTF8)),
	ROW("a character cut by a line end", 0, "\n\xe2\x82\n\xac\n", "", "\xe2\x82\r\n\xac\r\n",
		2 | 0x10000 * (BIT8 | NOT_UTF8)),
	ROW("overlong", 0, "\n\xc0\xaf\n", "", "\xc0\xaf\r\n", 2 | 0x10000 * (BIT8 | NOT_UTF8)),
	ROW("8-bit in the header only", 0, "S: \xe9\n\nb\n", "S: \xe9\r\n", "b\r\n", 1),
};

static void feed(struct message *m, const struct row *row, size_t block)
{
	struct message_source source = { .fd = -1, .dot_ends = row->flags & DOT };
	struct message_reader r;
	struct error err = ERROR_INIT;

	message_reader_begin(&r, m, &source);
	for (size_t at = 0; at < row->in_len; at += block) {
		size_t n = row->in_len - at < block ? row->in_len - at : block;
		char *exact = malloc(n);

		memcpy(exact, row->in + at, n);
		assert_true(message_reader_add(&r, exact, n, &err));
		free(exact);
	}
	assert_true(message_reader_end(&r, &err));
	message_reader_release(&r);
}

static void compare(const struct message *m, const struct row *row, size_t block)
{
	unsigned facts = row->longest >> 16;
	struct buf header = BUF_INIT;

	header_write(&m->header, &header);
	if (strcmp(buf_str(&header), row->header) || m->body.size != row->body_len ||
		memcmp(buf_str(&m->body.memory), row->body, row->body_len))
		fail_msg("%s, blocks of %zu: header '%s', body '%s'", row->name, block, buf_str(&header),
			buf_str(&m->body.memory));
	if (m->facts.longest != (row->longest & 0xffff) || m->facts.has_8bit != !!(facts & BIT8) ||
		m->facts.has_nul != !!(facts & NUL) || m->facts.has_bare_cr != !!(facts & CR) ||
		m->facts.is_utf8 != !(facts & NOT_UTF8))
		fail_msg("%s, blocks of %zu: longest %u 8bit %d nul %d cr %d utf8 %d", row->name, block,
			(unsigned)m->facts.longest, m->facts.has_8bit, m->facts.has_nul, m->facts.has_bare_cr,
			m->facts.is_utf8);
	buf_release(&header);
}

static void rows_come_out_the_same_in_all_blocks(void **state)
{
	static const size_t blocks[] = { 1, 2, 3, 7, 13, 999, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
			struct message m = MESSAGE_INIT;

			feed(&m, &rows[i], blocks[b]);
			compare(&m, &rows[i], blocks[b]);
			message_release(&m);
		}
}

/* All texts of up to six of these signs, whole and in single octets, must agree. */
static void short_texts_do_not_depend_on_blocks(void **state)
{
	static const char signs[] = "a:.\r\n ";
	enum { SIGNS = sizeof signs - 1, LENGTH = 6 };
	unsigned all = 1;

	(void)state;
	for (int i = 0; i < LENGTH; i++)
		all *= SIGNS;
	for (unsigned n = 0; n < 2 * all; n++) {
		char text[LENGTH];
		struct row row = { .name = "short", .flags = n & 1 ? DOT : 0, .in = text, .in_len = LENGTH };
		struct message whole = MESSAGE_INIT, cut = MESSAGE_INIT;
		struct buf header = BUF_INIT;

		for (unsigned i = 0, rest = n / 2; i < LENGTH; i++, rest /= SIGNS)
			text[i] = signs[rest % SIGNS];
		feed(&whole, &row, LENGTH);
		feed(&cut, &row, 1);
		header_write(&whole.header, &header);
		row.header = buf_str(&header);
		row.body = buf_str(&whole.body.memory);
		row.body_len = (size_t)whole.body.size;
		row.longest = (unsigned)whole.facts.longest | (whole.facts.has_bare_cr ? 0x10000 * CR : 0);
		compare(&cut, &row, 1);
		buf_release(&header);
		message_release(&whole);
		message_release(&cut);
	}
}

static int file_of(const char *text, size_t len)
{
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void reads_a_descriptor_to_its_end(void **state)
{
	static const char text[] = "To: a\n\nl1\n.\nrest\n";
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct message_source source = { .fd = file_of(text, sizeof text - 1), .dot_ends = true, .drain = true };

	(void)state;
	assert_true(message_read(&m, &source, &err));
	assert_int_equal(m.body.size, 4);
	assert_int_equal(lseek(source.fd, 0, SEEK_CUR), sizeof text - 1);
	close(source.fd);
	message_release(&m);
}

static void what_cannot_be_read_is_no_input(void **state)
{
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct message_source source = { .fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), .drain = true };

	(void)state;
	assert_false(message_read(&m, &source, &err));
	assert_int_equal(err.code, EX_NOINPUT);
	close(source.fd);
	assert_false(message_read(&m, &source, &err));
	assert_int_equal(err.code, EX_NOINPUT);
	message_release(&m);
}

static void expect_refusal(const struct buf *text, uint64_t size_max, int code)
{
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct message_source source = { .fd = file_of(text->data, text->len), .drain = true, .size_max = size_max };

	assert_false(message_read(&m, &source, &err));
	assert_int_equal(err.code, code);
	assert_string_equal(err.status, "5.3.4");
	assert_int_equal(lseek(source.fd, 0, SEEK_CUR), (off_t)text->len);
	close(source.fd);
	message_release(&m);
}

static void limits_are_kept_and_the_input_drained(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, "To: a\n\n");
	while (text.len < 200000)
		buf_adds(&text, "twenty octets a line\n");
	expect_refusal(&text, 100000, EX_UNAVAILABLE);
	buf_release(&text);

	while (text.len <= HEADER_MAX_BYTES)
		buf_adds(&text, "Subject: many fields\n");
	expect_refusal(&text, 0, EX_DATAERR);
	buf_adds(&text, "\nbody\n");
	expect_refusal(&text, 0, EX_DATAERR);
	buf_release(&text);

	buf_adds(&text, "Subject: one field");
	while (text.len <= HEADER_MAX_BYTES)
		buf_adds(&text, " without an end");
	expect_refusal(&text, 0, EX_DATAERR);
	buf_release(&text);
}

/* Bodies over the memory limit lie in a file and are the same there. */
static void large_bodies_go_to_a_file(void **state)
{
	struct strlist directories = STRLIST_INIT;
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	struct message_source source = { .drain = true, .spool_directories = &directories };
	struct buf text = BUF_INIT;
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	(void)state;
	strlist_add(&directories, "/nowhere/at/all");
	strlist_add(&directories, ".");
	while (text.len < 3000000)
		buf_addf(&text, "line at %zu\r\n", text.len);
	buf_insert(&text, 0, "\n", 1);
	source.fd = file_of(text.data, text.len);
	assert_true(message_read(&m, &source, &err));
	assert_true(m.body.fd >= 0);
	assert_int_equal(m.body.size, text.len - 1);
	while ((n = spool_look(&m.body, at, &data, &err)) > 0) {
		assert_memory_equal(data, text.data + 1 + at, (size_t)n);
		at += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, m.body.size);
	close(source.fd);
	buf_release(&text);
	message_release(&m);
	strlist_release(&directories);
}

static int be_silent(void **state)
{
	(void)state;
	log_open("none");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_out_the_same_in_all_blocks),
		cmocka_unit_test(short_texts_do_not_depend_on_blocks),
		cmocka_unit_test(reads_a_descriptor_to_its_end),
		cmocka_unit_test(what_cannot_be_read_is_no_input),
		cmocka_unit_test(limits_are_kept_and_the_input_drained),
		cmocka_unit_test(large_bodies_go_to_a_file),
	};

	return cmocka_run_group_tests_name("message/message", tests, be_silent, NULL);
}
