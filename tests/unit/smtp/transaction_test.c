/* SPDX-License-Identifier: ISC */
#include "smtp/transaction.h"

#include "base/alloc.h"
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONTENT "Subject: hi\r\n\r\n.dot\r\n"
#define DOTTED  "Subject: hi\r\n\r\n..dot\r\n.\r\n"

/* A session that is ready, and a message for recipients a, b, c … @x. */
struct scene {
	struct peer peer;
	struct account account;
	struct config config;
	struct session_params params;
	struct session session;
	struct message message;
	struct envelope envelope;
	struct delivery_result results;
	struct error err;
};

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void set(struct scene *s, const char *offers, const char *replies, size_t recipients)
{
	struct buf reply = BUF_INIT;

	*s = (struct scene){
		.session = SESSION_INIT, .message = MESSAGE_INIT, .envelope = ENVELOPE_INIT
	};
	s->account = (struct account){ .name = text("work"), .timeout_ms = 5000 };
	s->params = (struct session_params){ .account = &s->account, .config = &s->config };
	s->session.params = &s->params;
	s->session.host = alloc_string("mx.test");
	s->session.port = 587;
	buf_addf(&reply, "mx.test\n%s", offers);
	capabilities_parse(&s->session.capabilities, buf_str(&reply));
	s->session.recipients_max = s->session.capabilities.rcpt_max;
	buf_release(&reply);
	s->peer.replies = replies;
	peer_connect(&s->peer, &s->session.stream);
	header_add_line(&s->message.header, "Subject: hi", 11);
	assert_true(spool_add(&s->message.body, ".dot\r\n", 6, &s->err));
	assert_true(spool_seal(&s->message.body, &s->err));
	s->envelope.sender = alloc_string("me@x");
	for (size_t i = 0; i < recipients; i++) {
		char address[32];

		if (i < 26)
			snprintf(address, sizeof address, "%c@x", (int)('a' + i));
		else
			snprintf(address, sizeof address, "user%d@example.net", (int)i);
		assert_true(envelope_add(&s->envelope, address, NULL, &s->err));
	}
	delivery_result_init(&s->results, recipients);
}

static void strike(struct scene *s)
{
	delivery_result_release(&s->results);
	envelope_release(&s->envelope);
	message_release(&s->message);
	session_abort(&s->session);
	buf_release(&s->peer.sent);
}

static bool run(struct scene *s, bool is_last)
{
	struct mail mail = { .envelope = &s->envelope,
		.message = &s->message,
		.header = &s->message.header,
		.is_last = is_last };

	return transaction_run(&s->session, &mail, &s->results, &s->err);
}

/* A letter a recipient: Accepted, Refused, Deferred, Unknown, None. */
static const char *fates(const struct scene *s)
{
	static char letters[64];

	for (size_t i = 0; i < s->results.count; i++)
		letters[i] = "NARDU"[s->results.each[i].fate];
	letters[s->results.count] = '\0';
	return letters;
}

struct row {
	const char *replies;
	const char *sent; /* NULL: not looked at */
	const char *fates;
	bool usable;
	int code; /* of the error of the first recipient that has one, else of the whole */
};

static int first_code(const struct scene *s)
{
	for (size_t i = 0; i < s->results.count; i++)
		if (s->results.each[i].error)
			return s->results.each[i].error->code;
	return s->err.code;
}

static void play(const char *offers, const struct row *rows, size_t count, bool is_last)
{
	for (size_t i = 0; i < count; i++) {
		struct scene s;
		bool ok;

		set(&s, offers, rows[i].replies, strlen(rows[i].fates));
		ok = run(&s, is_last);
		if (rows[i].sent)
			assert_string_equal(buf_str(&s.peer.sent), rows[i].sent);
		assert_string_equal(fates(&s), rows[i].fates);
		assert_int_equal(ok, rows[i].usable);
		assert_int_equal(first_code(&s), rows[i].code);
		strike(&s);
	}
}

#define PLAY(offers, rows, is_last) play(offers, rows, sizeof rows / sizeof *rows, is_last)

static void one_by_one_without_pipelining(void **state)
{
	static const struct row rows[] = {
		{ "250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n",
			"MAIL FROM:<me@x>\r\n~RCPT TO:<a@x>\r\n~DATA\r\n~" DOTTED "~", "A", true,
			EX_OK },
		{ "250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n250 taken\r\n",
			"MAIL FROM:<me@x>\r\n~RCPT TO:<a@x>\r\n~RCPT TO:<b@x>\r\n~DATA\r\n~" DOTTED
			"~",
			"RA", true, EX_NOUSER },
		{ "250 ok\r\n450 later\r\n550 no\r\n",
			"MAIL FROM:<me@x>\r\n~RCPT TO:<a@x>\r\n~RCPT TO:<b@x>\r\n~", "DR", true,
			EX_TEMPFAIL },
		{ "550 no\r\n", "MAIL FROM:<me@x>\r\n~", "RR", true, EX_UNAVAILABLE },
		{ "451 later\r\n", "MAIL FROM:<me@x>\r\n~", "D", true, EX_TEMPFAIL },
		{ "530 5.7.0 login first\r\n", "MAIL FROM:<me@x>\r\n~", "N", false, EX_NOPERM },
		{ "421 bye\r\n", "MAIL FROM:<me@x>\r\n~", "N", false, EX_TEMPFAIL },
		{ "hello\r\n", "MAIL FROM:<me@x>\r\n~", "N", false, EX_PROTOCOL },
		{ "354 what\r\n", "MAIL FROM:<me@x>\r\n~", "N", false, EX_PROTOCOL },
		{ "250 ok\r\n250 ok\r\n451 later\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n554 no\r\n", NULL, "R", true, EX_UNAVAILABLE },
		{ "250 ok\r\n250 ok\r\n250 what\r\n", NULL, "N", false, EX_PROTOCOL },
		{ "250 ok\r\n250 ok\r\n354 go\r\n452 full\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n354 go\r\n554 spam\r\n", NULL, "R", true, EX_UNAVAILABLE },
		{ "250 ok\r\n250 ok\r\n354 go\r\n554 5.7.9 login\r\n", NULL, "D", true,
			EX_NOPERM },
		{ "250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n", NULL, "D", false, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n354 go\r\n", NULL, "U", false, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n354 go\r\nhello\r\n", NULL, "U", false, EX_PROTOCOL },
		{ "250 ok\r\n250 ok\r\n354 go\r\n354 what\r\n", NULL, "U", false, EX_PROTOCOL },
		{ "250 ok\r\n550 no\r\n250 ok\r\n450 later\r\n354 go\r\n", NULL, "RUD", false,
			EX_NOUSER },
		{ "250 ok\r\n250 ok\r\n", NULL, "N", false, EX_TEMPFAIL },
		{ "250 ok\r\n550 no\r\n421 bye\r\n", NULL, "RNN", false, EX_NOUSER },
		{ "250 ok\r\n552 5.2.2 full\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n550 5.5.3 too many\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n550 5.7.8 who are you\r\n", NULL, "D", true, EX_NOPERM },
	};

	(void)state;
	PLAY("8BITMIME", rows, false);
}

#define DATA_GROUP "MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n~"

static void two_flights_with_pipelining(void **state)
{
	static const struct row rows[] = {
		{ "250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n", DATA_GROUP DOTTED "QUIT\r\n~", "A",
			true, EX_OK },
		{ "250 ok\r\n550 no\r\n554 no valid recipients\r\n", DATA_GROUP, "R", true,
			EX_NOUSER },
		{ "250 ok\r\n450 later\r\n503 no recipients\r\n", DATA_GROUP, "D", true,
			EX_TEMPFAIL },
		{ "250 ok\r\n550 no\r\n354 go\r\n554 no\r\n", DATA_GROUP ".\r\nQUIT\r\n~", "R",
			true, EX_NOUSER },
		{ "250 ok\r\n550 no\r\n354 go\r\n250 what\r\n", DATA_GROUP ".\r\nQUIT\r\n~", "R",
			true, EX_NOUSER },
		{ "550 5.1.8 bad sender\r\n503 mail first\r\n503 mail first\r\n", DATA_GROUP, "R",
			true, EX_UNAVAILABLE },
		{ "451 4.1.8 later\r\n503 mail first\r\n503 mail first\r\n", DATA_GROUP, "D", true,
			EX_TEMPFAIL },
		{ "530 5.7.0 login\r\n503 mail first\r\n", DATA_GROUP, "N", false, EX_NOPERM },
		{ "250 ok\r\n250 ok\r\n421 bye\r\n", DATA_GROUP, "N", false, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n354 go\r\n", NULL, "U", false, EX_TEMPFAIL },
		{ "250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n250 taken\r\n", NULL, "RA", true,
			EX_NOUSER },
	};

	(void)state;
	PLAY("PIPELINING", rows, true);
}

#define BDAT_GROUP(rcpt) "MAIL FROM:<me@x> SIZE=21\r\n" rcpt "BDAT 21 LAST\r\n" CONTENT

static void one_flight_with_chunking(void **state)
{
	static const struct row rows[] = {
		{ "250 ok\r\n250 ok\r\n250 taken\r\n", BDAT_GROUP("RCPT TO:<a@x>\r\n") "QUIT\r\n~",
			"A", true, EX_OK },
		{ "250 ok\r\n550 no\r\n250 ok\r\n250 taken\r\n",
			BDAT_GROUP("RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n") "~", "RA", true,
			EX_NOUSER },
		{ "250 ok\r\n550 no\r\n554 no valid recipients\r\n", NULL, "R", true, EX_NOUSER },
		{ "550 bad sender\r\n503 mail first\r\n503 mail first\r\n", NULL, "R", true,
			EX_UNAVAILABLE },
		{ "451 later\r\n451 later\r\n503 mail first\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n452 disk full\r\n", NULL, "D", true, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n552 too large\r\n", NULL, "R", true, EX_UNAVAILABLE },
		{ "250 ok\r\n250 ok\r\n421 bye\r\n", NULL, "D", false, EX_TEMPFAIL },
		{ "421 bye\r\n", NULL, "N", false, EX_TEMPFAIL },
		{ "250 ok\r\n421 bye\r\n", NULL, "N", false, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n", NULL, "U", false, EX_TEMPFAIL },
		{ "250 ok\r\n", NULL, "U", false, EX_TEMPFAIL },
		{ "", NULL, "U", false, EX_TEMPFAIL },
		{ "250 ok\r\n550 no\r\n", NULL, "RU", false, EX_NOUSER },
		{ "250 ok\r\n550 no\r\n450 later\r\n", NULL, "RD", false, EX_NOUSER },
		{ "550 no\r\n", NULL, "R", false, EX_UNAVAILABLE },
		{ "451 later\r\n", NULL, "D", false, EX_TEMPFAIL },
		{ "530 5.7.0 login\r\n", NULL, "N", false, EX_NOPERM },
		{ "250 ok\r\n550 5.7.9 login\r\n", NULL, "D", false, EX_NOPERM },
		{ "250 ok\r\n250 ok\r\n554 5.7.9 login\r\n", NULL, "D", true, EX_NOPERM },
		{ "250 ok\r\n250 ok\r\n550 5.7.9 login\r\n", NULL, "UD", false, EX_TEMPFAIL },
		{ "250 ok\r\n250 ok\r\n550 5.7.9 login\r\n250 taken\r\n", NULL, "AD", true,
			EX_NOPERM },
		{ "250 ok\r\n550 5.7.9 login\r\n250 ok\r\n250 taken\r\n", NULL, "DA", true,
			EX_NOPERM },
		{ "250 ok\r\n550 5.7.9 login\r\n550 5.7.9 login\r\n503 nobody\r\n", NULL, "DD",
			true, EX_NOPERM },
		{ "250 ok\r\n550 5.7.9 login\r\n250 ok\r\n452 full\r\n", NULL, "DD", true,
			EX_NOPERM },
	};

	(void)state;
	PLAY("PIPELINING\nCHUNKING\nSIZE", rows, true);
}

static void nothing_is_accepted_before_it_was_sent(void **state)
{
	struct scene s;

	(void)state;
	set(&s, "PIPELINING\nCHUNKING", "250 ok\r\n250 ok\r\n250 taken\r\n", 1);
	s.peer.takes = strlen("MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\nBDAT 21 LAST\r\nSubject");
	assert_false(run(&s, true));
	assert_string_equal(fates(&s), "N");
	assert_int_equal(s.err.code, EX_PROTOCOL);
	strike(&s);
}

static void too_many_recipients_get_further_transactions(void **state)
{
	static const struct row rows[] = {
		{ "250 ok\r\n250 ok\r\n250 ok\r\n452 4.5.3 too many\r\n354 go\r\n250 taken\r\n"
		  "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n250 taken\r\n",
			"MAIL FROM:<me@x>\r\n~RCPT TO:<a@x>\r\n~RCPT TO:<b@x>\r\n~RCPT "
			"TO:<c@x>\r\n~DATA\r\n~" DOTTED
			"~MAIL FROM:<me@x>\r\n~RCPT TO:<c@x>\r\n~RCPT TO:<d@x>\r\n~DATA\r\n~" DOTTED
			"~",
			"AAAR", true, EX_NOUSER },
		/* Without an enhanced status code too; 4.2.2 is something else. */
		{ "250 ok\r\n250 ok\r\n452 no more\r\n354 go\r\n250 taken\r\n250 ok\r\n250 "
		  "ok\r\n354 go\r\n250 taken\r\n",
			NULL, "AA", true, EX_OK },
		{ "250 ok\r\n250 ok\r\n452 4.2.2 full\r\n354 go\r\n250 taken\r\n", NULL, "AD", true,
			EX_TEMPFAIL },
		/* Nobody was taken before it: no use in trying again. */
		{ "250 ok\r\n452 4.5.3 too many\r\n452 4.5.3 too many\r\n", NULL, "DD", true,
			EX_TEMPFAIL },
		/* The message is refused: that holds for those who wait, too. */
		{ "250 ok\r\n250 ok\r\n452 4.5.3 too many\r\n354 go\r\n554 spam\r\n", NULL, "RR",
			true, EX_UNAVAILABLE },
		/* The connection is lost at the dot: those who wait were not tried. */
		{ "250 ok\r\n250 ok\r\n452 4.5.3 too many\r\n354 go\r\n", NULL, "UN", false,
			EX_TEMPFAIL },
	};
	static const struct row limited[] = {
		{ "250 ok\r\n250 ok\r\n250 ok\r\n250 taken\r\n250 ok\r\n250 ok\r\n250 taken\r\n",
			"MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 21 "
			"LAST\r\n" CONTENT
			"~MAIL FROM:<me@x>\r\nRCPT TO:<c@x>\r\nBDAT 21 LAST\r\n" CONTENT
			"QUIT\r\n~",
			"AAA", true, EX_OK },
	};

	(void)state;
	PLAY("8BITMIME", rows, false);
	PLAY("PIPELINING\nCHUNKING\nLIMITS RCPTMAX=2", limited, true);
}

static void a_failed_transaction_is_reset_before_the_next(void **state)
{
	struct scene s;

	(void)state;
	set(&s, "PIPELINING",
		"250 ok\r\n550 no\r\n554 no\r\n250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n250 "
		"ok\r\n",
		1);
	assert_true(run(&s, false));
	assert_string_equal(fates(&s), "R");
	s.results.each[0] = (struct result){ FATE_NONE, NULL };
	assert_true(run(&s, false));
	assert_string_equal(fates(&s), "A");
	assert_string_equal(buf_str(&s.peer.sent), DATA_GROUP "RSET\r\n" DATA_GROUP DOTTED "~");
	strike(&s);
}

static void a_hundred_recipients_share_a_flight(void **state)
{
	struct buf replies = BUF_INIT;
	struct scene s;
	size_t waits = 0;

	(void)state;
	for (int i = 0; i < 102; i++)
		buf_adds(&replies, "250 ok\r\n");
	set(&s, "PIPELINING\nCHUNKING", buf_str(&replies), 100);
	assert_true(run(&s, true));
	for (size_t i = 0; i < s.peer.sent.len; i++)
		waits += s.peer.sent.data[i] == '~';
	assert_int_equal(waits, 1);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(s.results.each[i].fate, FATE_ACCEPTED);
	buf_release(&replies);
	strike(&s);
}

static void a_large_message_waits_for_its_recipients(void **state)
{
	struct buf body = BUF_INIT;
	struct scene s;

	(void)state;
	for (int i = 0; i < 30000; i++)
		buf_adds(&body, "0123456789\r\n");
	set(&s, "PIPELINING\nCHUNKING", "250 ok\r\n250 ok\r\n250 taken\r\n", 1);
	spool_release(&s.message.body);
	assert_true(spool_add(&s.message.body, body.data, body.len, &s.err) &&
		    spool_seal(&s.message.body, &s.err));
	assert_true(run(&s, true));
	assert_string_equal(fates(&s), "A");
	assert_non_null(
		strstr(buf_str(&s.peer.sent), "RCPT TO:<a@x>\r\n~BDAT 360015 LAST\r\nSubject"));
	strike(&s);

	/* Nobody there: the content stays here. */
	set(&s, "PIPELINING\nCHUNKING", "250 ok\r\n550 no\r\n", 1);
	spool_release(&s.message.body);
	assert_true(spool_add(&s.message.body, body.data, body.len, &s.err) &&
		    spool_seal(&s.message.body, &s.err));
	assert_true(run(&s, true));
	assert_string_equal(fates(&s), "R");
	assert_string_equal(buf_str(&s.peer.sent), "MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\n~");
	strike(&s);

	/*
	 * Lost before the last octet: nobody can have it.  What the server said first is the
	 * reason.
	 */
	set(&s, "PIPELINING\nCHUNKING", "250 ok\r\n250 ok\r\n", 1);
	spool_release(&s.message.body);
	assert_true(spool_add(&s.message.body, body.data, body.len, &s.err) &&
		    spool_seal(&s.message.body, &s.err));
	s.peer.takes = 100000;
	assert_false(run(&s, true));
	assert_string_equal(fates(&s), "N");
	assert_int_equal(s.err.code, EX_TEMPFAIL);
	strike(&s);
	buf_release(&body);
}

static void what_is_known_to_fail_is_not_sent(void **state)
{
	struct scene s;

	(void)state;
	set(&s, "SIZE 20", "", 2);
	assert_true(run(&s, true));
	assert_string_equal(fates(&s), "RR");
	assert_string_equal(s.results.each[0].error->status, "5.3.4");
	assert_int_equal(s.results.each[0].error->code, EX_UNAVAILABLE);
	assert_ptr_equal(s.results.each[0].error, s.results.each[1].error);
	assert_int_equal(s.peer.sent.len, 0);
	strike(&s);

	set(&s, "SIZE 21", "", 1);
	s.config.max_message_size = 20;
	assert_true(run(&s, true));
	assert_string_equal(fates(&s), "R");
	strike(&s);

	set(&s, "8BITMIME", "", 1);
	s.account.require_tls = true;
	assert_true(run(&s, true));
	assert_string_equal(fates(&s), "R");
	assert_string_equal(s.results.each[0].error->status, "5.7.30");
	assert_int_equal(s.peer.sent.len, 0);
	strike(&s);
}

static void utf8_addresses_need_a_server_that_takes_them(void **state)
{
	struct scene s;

	(void)state;
	set(&s, "PIPELINING", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n", 1);
	assert_true(envelope_add(&s.envelope, "j\xc3\xb6rg@x", NULL, &s.err));
	assert_true(envelope_add(&s.envelope,
		"b@b\xc3\xbc"
		"cher.example",
		NULL, &s.err));
	delivery_result_release(&s.results);
	delivery_result_init(&s.results, 3);
	assert_true(run(&s, false));
	assert_string_equal(fates(&s), "ARA");
	assert_int_equal(s.results.each[1].error->code, EX_NOUSER);
	assert_string_equal(s.results.each[1].error->status, "5.6.7");
	assert_string_equal(
		buf_str(&s.peer.sent), "MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\nRCPT "
				       "TO:<b@xn--bcher-kva.example>\r\nDATA\r\n~" DOTTED "~");
	strike(&s);

	set(&s, "PIPELINING", "", 1);
	free(s.envelope.sender);
	s.envelope.sender = alloc_string("j\xc3\xb6rg@x");
	assert_true(run(&s, false));
	assert_string_equal(fates(&s), "R");
	assert_int_equal(s.results.each[0].error->code, EX_DATAERR);
	assert_int_equal(s.peer.sent.len, 0);
	strike(&s);
}

static void notices_are_asked_for_where_they_are_offered(void **state)
{
	struct scene s;

	(void)state;
	set(&s, "PIPELINING\nDSN", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n", 2);
	s.envelope.ret = RETURN_HEADERS;
	s.envelope.envid = alloc_string("a+b=c d");
	s.envelope.recipients[0].notify = NOTIFY_SUCCESS | NOTIFY_FAILURE;
	s.envelope.recipients[1].notify = NOTIFY_NEVER;
	free(s.envelope.recipients[1].original);
	s.envelope.recipients[1].original = alloc_string("root+x@x");
	assert_true(run(&s, false));
	assert_string_equal(buf_str(&s.peer.sent),
		"MAIL FROM:<me@x> RET=HDRS ENVID=a+2Bb+3Dc+20d\r\n"
		"RCPT TO:<a@x> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@x\r\n"
		"RCPT TO:<b@x> NOTIFY=NEVER ORCPT=rfc822;root+2Bx@x\r\nDATA\r\n~" DOTTED "~");
	strike(&s);

	/* The account's own wish, where the caller has none. */
	set(&s, "PIPELINING\nDSN", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n", 2);
	s.account.dsn_notify = text("failure");
	s.account.dsn_return = text("hdrs");
	s.envelope.recipients[1].notify = NOTIFY_DELAY;
	assert_true(run(&s, false));
	assert_string_equal(buf_str(&s.peer.sent),
		"MAIL FROM:<me@x> RET=HDRS\r\n"
		"RCPT TO:<a@x> NOTIFY=FAILURE ORCPT=rfc822;a@x\r\n"
		"RCPT TO:<b@x> NOTIFY=DELAY ORCPT=rfc822;b@x\r\nDATA\r\n~" DOTTED "~");
	strike(&s);
}

/* A stream of mails, as the queue run has it. */
struct stream_scene {
	struct scene scene;
	struct mail mails[4];
	struct delivery_result results[4];
	size_t count, next;
	struct buf done; /* "1A" for each mail that is done, with its fate */
};

static struct mail *hand_out(void *context, struct delivery_result **results)
{
	struct stream_scene *s = context;

	if (s->next == s->count)
		return NULL;
	*results = &s->results[s->next];
	return &s->mails[s->next++];
}

static void note(void *context, struct mail *mail, struct delivery_result *results)
{
	struct stream_scene *s = context;

	buf_addf(&s->done, "%d%c", (int)(mail - s->mails) + 1, "NARDU"[results->each[0].fate]);
}

static bool run_stream(struct stream_scene *s, const char *offers, const char *replies,
	size_t count, unsigned window)
{
	struct mail_stream stream = {
		.next = hand_out, .done = note, .context = s, .window = window
	};

	*s = (struct stream_scene){ .count = count };
	set(&s->scene, offers, replies, 1);
	for (size_t i = 0; i < count; i++) {
		s->mails[i] = (struct mail){ .envelope = &s->scene.envelope,
			.message = &s->scene.message,
			.header = &s->scene.message.header };
		delivery_result_init(&s->results[i], 1);
	}
	return transaction_stream(&s->scene.session, &stream, &s->scene.err);
}

static void strike_stream(struct stream_scene *s)
{
	for (size_t i = 0; i < s->count; i++)
		delivery_result_release(&s->results[i]);
	buf_release(&s->done);
	strike(&s->scene);
}

#define OK3 "250 ok\r\n250 ok\r\n250 taken\r\n"
#define ONE "MAIL FROM:<me@x>\r\nRCPT TO:<a@x>\r\nBDAT 21 LAST\r\n" CONTENT

static void a_stream_keeps_several_in_flight(void **state)
{
	struct stream_scene s;

	(void)state;
	assert_true(run_stream(
		&s, "PIPELINING\nCHUNKING", OK3 "250 reset\r\n" OK3 "250 reset\r\n" OK3, 3, 10));
	assert_string_equal(buf_str(&s.done), "1A2A3A");
	assert_string_equal(buf_str(&s.scene.peer.sent), ONE "RSET\r\n" ONE "RSET\r\n" ONE "~");
	strike_stream(&s);

	/* A window of one needs no RSET. */
	assert_true(run_stream(&s, "PIPELINING\nCHUNKING", OK3 OK3, 2, 1));
	assert_string_equal(buf_str(&s.done), "1A2A");
	assert_string_equal(buf_str(&s.scene.peer.sent), ONE "~" ONE "~");
	strike_stream(&s);

	/* One bad message does not touch the next. */
	assert_true(run_stream(&s, "PIPELINING\nCHUNKING",
		OK3 "250 reset\r\n250 ok\r\n550 no\r\n554 no recipients\r\n250 reset\r\n" OK3, 3,
		10));
	assert_string_equal(buf_str(&s.done), "1A2R3A");
	strike_stream(&s);
}

static void a_stream_that_breaks_knows_what_it_does_not_know(void **state)
{
	struct stream_scene s;

	(void)state;
	assert_false(run_stream(&s, "PIPELINING\nCHUNKING", OK3 "250 reset\r\n250 ok\r\n", 3, 10));
	assert_string_equal(buf_str(&s.done), "1A2U3U");
	strike_stream(&s);

	assert_false(
		run_stream(&s, "PIPELINING\nCHUNKING", OK3 "250 reset\r\n421 enough\r\n", 3, 10));
	assert_string_equal(buf_str(&s.done), "1A2N3N");
	strike_stream(&s);

	/* A login is wanted for one, then for all: those behind had their replies. */
	assert_false(run_stream(&s, "PIPELINING\nCHUNKING",
		"250 ok\r\n550 5.7.9 login\r\n503 nobody\r\n250 reset\r\n" OK3
		"250 reset\r\n530 5.7.0 login\r\n",
		3, 10));
	assert_string_equal(buf_str(&s.done), "1D2A3N");
	strike_stream(&s);

	assert_false(run_stream(
		&s, "PIPELINING", "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n421 enough\r\n", 3, 10));
	assert_string_equal(buf_str(&s.done), "1A2N");
	assert_int_equal(s.next, 2);
	strike_stream(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one_without_pipelining),
		cmocka_unit_test(two_flights_with_pipelining),
		cmocka_unit_test(one_flight_with_chunking),
		cmocka_unit_test(nothing_is_accepted_before_it_was_sent),
		cmocka_unit_test(too_many_recipients_get_further_transactions),
		cmocka_unit_test(a_failed_transaction_is_reset_before_the_next),
		cmocka_unit_test(a_hundred_recipients_share_a_flight),
		cmocka_unit_test(a_large_message_waits_for_its_recipients),
		cmocka_unit_test(what_is_known_to_fail_is_not_sent),
		cmocka_unit_test(utf8_addresses_need_a_server_that_takes_them),
		cmocka_unit_test(notices_are_asked_for_where_they_are_offered),
		cmocka_unit_test(a_stream_keeps_several_in_flight),
		cmocka_unit_test(a_stream_that_breaks_knows_what_it_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
