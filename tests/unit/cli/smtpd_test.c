/* SPDX-License-Identifier: ISC */
#include "cli/smtpd.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* What the submissions of a session were, and what is to become of the next ones. */
static struct {
	struct buf seen; /* of each: sender, recipients, header and body */
	unsigned count;
	enum fate fates[4]; /* of the first recipients; FATE_NONE: accepted */
	struct error error; /* of those not accepted */
	const char *reply;  /* the server's words */
	const char *queue_id;
	bool report_taken;
} fake;

static void note_recipient(const struct recipient *r)
{
	buf_addf(&fake.seen, "to %s", r->address);
	if (r->notify)
		buf_addf(&fake.seen, " notify=%u", r->notify);
	if (r->orcpt)
		buf_addf(&fake.seen, " orcpt=%s", r->orcpt);
	buf_addc(&fake.seen, '\n');
}

static void note_request(const struct request *r)
{
	const struct envelope *e = &r->envelope;
	struct error err;
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	buf_addf(&fake.seen, "from %s", e->sender);
	if (e->envid)
		buf_addf(&fake.seen, " envid=%s", e->envid);
	if (e->ret)
		buf_addf(&fake.seen, " ret=%d", (int)e->ret);
	buf_addc(&fake.seen, '\n');
	for (size_t i = 0; i < e->count && i < 5; i++)
		note_recipient(&e->recipients[i]);
	header_write(&r->message.header, &fake.seen);
	buf_adds(&fake.seen, "--\n");
	while ((n = spool_look(&r->message.body, at, &data, &err)) > 0) {
		buf_add(&fake.seen, data, (size_t)n);
		at += (uint64_t)n;
	}
	buf_adds(&fake.seen, "==\n");
}

static void fake_submit(struct request *r, struct outcome *o)
{
	assert_int_equal(r->error_mode, ERRORS_REPLY);
	note_request(r);
	fake.count++;
	envelope_copy(&o->envelope, &r->envelope);
	delivery_result_init(&o->results, o->envelope.count);
	for (size_t i = 0; i < o->results.count; i++) {
		enum fate fate = i < 4 && fake.fates[i] ? fake.fates[i] : FATE_ACCEPTED;

		delivery_result_set(
			&o->results, i, fate, fate == FATE_ACCEPTED ? NULL : &fake.error);
	}
	o->message_id = alloc_string("<1@example.org>");
	o->results.accepted_reply = alloc_string(fake.reply);
	o->report_taken = fake.report_taken;
	if (fake.queue_id) {
		o->has_queue = true;
		snprintf(o->queue_id, sizeof o->queue_id, "%s", fake.queue_id);
	}
}

static struct config config;
static struct caller caller;
static struct request request;
static const struct smtpd_params params = {
	.host = "host.example.org", .request = &request, .submit = fake_submit
};

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	config = (struct config)CONFIG_INIT;
	config.domain = alloc_string("example.org");
	config.host_found = alloc_string("host.example.org");
	caller_init(&caller);
	request = (struct request)REQUEST_INIT;
	request.config = &config;
	request.caller = &caller;
	request.expand = false;
	log_open("none");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&fake.seen);
	config_release(&config);
	caller_release(&caller);
	return 0;
}

/* Plays a whole input in blocks of `block` octets; adds the replies, returns the exit status. */
static int play(const char *input, size_t len, size_t block, struct buf *replies)
{
	struct smtpd s;
	int status;

	smtpd_begin(&s, &params);
	for (size_t at = 0; at < len && s.state != SMTPD_CLOSED;) {
		size_t n = len - at < block ? len - at : block;

		for (size_t end = at + n; at < end && s.state != SMTPD_CLOSED;)
			at += smtpd_feed(&s, input + at, end - at);
	}
	buf_add(replies, s.out.data, s.out.len);
	status = smtpd_status(&s);
	smtpd_release(&s);
	return status;
}

/*
 * Plays input in one piece, octet by octet and cut once at every place; all must come to the
 * same.
 */
static void assert_session(const char *input, const char *replies, const char *seen, int status)
{
	size_t len = strlen(input);

	for (size_t block = 1; block <= len; block++) {
		struct buf got = BUF_INIT;

		buf_truncate(&fake.seen, 0);
		assert_int_equal(play(input, len, block, &got), status);
		assert_string_equal(buf_str(&got), replies);
		assert_string_equal(buf_str(&fake.seen), seen);
		buf_release(&got);
	}
}

#define GREETING "220 host.example.org ESMTP sendoff\r\n"
#define BYE      "221 2.0.0 host.example.org closes the connection\r\n"
#define MAIL_OK  "250 2.1.0 Ok\r\n"
#define RCPT_OK  "250 2.1.5 Ok\r\n"
#define GO_AHEAD "354 End data with <CR><LF>.<CR><LF>\r\n"
#define TAKEN    "250 Ok: queued as 1@example.org\r\n"

static void two_messages_in_a_session(void **state)
{
	(void)state;
	assert_session(
		"HELO [127.0.0.1]\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.net>\r\n"
		"RCPT TO:<ben@example.net>\r\nDATA\r\nSubject: "
		"one\r\n\r\n..dot\r\n...\r\n.x\r\n\r\n.\r\n"
		"MAIL FROM:<>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\nSubject: "
		"two\r\n\r\n.\r\nQUIT\r\n",
		GREETING "250 host.example.org\r\n" MAIL_OK RCPT_OK RCPT_OK GO_AHEAD TAKEN MAIL_OK
			RCPT_OK GO_AHEAD TAKEN BYE,
		"from me@example.org\nto ann@example.net\nto ben@example.net\nSubject: "
		"one\r\n--\n.dot\r\n..\r\nx\r\n\r\n==\n"
		"from \nto ann@example.net\nSubject: two\r\n--\n==\n",
		EX_OK);
}

static void ehlo_offers(void **state)
{
	struct buf got = BUF_INIT;

	(void)state;
	assert_session("EHLO localhost\r\nQUIT\r\n",
		GREETING "250-host.example.org\r\n250-PIPELINING\r\n250-SIZE\r\n250-"
			 "8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
			 "250 ENHANCEDSTATUSCODES\r\n" BYE,
		"", EX_OK);
	config.max_message_size = 1000;
	assert_int_equal(play("ehlo x\n", 7, 7, &got), EX_OK);
	assert_non_null(strstr(got.data, "250-SIZE 1000\r\n"));
	buf_release(&got);
}

/* What is sent ahead is answered in order; what comes behind QUIT is not looked at. */
static void pipelined_input(void **state)
{
	(void)state;
	assert_session("EHLO x\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<bad\r\nRCPT "
		       "TO:<ann@example.net>\r\nRSET\r\n"
		       "RCPT TO:<ann@example.net>\r\nDATA\r\nNOOP\r\nQUIT\r\nMAIL "
		       "FROM:<me@example.org>\r\n",
		GREETING "250-host.example.org\r\n250-PIPELINING\r\n250-SIZE\r\n250-"
			 "8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
			 "250 ENHANCEDSTATUSCODES\r\n" MAIL_OK
			 "553 5.1.3 bad address syntax\r\n" RCPT_OK
			 "250 2.0.0 Ok\r\n503 5.5.1 MAIL first\r\n503 5.5.1 MAIL first\r\n250 "
			 "2.0.0 Ok\r\n" BYE,
		"", EX_OK);
}

static void lines_may_end_in_lf(void **state)
{
	(void)state;
	assert_session("helo x\nmail from:<me@example.org>\nrcpt to: "
		       "<ann@example.net>\ndata\nSubject: lf\n\n..a\r\n.\nquit\n",
		GREETING "250 host.example.org\r\n" MAIL_OK RCPT_OK GO_AHEAD TAKEN BYE,
		"from me@example.org\nto ann@example.net\nSubject: lf\r\n--\n.a\r\n==\n", EX_OK);
}

/*
 * Where DATA ended in CR LF only CR LF "." CR LF ends the content: nothing can be smuggled in
 * behind a bare LF.
 */
static void a_bare_lf_ends_no_content(void **state)
{
	(void)state;
	assert_session(
		"HELO x\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n"
		"Subject: s\r\n\r\na\n.\nb\n.\r\nc\r\n.\nd\r\n.\rMAIL\r\n.\r\nQUIT\r\n",
		GREETING "250 host.example.org\r\n" MAIL_OK RCPT_OK GO_AHEAD TAKEN BYE,
		"from me@example.org\nto ann@example.net\nSubject: s\r\n--\n"
		"a\r\n.\r\nb\r\n.\r\nc\r\n.\r\nd\r\n\rMAIL\r\n==\n",
		EX_OK);
}

static void dsn_parameters(void **state)
{
	(void)state;
	assert_session("EHLO x\r\nMAIL FROM:<me@example.org> SIZE=100 BODY=8BITMIME RET=HDRS "
		       "ENVID=a+2Bb+3D SMTPUTF8\r\n"
		       "RCPT TO:<ann@example.net> NOTIFY=SUCCESS,DELAY "
		       "ORCPT=rfc822;ann+2Bx@example.net\r\n"
		       "DATA\r\n\r\n.\r\n",
		GREETING "250-host.example.org\r\n250-PIPELINING\r\n250-SIZE\r\n250-"
			 "8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
			 "250 ENHANCEDSTATUSCODES\r\n" MAIL_OK RCPT_OK GO_AHEAD TAKEN,
		"from me@example.org envid=a+b= ret=2\nto ann@example.net notify=10 "
		"orcpt=rfc822;ann+2Bx@example.net\n--\n==\n",
		EX_OK);
}

/*
 * One command behind a MAIL that was taken, or the first of a session, and the beginning of its
 * reply.
 */
static void single_commands(void **state)
{
	static const struct {
		const char *command, *reply;
	} rows[] = {
		{ "MAIL FROM:<a@example.org>", "250 " },
		{ "MAIL FROM:a@example.org", "250 " },
		{ "MAIL FROM: <a@example.org> ", "250 " },
		{ "mail from:<\"a b>c\"@example.org> BODY=7bit", "250 " },
		{ "MAIL FROM:<a@[192.0.2.1]>", "250 " },
		{ "MAIL FROM:<@relay.example.org:a@example.org>", "250 " },
		{ "MAIL FROM:<j\xc3\xb6@example.org> SMTPUTF8", "250 " },
		{ "MAIL FROM:<me>", "250 " },
		{ "MAIL", "501 " },
		{ "MAIL TO:<a@example.org>", "501 " },
		{ "MAIL FROM:", "553 " },
		{ "MAIL FROM:a@example.org,b@@example.org", "553 " },
		{ "MAIL FROM:<a@example.org", "553 " },
		{ "MAIL FROM:<a@example.org>SIZE=1", "553 " },
		{ "MAIL FROM:<a@>", "553 " },
		{ "MAIL FROM:<a b@example.org>", "553 " },
		{ "MAIL FROM:<\xff@example.org>", "553 " },
		{ "MAIL FROM:<a@example.org> SIZE=x", "501 " },
		{ "MAIL FROM:<a@example.org> SIZE", "501 " },
		{ "MAIL FROM:<a@example.org> SIZE=1 SIZE=1", "501 " },
		{ "MAIL FROM:<a@example.org> SIZE=999999999999999999999", "501 " },
		{ "MAIL FROM:<a@example.org> BODY=BINARYMIME", "501 " },
		{ "MAIL FROM:<a@example.org> SMTPUTF8=yes", "501 " },
		{ "MAIL FROM:<a@example.org> RET=some", "501 " },
		{ "MAIL FROM:<a@example.org> ENVID=a=b", "501 " },
		{ "MAIL FROM:<a@example.org> ENVID=a+0Ab", "501 " },
		{ "MAIL FROM:<a@example.org> ENVID=+2", "501 " },
		{ "MAIL FROM:<a@example.org> ENVID=", "501 " },
		{ "MAIL FROM:<a@example.org> AUTH=<>", "555 " },
		{ "MAIL FROM:<a@example.org> NOTIFY=NEVER", "555 " },
		{ "RCPT TO:<b@example.net>", "503 " },
		{ "DATA", "503 " },
		{ "DATA now", "501 " },
		{ "HELO", "501 " },
		{ "EHLO", "501 " },
		{ "VRFY a", "252 " },
		{ "VRFY", "501 " },
		{ "EXPN list", "502 " },
		{ "STARTTLS", "502 " },
		{ "AUTH PLAIN x", "502 " },
		{ "HELP", "214 " },
		{ "NOOP whatever", "250 " },
		{ "RSET", "250 " },
		{ "", "500 " },
		{ "Subject: hello", "500 " },
		{ "NOOP\rRSET", "500 " },
		{ "MAILFROM:<a@example.org>", "500 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf line = BUF_INIT, got = BUF_INIT;

		buf_addf(&line, "%s\r\n", rows[i].command);
		play(line.data, line.len, line.len, &got);
		if (strncmp(got.data + strlen(GREETING), rows[i].reply, 4) != 0)
			fail_msg("%s: %s", rows[i].command, got.data + strlen(GREETING));
		assert_int_equal(got.data[got.len - 1], '\n');
		buf_release(&line);
		buf_release(&got);
	}
}

static void single_recipients(void **state)
{
	static const struct {
		const char *command, *reply;
	} rows[] = {
		{ "RCPT TO:<b@example.net>", "250 " },
		{ "RCPT TO:<root>", "250 " },
		{ "RCPT TO:<Postmaster>", "250 " },
		{ "RCPT TO:b@example.net NOTIFY=NEVER", "250 " },
		{ "RCPT TO:<>", "553 " },
		{ "RCPT TO:<a@example.net,b@example.net>", "553 " },
		{ "RCPT TO:<a@example.net> x", "555 " },
		{ "RCPT TO:<a@example.net> SIZE=1", "555 " },
		{ "RCPT TO:<a@example.net> NOTIFY=NEVER,DELAY", "501 " },
		{ "RCPT TO:<a@example.net> NOTIFY=", "501 " },
		{ "RCPT TO:<a@example.net> ORCPT=rfc822", "501 " },
		{ "RCPT TO:<a@example.net> ORCPT=;a", "501 " },
		{ "RCPT TO:<a@example.net> ORCPT=rfc822;", "501 " },
		{ "RCPT TO:<a@example.net> ORCPT=rfc822;\xc3\xa9", "501 " },
		{ "MAIL FROM:<c@example.org>", "503 " },
		{ "DATA", "503 5.5.1 no valid recipients" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf input = BUF_INIT, got = BUF_INIT;

		buf_addf(&input, "MAIL FROM:<a@example.org>\r\n%s\r\n", rows[i].command);
		play(input.data, input.len, input.len, &got);
		if (strncmp(got.data + strlen(GREETING MAIL_OK), rows[i].reply,
			    strlen(rows[i].reply)) != 0)
			fail_msg("%s: %s", rows[i].command, got.data + strlen(GREETING MAIL_OK));
		buf_release(&input);
		buf_release(&got);
	}
}

static void a_path_has_its_limit(void **state)
{
	(void)state;
	for (size_t len = 254; len <= 255; len++) {
		struct buf input = BUF_INIT, got = BUF_INIT;

		buf_adds(&input, "MAIL FROM:<>\r\nRCPT TO:<");
		for (size_t i = 0; i < len - strlen("@example.net"); i++)
			buf_addc(&input, 'x');
		buf_adds(&input, "@example.net>\r\n");
		play(input.data, input.len, input.len, &got);
		assert_memory_equal(
			got.data + strlen(GREETING MAIL_OK), len == 254 ? "250" : "553", 3);
		buf_release(&input);
		buf_release(&got);
	}
}

static void a_command_line_has_its_limit(void **state)
{
	(void)state;
	for (size_t len = 4096; len <= 4097; len++) {
		struct buf input = BUF_INIT, got = BUF_INIT;

		buf_adds(&input, "NOOP ");
		while (input.len < len - 2)
			buf_addc(&input, 'x');
		buf_adds(&input, "\r\nQUIT\r\n");
		assert_int_equal(
			play(input.data, input.len, 1000, &got), len == 4096 ? EX_OK : EX_USAGE);
		assert_memory_equal(got.data + strlen(GREETING), len == 4096 ? "250" : "500", 3);
		assert_non_null(strstr(got.data, BYE));
		buf_release(&input);
		buf_release(&got);
	}
}

static void a_message_has_50000_recipients_at_most(void **state)
{
	struct buf input = BUF_INIT, got = BUF_INIT;

	(void)state;
	buf_adds(&input, "MAIL FROM:<>\r\n");
	for (unsigned i = 0; i < 50001; i++)
		buf_addf(&input, "RCPT TO:<u%u@example.net>\r\n", i);
	buf_adds(&input, "RCPT TO:<u7@EXAMPLE.net>\r\nDATA\r\n.\r\nQUIT\r\n");
	assert_int_equal(play(input.data, input.len, 65536, &got), EX_OK);
	assert_int_equal(fake.count, 1);
	assert_non_null(strstr(got.data,
		RCPT_OK "452 4.5.3 more than 50000 recipients\r\n" RCPT_OK GO_AHEAD TAKEN BYE));
	buf_release(&input);
	buf_release(&got);
}

static void a_message_that_is_too_large(void **state)
{
	static const char session[] =
		"MAIL FROM:<a@example.org> SIZE=21\r\nMAIL FROM:<a@example.org> SIZE=20\r\n"
		"RCPT TO:<b@example.net>\r\nDATA\r\n\r\n0123456789\r\n0123456789\r\n.\r\nQUIT\r\n";
	struct buf got = BUF_INIT;

	(void)state;
	config.max_message_size = 20;
	play(session, sizeof session - 1, 10, &got);
	assert_int_equal(fake.count, 0);
	assert_memory_equal(got.data, GREETING "552 5.3.4 ", strlen(GREETING "552 5.3.4 "));
	assert_non_null(strstr(got.data, MAIL_OK RCPT_OK GO_AHEAD "552 5.3.4 "));
	assert_non_null(strstr(got.data, BYE));
	buf_release(&got);
}

static void the_end_of_input(void **state)
{
	static const struct {
		const char *input;
		int status;
	} rows[] = {
		{ "", EX_OK },
		{ "HELO x\r\n", EX_OK },
		{ "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n", EX_OK },
		{ "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n", EX_DATAERR },
		{ "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nhello\r\n.",
			EX_DATAERR },
		{ "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nhello\r\n.\r",
			EX_DATAERR },
		{ "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nhello\r\n.\n",
			EX_DATAERR },
		{ "hello\r\n", EX_USAGE },
		{ "hello\r\nQUIT\r\n", EX_USAGE },
		{ "EXPN x\r\nQUIT\r\n", EX_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf got = BUF_INIT;

		assert_int_equal(
			play(rows[i].input, strlen(rows[i].input), 7, &got), rows[i].status);
		assert_int_equal(fake.count, 0);
		buf_release(&got);
	}
}

static void nonsense_beside_a_message_is_forgiven(void **state)
{
	(void)state;
	assert_session("what\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n",
		GREETING "500 5.5.2 this is no command\r\n" MAIL_OK RCPT_OK GO_AHEAD TAKEN,
		"from \nto b@example.net\n--\n==\n", EX_OK);
}

static void the_id_is_the_best_there_is(void **state)
{
	static const struct {
		const char *queue_id, *reply, *id;
	} rows[] = {
		{ NULL, "2.0.0 Ok: queued as 4Zx9Q", "4Zx9Q" },
		{ NULL, "OK id=1rA2bC-000001-Xy", "1rA2bC-000001-Xy" },
		{ NULL, "2.0.0 accepted", "1@example.org" },
		{ NULL, NULL, "1@example.org" },
		{ "20261125ABC", "2.0.0 Ok: queued as 4Zx9Q", "20261125ABC" },
	};
	static const char session[] = "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf got = BUF_INIT, want = BUF_INIT;

		fake.queue_id = rows[i].queue_id;
		fake.reply = rows[i].reply;
		play(session, sizeof session - 1, 100, &got);
		buf_addf(&want, GREETING MAIL_OK RCPT_OK GO_AHEAD "250 Ok: queued as %s\r\n",
			rows[i].id);
		assert_string_equal(got.data, want.data);
		buf_release(&got);
		buf_release(&want);
	}
}

/* What becomes of a message for two, and the last reply. */
static void replies_to_a_message(void **state)
{
	static const struct {
		enum fate first, second;
		int code, reply;
		const char *status, *queue_id;
		bool report_taken;
		const char *answer;
	} rows[] = {
		{ FATE_REFUSED, FATE_REFUSED, EX_NOUSER, 550, "5.1.1", NULL, false,
			"550 5.1.1 why\r\n" },
		{ FATE_REFUSED, FATE_REFUSED, EX_UNAVAILABLE, 554, "", NULL, false,
			"554 5.0.0 why\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_TEMPFAIL, 451, "4.7.1", NULL, false,
			"451 4.7.1 why\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_TEMPFAIL, 421, "5.7.1", NULL, false,
			"421 4.4.1 why\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_TEMPFAIL, 0, "", NULL, false,
			"451 4.4.1 why\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_CONFIG, 0, "", NULL, false,
			"451 4.3.5 why\r\n" },
		{ FATE_REFUSED, FATE_REFUSED, EX_UNAVAILABLE, 0, "5.3.4", NULL, false,
			"552 5.3.4 why\r\n" },
		{ FATE_REFUSED, FATE_REFUSED, EX_NOPERM, 535, "5.7.8", NULL, false,
			"535 5.7.8 why\r\n" },
		{ FATE_REFUSED, FATE_REFUSED, EX_DATAERR, 0, "5.6.0", NULL, false,
			"554 5.6.0 why\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_TEMPFAIL, 451, "4.7.1", "Q1", false,
			"250 Ok: queued as Q1\r\n" },
		{ FATE_ACCEPTED, FATE_REFUSED, EX_NOUSER, 550, "5.1.1", NULL, true, TAKEN },
		{ FATE_ACCEPTED, FATE_REFUSED, EX_NOUSER, 550, "5.1.1", NULL, false,
			"550 5.1.1 why (only these have the message: b@example.net)\r\n" },
		{ FATE_DEFERRED, FATE_DEFERRED, EX_OK, 0, "", NULL, false,
			"451 4.3.0 internal error: nobody said what became of a recipient\r\n" },
	};
	static const char session[] = "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nRCPT "
				      "TO:<c@example.net>\r\nDATA\r\n.\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf got = BUF_INIT;

		fake.fates[0] = rows[i].first;
		fake.fates[1] = rows[i].second;
		error_set(&fake.error, rows[i].code, rows[i].status, "why");
		fake.error.reply = rows[i].reply;
		fake.queue_id = rows[i].queue_id;
		fake.report_taken = rows[i].report_taken;
		play(session, sizeof session - 1, 100, &got);
		assert_string_equal(got.data + strlen(GREETING MAIL_OK RCPT_OK RCPT_OK GO_AHEAD),
			rows[i].answer);
		buf_release(&got);
	}
}

static void a_reply_fits_its_line(void **state)
{
	static const char session[] = "MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n";
	struct buf text = BUF_INIT, got = BUF_INIT;
	const char *last;

	(void)state;
	buf_adds(&text, "a");
	while (text.len < 900)
		buf_adds(&text, "\xc3\xa9\x1b");
	fake.fates[0] = FATE_REFUSED;
	error_set(&fake.error, EX_NOUSER, "5.1.1", "%s", text.data);
	play(session, sizeof session - 1, 100, &got);
	last = got.data + strlen(GREETING MAIL_OK RCPT_OK GO_AHEAD);
	assert_in_range(strlen(last), 500, 512);
	assert_memory_equal(last, "550 5.1.1 a\xc3\xa9?\xc3\xa9?", 16);
	assert_string_equal(last + strlen(last) - 2, "\r\n");
	buf_release(&text);
	buf_release(&got);
}

static void aliases_are_looked_up(void **state)
{
	static const char text[] = "root: ann@example.net\nnowhere: /var/mail/file\n";
	static const char session[] =
		"MAIL FROM:<>\r\nRCPT TO:<root>\r\nRCPT TO:<nowhere@localhost>\r\n"
		"RCPT TO:<nowhere@example.net>\r\nDATA\r\n.\r\n";
	struct buf got = BUF_INIT;
	char file[] = "/tmp/sendoff-aliases-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0 && file_write_all(fd, text, sizeof text - 1));
	close(fd);
	config.aliases = alloc_string(file);
	request.expand = true;
	play(session, sizeof session - 1, 100, &got);
	unlink(file);
	assert_memory_equal(got.data, GREETING MAIL_OK RCPT_OK "553 5.",
		strlen(GREETING MAIL_OK RCPT_OK "553 5."));
	assert_string_equal(fake.seen.data, "from \nto root\nto nowhere@example.net\n--\n==\n");
	buf_release(&got);
}

static void an_alias_has_50000_recipients_at_most(void **state)
{
	static const char session[] = "MAIL FROM:<>\r\nRCPT TO:<all>\r\n";
	struct buf text = BUF_INIT, got = BUF_INIT;
	char file[] = "/tmp/sendoff-aliases-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	buf_adds(&text, "all: u@example.net");
	for (unsigned i = 0; i < 50000; i++)
		buf_addf(&text, ",%u@a.net", i);
	buf_adds(&text, "\n");
	assert_true(fd >= 0 && file_write_all(fd, text.data, text.len));
	close(fd);
	config.aliases = alloc_string(file);
	request.expand = true;
	play(session, sizeof session - 1, 100, &got);
	unlink(file);
	assert_string_equal(got.data, GREETING MAIL_OK "452 4.5.3 more than 50000 recipients\r\n");
	buf_release(&text);
	buf_release(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_messages_in_a_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ehlo_offers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pipelined_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_may_end_in_lf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bare_lf_ends_no_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dsn_parameters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(single_commands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(single_recipients, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_path_has_its_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_line_has_its_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_message_has_50000_recipients_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_message_that_is_too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			nonsense_beside_a_message_is_forgiven, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_id_is_the_best_there_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(replies_to_a_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reply_fits_its_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(aliases_are_looked_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_alias_has_50000_recipients_at_most, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
