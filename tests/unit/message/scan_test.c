/* SPDX-License-Identifier: ISC */
#include "message/scan.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct body_facts anything = { .has_8bit = true, .has_nul = true, .has_bare_cr = true };

/* The parts as text: "multi(text[hello] other[])"; leaves with their content, LF for CR LF. */
static size_t describe(const struct scan *s, size_t i, const char *body, struct buf *out)
{
	static const char *const names[] = { "text", "other", "multi", "message", "sealed" };
	const struct part *p = &s->parts[i];
	size_t next = i + 1;

	buf_adds(out, names[p->kind]);
	buf_adds(out, p->is_leaf ? "[" : "(");
	for (uint64_t at = p->body; p->is_leaf && at < p->end; at++)
		if (body[at] != '\r')
			buf_addc(out, body[at] == '\n' ? '|' : body[at]);
	while (next < p->next) {
		if (next > i + 1)
			buf_addc(out, ' ');
		next = describe(s, next, body, out);
	}
	buf_adds(out, p->is_leaf ? "]" : ")");
	return next;
}

/* Line ends CR LF, as the reader makes them. */
static void fill(struct spool *spool, const char *text, size_t len)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < len; i++)
		assert_true(spool_add(spool, text[i] == '\n' ? "\r\n" : text + i, text[i] == '\n' ? 2 : 1, &err));
	assert_true(spool_seal(spool, &err));
}

static void scan(struct scan *s, const char *type, const struct spool *body)
{
	struct header h = HEADER_INIT;
	struct error err = ERROR_INIT;

	if (type)
		header_add(&h, "Content-Type", type);
	assert_true(scan_body(s, &h, body, &anything, &err));
	header_release(&h);
}

struct row {
	const char *type, *body, *parts;
};

#define MIXED "multipart/mixed; boundary=b"

static const struct row rows[] = {
	{ NULL, "just text\n", "text[just text|]" },
	{ "text/plain", "--b\n", "text[--b|]" },
	{ "image/png", "x\n", "other[x|]" },
	{ "nonsense", "x\n", "text[x|]" },
	{ MIXED, "--b\n\none\n--b\nContent-Type: image/png\n\ntwo\n\n--b--\n", "multi(text[one] other[two|])" },
	{ "Multipart/MIXED;\n Boundary=\"b\"", "pre\n--b\n\none\n--b--\nepi\n--b\nmore\n", "multi(text[one])" },
	{ MIXED, "--b \t\n\none\n--b--  \n", "multi(text[one])" },
	{ MIXED, "--b\n\n--b2\n--bb\n --b\nb\n--b-\n--b--x\n--b--\n", "multi(text[--b2|--bb| --b|b|--b-|--b--x])" },
	{ MIXED, "--b\n\none\n", "multi(text[one|])" },
	{ MIXED, "--b\n--b\nX: y\n--b\n\n--b--\n", "multi(text[] text[] text[])" },
	{ MIXED, "--b\nno field\n--b--\n", "multi(text[no field])" },
	{ MIXED, "no delimiter\n", "multi[no delimiter|]" },
	{ MIXED, "", "multi[]" },
	{ MIXED, "--b--\n", "multi[--b--|]" },
	{ "multipart/mixed", "--b\n\none\n--b--\n", "multi[--b||one|--b--|]" },
	{ "multipart/mixed; boundary*0=\"a \"; boundary*1*=%41", "--a A\n\none\n--a A--\n", "multi(text[one])" },
	{ "multipart/mixed; x=\"; boundary=c\"; (c;) boundary=b ", "--b\n\none\n--b--\n", "multi(text[one])" },
	{ "multipart/signed; boundary=b", "--b\n\none\n--b--\n", "sealed[--b||one|--b--|]" },
	{ "application/pkcs7-mime", "x\n", "sealed[x|]" },
	{ "message/delivery-status", "x: y\n", "sealed[x: y|]" },
	/* inside each other */
	{ MIXED, "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n\n--b\n\ntwo\n--b--\n",
		"multi(multi(text[one]) text[two])" },
	{ MIXED, "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--c\n--b--\n",
		"multi(multi(text[one]) text[two|--c])" },
	{ MIXED, "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n", "multi(multi[] text[one])" },
	{ MIXED, "--b\nContent-Type: multipart/encrypted; boundary=c\n\n--c\n\none\n--c--\n--b--\n",
		"multi(sealed[--c||one|--c--])" },
	{ "message/rfc822", "Subject: x\n\nin\n", "message(text[in|])" },
	{ "message/rfc822", "no header\n", "message(text[no header|])" },
	{ "message/rfc822", "", "message(text[])" },
	{ MIXED, "--b\nContent-Type: message/rfc822\n\n--b\nContent-Type: message/rfc822\n--b--\n",
		"multi(message(text[]) message(text[]))" },
	{ MIXED, "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed;\n boundary=c\n\n--c\n\nin\n--c--\n--b--\n",
		"multi(message(multi(text[in])))" },
	{ "multipart/digest; boundary=b", "--b\n\nSubject: x\n\nin\n--b\nContent-Type: text/plain\n\nt\n--b--\n",
		"multi(message(text[in]) text[t])" },
	{ MIXED, "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\neA==\n--b--\n", "multi(message[eA==])" },
	{ MIXED, "--b\nA: b\n c\nContent-Type:\n image/png\n\nx\n--b--\n", "multi(other[x])" },
};

static void assert_row(const struct row *r, const char *parts, const struct spool *body)
{
	struct scan s = SCAN_INIT;
	struct buf out = BUF_INIT;
	const char *data;
	struct error err = ERROR_INIT;

	scan(&s, r->type, body);
	assert_true(s.is_complete);
	assert_true(spool_look(body, 0, &data, &err) >= 0);
	assert_int_equal(describe(&s, 0, data, &out), s.count);
	assert_string_equal(buf_str(&out), parts);
	scan_release(&s);
	buf_release(&out);
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct spool body = SPOOL_INIT;

		fill(&body, rows[i].body, strlen(rows[i].body));
		assert_row(&rows[i], rows[i].parts, &body);
		spool_release(&body);
	}
}

/* In a file the scanner sees blocks: a delimiter is pushed octet by octet over the border of the first two. */
static void delimiters_are_found_at_block_borders(void **state)
{
	enum { BORDER = 65536 };
	static const char rest[] = "\r\n--b\r\nContent-Type: image/png\r\n\r\n\xc3\xa9\xe2\x82\xac\r\n--b--\r\n";
	char template[] = "/tmp/scan.XXXXXX";
	int fd = mkstemp(template);

	(void)state;
	assert_true(fd >= 0);
	unlink(template);
	for (size_t before = BORDER - sizeof rest; before < BORDER + 4; before++) {
		struct scan s = SCAN_INIT;
		struct spool body = SPOOL_INIT;
		struct buf text = BUF_INIT;

		buf_adds(&text, "--b\r\n\r\n");
		while (text.len < before)
			buf_adds(&text, before % 2 ? "x" : "\xc3\xa9");
		buf_truncate(&text, before);
		buf_adds(&text, rest);
		assert_int_equal(pwrite(fd, text.data, text.len, 0), (ssize_t)text.len);
		spool_from_file(&body, dup(fd), text.len);
		scan(&s, MIXED, &body);
		assert_int_equal(s.count, 3);
		assert_int_equal(s.parts[1].end, before);
		assert_int_equal(s.parts[1].facts.longest, before - 7);
		assert_int_equal(s.parts[1].facts.has_8bit, before % 2 == 0);
		assert_true(s.parts[1].facts.is_utf8 || (before - 7) % 2);
		assert_int_equal(s.parts[2].kind, MEDIA_OTHER);
		assert_int_equal(s.parts[2].end - s.parts[2].body, 5);
		assert_true(s.parts[2].facts.is_utf8);
		scan_release(&s);
		spool_release(&body);
		buf_release(&text);
	}
	close(fd);
}

static void facts_are_of_each_part(void **state)
{
	static const char text[] = "pre\xff\n--b\nX: \xc3\xa9\n\nlong line\n\0\n--b\n\nbare\rcr\n\xe9\n--b\n\nplain\n--b--\n";
	struct scan s = SCAN_INIT;
	struct spool body = SPOOL_INIT;

	(void)state;
	fill(&body, text, sizeof text - 1);
	scan(&s, MIXED, &body);
	assert_int_equal(s.count, 4);
	assert_true(s.parts[0].facts.has_8bit && !s.parts[0].facts.is_utf8 && !s.parts[0].facts.has_nul);
	assert_true(s.parts[1].header.has_8bit && s.parts[1].header.is_utf8 && !s.parts[1].facts.has_8bit);
	assert_true(s.parts[1].facts.has_nul && s.parts[1].facts.longest == 9 && !s.parts[1].facts.has_bare_cr);
	assert_true(s.parts[2].facts.has_bare_cr && s.parts[2].facts.has_8bit && !s.parts[2].facts.is_utf8);
	assert_true(!s.parts[3].facts.has_8bit && !s.parts[3].facts.has_bare_cr && s.parts[3].facts.longest == 5);
	scan_release(&s);
	spool_release(&body);
}

static void limits_are_said(void **state)
{
	struct scan s = SCAN_INIT;
	struct spool body = SPOOL_INIT, deep = SPOOL_INIT;
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i < SCAN_PARTS + 1; i++)
		buf_adds(&text, "--b\n\nx\n");
	fill(&body, text.data, text.len);
	scan(&s, MIXED, &body);
	assert_false(s.is_complete);
	assert_int_equal(s.count, SCAN_PARTS);
	scan_release(&s);
	buf_truncate(&text, 0);
	buf_adds(&text, "--b\n");
	for (int i = 0; i < SCAN_DEPTH; i++)
		buf_addf(&text, "Content-Type: multipart/mixed; boundary=c%d\n\n--c%d\n", i, i);
	fill(&deep, text.data, text.len);
	scan(&s, MIXED, &deep);
	assert_false(s.is_complete);
	scan_release(&s);
	spool_release(&body);
	spool_release(&deep);
	buf_release(&text);
}

static void encodings_are_read(void **state)
{
	static const struct {
		const char *value;
		enum transfer_encoding encoding;
	} cases[] = {
		{ "7bit", ENCODING_7BIT }, { " 8BIT ", ENCODING_8BIT }, { "Binary", ENCODING_BINARY },
		{ "quoted-printable (c)", ENCODING_QP }, { "(x) base64;", ENCODING_BASE64 }, { "\n base64", ENCODING_BASE64 },
		{ "x-uuencode", ENCODING_UUENCODE }, { "8-bit", ENCODING_UNKNOWN }, { "", ENCODING_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(mime_encoding(cases[i].value, strlen(cases[i].value)), cases[i].encoding);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(delimiters_are_found_at_block_borders),
		cmocka_unit_test(facts_are_of_each_part),
		cmocka_unit_test(limits_are_said),
		cmocka_unit_test(encodings_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
