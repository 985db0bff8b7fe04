/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"
#include "base/log.h"
#include "message/address.h"
#include "message/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define X100 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define X76 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X998 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 "xxxxxxxxxx"
#define V1 "MIME-Version: 1.0\n"
#define MIXED V1 "Content-Type: multipart/mixed; boundary=b\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define B64 "Content-Transfer-Encoding: base64\n"
#define BIT8 "Content-Transfer-Encoding: 8bit\n"
#define BIT7 "Content-Transfer-Encoding: 7bit\n"
#define BINARY "Content-Transfer-Encoding: binary\n"
#define UTF8 "Content-Type: text/plain; charset=utf-8\n"
#define UNKNOWN "Content-Type: text/plain; charset=unknown-8bit\n"
#define ASCII "Content-Type: text/plain; charset=us-ascii\n"
#define PNG "Content-Type: image/png\n"

enum { SAME_BODY = 1, IS_8BIT = 2, REFUSED = 4 };

/* What goes in and what comes out, LF for CR LF in both. */
struct row {
	const char *name;
	unsigned offers;
	const char *in;
	size_t in_len;
	const char *out;
	unsigned flags;
};

#define ROW(name, offers, in, out, flags) { name, offers, in, sizeof(in) - 1, out, flags }

static const struct row rows[] = {
	ROW("plain", 0, "A: b\n\nhi\n", "A: b\n\nhi\n", SAME_BODY),
	ROW("empty", 0, "A: b\n", "A: b\n\n", SAME_BODY),
	ROW("8-bit, offered", OFFER_8BITMIME, "A: b\n\n\xc3\xa9\n", "A: b\n" V1 UTF8 BIT8 "\n\xc3\xa9\n", SAME_BODY | IS_8BIT),
	ROW("8-bit with its fields", OFFER_8BITMIME, V1 UTF8 BIT8 "\n\xc3\xa9\n", V1 UTF8 BIT8 "\n\xc3\xa9\n", SAME_BODY | IS_8BIT),
	ROW("8-bit, not offered", 0, "A: b\n\n\xc3\xa9\n", "A: b\n" V1 UTF8 QP "\n=C3=A9\n", 0),
	ROW("8-bit, its label replaced", 0, BIT8 UTF8 "\n\xc3\xa9\n", QP UTF8 V1 "\n=C3=A9\n", 0),
	ROW("8-bit that is not UTF-8", 0, "\n\xe9\n", V1 UNKNOWN QP "\n=E9\n", 0),
	ROW("8-bit that is not UTF-8, offered", OFFER_8BITMIME, "\n\xe9\n", V1 UNKNOWN BIT8 "\n\xe9\n", SAME_BODY | IS_8BIT),
	ROW("unknown label", 0, "Content-Transfer-Encoding: 8-bit\n\n\xc3\xa9\n", QP V1 UTF8 "\n=C3=A9\n", 0),
	ROW("uuencode stays", 0, "Content-Transfer-Encoding: uuencode\n\n\xc3\xa9\n", "Content-Transfer-Encoding: uuencode\n" V1 UTF8 "\n\xc3\xa9\n", SAME_BODY),
	ROW("binary text", 0, BINARY "\nhi\n", BIT7 "\nhi\n", SAME_BODY),
	ROW("binary text, 8-bit", OFFER_8BITMIME, V1 UTF8 BINARY "\n\xc3\xa9\n", V1 UTF8 BIT8 "\n\xc3\xa9\n", SAME_BODY | IS_8BIT),
	ROW("NUL", OFFER_8BITMIME, "\na\0b\n", V1 ASCII QP "\na=00b\n", 0),
	ROW("bare CR", OFFER_8BITMIME, "\n1%\r2%\n", V1 ASCII QP "\n1%=0D2%\n", 0),
	ROW("image", 0, PNG "\n\xff\n", PNG V1 B64 "\n/w0K\n", 0),
	ROW("image, offered", OFFER_8BITMIME, V1 PNG BIT8 "\n\xff\n", V1 PNG BIT8 "\n\xff\n", SAME_BODY | IS_8BIT),
	ROW("base64 in one line", 0, B64 "\n" X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 X76 "xxxx\n",
		B64 V1 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76 "\n" X76
		"\n" X76 "\n" X76 "\n" X76 "\nxxxx\n", 0),
	ROW("998 octets in a line", 0, "A: b\n\n" X998 "\n", "A: b\n\n" X998 "\n", SAME_BODY),
	ROW("quoted-printable with 8-bit", 0, QP "\n=C3=A9 \xc3\xa9\n", QP V1 "\n=C3=A9 =C3=A9\n", 0),
	/* parts */
	ROW("only the part that needs it", 0, MIXED "\n--b\n\nplain\n--b\n" UTF8 "\n\xc3\xa9\n--b\n" PNG BIT8 "\n\xff\n--b--\n",
		MIXED "\n--b\n\nplain\n--b\n" UTF8 QP "\n=C3=A9\n--b\n" PNG B64 "\n/w==\n--b--\n", 0),
	ROW("all parts stay", OFFER_8BITMIME, MIXED "\n\n--b\n\n\xc3\xa9\n--b--\n", MIXED "\n\n--b\n\n\xc3\xa9\n--b--\n", SAME_BODY | IS_8BIT),
	ROW("a part without a type", 0, MIXED "\n--b\n\n\xe9\n--b--\n", MIXED "\n--b\n" UNKNOWN QP "\n=E9\n--b--\n", 0),
	ROW("the multipart's label follows", 0, MIXED BIT8 "\n--b\n\n\xc3\xa9 \n--b--\n", MIXED BIT7 "\n--b\n" UTF8 QP "\n=C3=A9=20\n--b--\n", 0),
	ROW("labels alone", 0, MIXED BINARY "\n--b\n" BINARY "\nhi\n--b--\n", MIXED BIT7 "\n--b\n" BIT7 "\nhi\n--b--\n", 0),
	ROW("a label inside", 0, MIXED "\n--b\n" BINARY "\nhi\n--b--\n", MIXED "\n--b\n" BIT7 "\nhi\n--b--\n", 0),
	ROW("header of a part", 0, MIXED "\n--b\nContent-Description: \xc3\xa9\nX:  y\n\nhi\n--b--\n",
		MIXED "\n--b\nContent-Description: =?utf-8?Q?=C3=A9?=\nX:  y\n\nhi\n--b--\n", 0),
	ROW("header of a part, offered", OFFER_8BITMIME, MIXED "\n--b\nContent-Description: \xc3\xa9\n\nhi\n--b--\n",
		MIXED "\n--b\nContent-Description: \xc3\xa9\n\nhi\n--b--\n", SAME_BODY | IS_8BIT),
	ROW("preamble", 0, MIXED "\npr\xc3\xa9\n--b\n\nhi\n--b--\nepi\xc3\xa9\n", MIXED "\npr??\n--b\n\nhi\n--b--\nepi??\n", 0),
	ROW("only a close delimiter", 0, MIXED "\npr\xc3\xa9\n--b--\nepi\xc3\xa9\n", MIXED QP "\npr=C3=A9\n--b--\nepi=C3=A9\n", 0),
	ROW("message inside", 0, MIXED "\n--b\nContent-Type: message/rfc822\n\nSubject: \xc3\xa9\n\n\xc3\xa9\n--b--\n",
		MIXED "\n--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?Q?=C3=A9?=\n" V1 UTF8 QP "\n=C3=A9\n--b--\n", 0),
	ROW("message inside, no header", 0, MIXED "\n--b\nContent-Type: message/rfc822\n\n\n\xc3\xa9\n--b--\n",
		MIXED "\n--b\nContent-Type: message/rfc822\n\n" V1 UTF8 QP "\n=C3=A9\n--b--\n", 0),
	ROW("part without blank line", 0, MIXED "\n--b\n\xc3\xa9\n--b--\n", MIXED "\n--b\n" UTF8 QP "\n=C3=A9\n--b--\n", 0),
	ROW("base64 at the end of an open multipart", 0, MIXED "\n--b\n" PNG "\n\xff\n", MIXED "\n--b\n" PNG B64 "\n/w0K\n", 0),
	/* sealed */
	ROW("signed", 0, "Content-Type: multipart/signed; boundary=b\n\n--b\n\n\xc3\xa9" X1000 "\n--b--\n",
		"Content-Type: multipart/signed; boundary=b\n\n--b\n\n\xc3\xa9" X1000 "\n--b--\n", SAME_BODY),
	ROW("signed beside", 0, MIXED "\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\n\xc3\xa9 \n--c--\n\n--b\n\n\xc3\xa9\n--b--\n",
		MIXED "\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\n\xc3\xa9 \n--c--\n\n--b\n" UTF8 QP "\n=C3=A9\n--b--\n", 0),
	ROW("signed with NUL", 0, "Content-Type: multipart/signed; boundary=b\n\n--b\n\n\0\n--b--\n", NULL, REFUSED),
	ROW("S/MIME with CR", OFFER_8BITMIME, MIXED "\n--b\nContent-Type: application/pkcs7-mime\n\na\rb\n--b--\n", NULL, REFUSED),
	ROW("unfoldable", 0, "Message-ID: <" X1000 "@x>\n\nhi\n", NULL, REFUSED),
};

static bool render(struct content *c, struct message *m, const struct row *r, struct error *err)
{
	const struct message_source source = { .fd = -1 };
	struct message_reader reader;
	const struct envelope e = ENVELOPE_INIT;

	message_reader_begin(&reader, m, &source);
	assert_true(message_reader_add(&reader, r->in, r->in_len, err));
	assert_true(message_reader_end(&reader, err));
	message_reader_release(&reader);
	return content_render(c, m, NULL, &e, r->offers, err);
}

static void assert_content(const struct content *c, const struct row *r)
{
	struct buf out = BUF_INIT, expected = BUF_INIT;
	struct error err = ERROR_INIT;
	const char *data;
	ssize_t n = spool_look(c->body, 0, &data, &err);

	buf_add(&out, c->header.data, c->header.len);
	buf_add(&out, data, (size_t)n);
	for (const char *s = r->out; *s; s++)
		buf_adds(&expected, *s == '\n' ? "\r\n" : (char[]){ *s, '\0' });
	assert_int_equal(c->size, out.len);
	assert_string_equal(buf_str(&out), buf_str(&expected));
	buf_release(&out);
	buf_release(&expected);
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct message m = MESSAGE_INIT;
		struct content c = CONTENT_INIT;
		struct error err = ERROR_INIT;
		bool ok = render(&c, &m, r, &err);

		print_message("%s\n", r->name);
		assert_int_equal(ok, !(r->flags & REFUSED));
		if (ok) {
			assert_content(&c, r);
			assert_int_equal(c.body == &m.body, (r->flags & SAME_BODY) != 0);
			assert_int_equal(c.is_8bit, (r->flags & IS_8BIT) != 0);
		} else {
			assert_int_equal(err.code, EX_DATAERR);
			assert_string_equal(err.status, "5.6.0");
		}
		content_release(&c);
		message_release(&m);
	}
}

static void a_message_of_too_many_parts_goes_only_as_it_is(void **state)
{
	struct row r = { "many parts", OFFER_8BITMIME, NULL, 0, NULL, 0 };
	struct message m = MESSAGE_INIT;
	struct content c = CONTENT_INIT;
	struct error err = ERROR_INIT;
	struct buf in = BUF_INIT;

	(void)state;
	buf_adds(&in, MIXED "\n");
	for (int i = 0; i < 10001; i++)
		buf_adds(&in, "--b\n\n\xc3\xa9\n");
	r.in = in.data;
	r.in_len = in.len;
	assert_true(render(&c, &m, &r, &err));
	assert_ptr_equal(c.body, &m.body);
	assert_true(c.is_8bit);
	content_release(&c);
	message_release(&m);
	r.offers = 0;
	assert_false(render(&c, &m, &r, &err));
	assert_int_equal(err.code, EX_DATAERR);
	content_release(&c);
	message_release(&m);
	buf_release(&in);
}

static void smtputf8_only_when_an_address_needs_it(void **state)
{
	static const struct {
		const char *recipient, *header;
		unsigned offers;
		bool used;
	} cases[] = {
		{ "j\xc3\xbc@x.org", "A: b", OFFER_SMTPUTF8, true },
		{ "j\xc3\xbc@x.org", "A: b", 0, false },
		{ "a@m\xc3\xbcnchen.example", "To: \xc3\xbc <a@m\xc3\xbcnchen.example>", OFFER_SMTPUTF8, false },
		{ "a@b", "To: j\xc3\xbc@x.org", OFFER_SMTPUTF8 | OFFER_8BITMIME, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct message m = MESSAGE_INIT;
		struct content c = CONTENT_INIT;
		struct envelope e = ENVELOPE_INIT;
		struct error err = ERROR_INIT;

		header_add_line(&m.header, cases[i].header, strlen(cases[i].header));
		assert_true(envelope_add(&e, cases[i].recipient, NULL, &err));
		assert_true(content_render(&c, &m, NULL, &e, cases[i].offers, &err));
		assert_int_equal(c.needs_utf8, cases[i].used);
		assert_int_equal(strstr(c.header.data, "\xc3\xbc") != NULL, c.needs_utf8 && strchr(cases[i].header, '@'));
		content_release(&c);
		envelope_release(&e);
		message_release(&m);
	}
}

static void domains_become_a_labels(void **state)
{
	static const char *const cases[][2] = {
		{ "a@m\xc3\xbcnchen.example", "a@xn--mnchen-3ya.example" },
		{ "a@M\xc3\x9cNCHEN.example", "a@xn--mnchen-3ya.example" },
		{ "\"x@y\"@stra\xc3\x9f" "e.example", "\"x@y\"@xn--strae-oqa.example" },
		{ "j\xc3\xbc@m\xc3\xbcnchen.example", "j\xc3\xbc@xn--mnchen-3ya.example" },
		{ "a@under_score.Example", "a@under_score.Example" },
		{ "local", "local" },
		{ "a@\xef\xbd\x82.example", "a@b.example" }, /* a wide 'b' */
		{ "a@evil\xef\xbc\xa0x.example", NULL }, /* a wide '@' */
		{ "a@x.example\xef\xbc\x9e\xe3\x80\x80SIZE=1", NULL }, /* a wide '>' and blank */
		{ "a@x.example\xef\xbc\x8cy.example", NULL }, /* a wide comma */
		{ "a@\xff.example", NULL },
		{ "a@\xf0\x9f\x98\x80-.example", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *ascii = address_to_ascii_domain(cases[i][0]);

		if (cases[i][1])
			assert_string_equal(ascii, cases[i][1]);
		else
			assert_null(ascii);
		alloc_free(&ascii);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(a_message_of_too_many_parts_goes_only_as_it_is),
		cmocka_unit_test(smtputf8_only_when_an_address_needs_it),
		cmocka_unit_test(domains_become_a_labels),
	};

	log_open("none");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
