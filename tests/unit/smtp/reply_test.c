/* SPDX-License-Identifier: ISC */
#include "smtp/reply.h"

#include "base/clock.h"
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool read_reply(struct reply *r, const char *text, size_t piece, struct error *err)
{
	struct peer peer = { .replies = text, .piece = piece };
	struct stream s = STREAM_INIT;
	bool ok;

	peer_connect(&peer, &s);
	ok = reply_read(r, &s, clock_now_ms() + 10000, err);
	stream_close(&s);
	buf_release(&peer.sent);
	return ok;
}

static void replies_are_read_however_they_come(void **state)
{
	static const struct {
		const char *wire, *text, *status;
		int code;
	} rows[] = {
		{ "250 ok\r\n", "ok", "", 250 },
		{ "250 ok\n", "ok", "", 250 },
		{ "250\r\n", "", "", 250 },
		{ "250 \r\n", "", "", 250 },
		{ "250-a\r\n250-b\r\n250 c\r\n", "a\nb\nc", "", 250 },
		{ "250-a\r\n250\r\n", "a\n", "", 250 },
		{ "550 5.1.1 no\r\n", "5.1.1 no", "5.1.1", 550 },
		{ "550 5.1.1\r\n", "5.1.1", "5.1.1", 550 },
		{ "550-5.7.1 a\r\n550 5.7.26 b\r\n", "5.7.1 a\n5.7.26 b", "5.7.26", 550 },
		{ "550 4.1.1 no\r\n", "4.1.1 no", "", 550 },
		{ "550 5.1 no\r\n", "5.1 no", "", 550 },
		{ "550 5.1.1234 no\r\n", "5.1.1234 no", "", 550 },
		{ "550 5.1.1x no\r\n", "5.1.1x no", "", 550 },
		{ "334 UGFzc3dvcmQ6\r\n", "UGFzc3dvcmQ6", "", 334 },
	};
	struct reply r = REPLY_INIT;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t piece = 0; piece < 4; piece++) {
			assert_true(read_reply(&r, rows[i].wire, piece, &err));
			assert_int_equal(r.code, rows[i].code);
			assert_string_equal(buf_str(&r.text), rows[i].text);
			assert_string_equal(r.status, rows[i].status);
		}
	}
	reply_release(&r);
}

static void what_is_no_reply_is_an_error(void **state)
{
	static const struct {
		const char *wire;
		int code;
	} rows[] = {
		{ "hello\r\n", EX_PROTOCOL },
		{ "25 ok\r\n", EX_PROTOCOL },
		{ "2500 ok\r\n", EX_PROTOCOL },
		{ "250ok\r\n", EX_PROTOCOL },
		{ "150 ok\r\n", EX_PROTOCOL },
		{ "650 ok\r\n", EX_PROTOCOL },
		{ "\r\n", EX_PROTOCOL },
		{ "250-a\r\n251 b\r\n", EX_PROTOCOL },
		{ "250-a\r\nb\r\n", EX_PROTOCOL },
		{ "", EX_TEMPFAIL },
		{ "250", EX_TEMPFAIL },
		{ "250-a\r\n", EX_TEMPFAIL },
	};
	struct reply r = REPLY_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = ERROR_INIT;

		assert_false(read_reply(&r, rows[i].wire, 0, &err));
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.scope, ERROR_OF_ROUTE);
	}
	reply_release(&r);
}

static void long_replies_have_a_ceiling(void **state)
{
	struct buf wire = BUF_INIT;
	struct reply r = REPLY_INIT;
	struct error err;

	(void)state;
	buf_adds(&wire, "250 ");
	for (int i = 0; i < 5000; i++)
		buf_adds(&wire, "0123456789");
	buf_adds(&wire, "\r\n");
	assert_true(read_reply(&r, buf_str(&wire), 0, &err));
	assert_int_equal(r.code, 250);
	assert_in_range(r.text.len, 2000, REPLY_LINE_KEEP);

	/* RFC 4954 section 4: so long may a challenge be. */
	buf_truncate(&wire, 0);
	buf_addf(&wire, "334 %012282d\r\n", 0);
	assert_int_equal(wire.len, 12288);
	assert_true(read_reply(&r, buf_str(&wire), 0, &err));
	assert_int_equal(r.text.len, 12282);

	buf_truncate(&wire, 0);
	for (int i = 0; i < 2 * REPLY_LINES_MAX; i++)
		buf_adds(&wire, "250-more\r\n");
	assert_false(read_reply(&r, buf_str(&wire), 0, &err));
	assert_int_equal(err.code, EX_PROTOCOL);

	buf_truncate(&wire, 0);
	buf_adds(&wire, "250 ");
	for (int i = 0; i < 220000; i++)
		buf_adds(&wire, "0123456789");
	assert_false(read_reply(&r, buf_str(&wire), 16384, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	buf_release(&wire);
	reply_release(&r);
}

static void errors_say_what_the_server_said(void **state)
{
	static const struct {
		const char *wire, *text, *status;
		int code;
	} rows[] = {
		{ "550-5.7.1 first\r\n550 5.7.1 second\r\n", "MAIL: 550 5.7.1 first second",
			"5.7.1", EX_UNAVAILABLE },
		{ "451 4.3.0 later\r\n", "MAIL: 451 4.3.0 later", "4.3.0", EX_TEMPFAIL },
		{ "421 bye \x1b[31m\r\n", "MAIL: 421 bye ?[31m", "", EX_TEMPFAIL },
		{ "354 go\r\n", "MAIL: unexpected reply 354 go", "5.5.0", EX_PROTOCOL },
	};
	struct reply r = REPLY_INIT;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(read_reply(&r, rows[i].wire, 0, &err));
		assert_false(reply_error(&r, "MAIL", EX_UNAVAILABLE, &err));
		assert_string_equal(err.text, rows[i].text);
		assert_string_equal(err.status, rows[i].status);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.reply, r.code);
	}
	reply_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_however_they_come),
		cmocka_unit_test(what_is_no_reply_is_an_error),
		cmocka_unit_test(long_replies_have_a_ceiling),
		cmocka_unit_test(errors_say_what_the_server_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
