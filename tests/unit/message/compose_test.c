/* SPDX-License-Identifier: ISC */
#include "base/alloc.h"
#include "base/log.h"
#include "message/compose.h"
#include "message/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void read_header(struct header *h, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (*text == ' ' || *text == '\t')
			header_continue(h, text, len);
		else
			header_add_line(h, text, len);
		text += len + (text[len] == '\n');
	}
}

static char *text_of(const struct header *h)
{
	struct buf b = BUF_INIT;

	header_write(h, &b);
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] == '\r')
			buf_remove(&b, i, 1);
	return buf_detach(&b);
}

static char *recipients_of(const struct envelope *e)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < e->count; i++)
		buf_addf(&b, "%s%s", i ? " " : "", e->recipients[i].address);
	return buf_detach(&b);
}

static void recipients_from_the_header(void **state)
{
	/* An expected text that begins with '!' is a refusal with that in its words. */
	static const struct {
		const char *given, *header, *expected;
	} cases[] = {
		{ NULL, "To: a@x\n", "a@x" },
		{ NULL, "To: a@x\nCc: b@x, c@x\nBcc: d@x\n", "a@x b@x c@x d@x" },
		{ NULL, "To: a@x\nTO: b@x\nto : c@x\n", "a@x b@x c@x" },
		{ NULL, "Bcc : a@x\nBCC:b@x\n", "a@x b@x" },
		{ NULL, "To:\n a@x,\n\tb@x\n", "a@x b@x" },
		{ NULL, "To: a@x\n b@x\n", "a@x b@x" },
		{ NULL, "To: root, G: a@x;, <@r:c@d>\n", "root a@x c@d" },
		{ "c@x a@x", "To: a@X\nCc: A@x\n", "c@x a@x A@x" },
		{ NULL, "To: undisclosed-recipients:;\nCc:\nBcc: \n", "" },
		{ NULL, "Subject: none\n", "" },
		{ NULL, "Resent-To: r@x\nResent-Bcc: s@x\nReceived: x\nTo: a@x\n", "r@x s@x" },
		{ NULL, "Return-Path: <q@x>\nResent-Date: d\nResent-To: r@x\nTo: a@x\nCc: b@x\n", "r@x" },
		{ NULL, "Resent-From: m@x\nTo: a@x\n", "a@x" },
		{ NULL, "Resent-To: new@x\nResent-From: m@x\nResent-To: old@x\nTo: a@x\n", "new@x" },
		{ NULL, "Resent-From: m@x\nResent-From: l@x\nResent-To: old@x\nTo: a@x\n", "a@x" },
		{ NULL, "Received: y\nResent-To: old@x\nTo: a@x\n", "a@x" },
		{ NULL, "Resent-Cc: (nobody)\nTo: a@x\n", "a@x" },
		{ NULL, "To: a@x, b b@x\n", "!To: malformed address 'b b@x'" },
		{ NULL, "To: a@x\nBcc : b@@x\n", "!Bcc: malformed address 'b@@x'" },
		{ NULL, "To: a@x\nCc: Bob <>\n", "!Cc: '<>'" },
		{ NULL, "Resent-To: b@@x\nTo: a@x\n", "!Resent-To: malformed" },
		{ NULL, "Resent-To: r@x\nTo: broken@@\n", "r@x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct header h = HEADER_INIT;
		struct envelope e = ENVELOPE_INIT;
		struct error err = ERROR_INIT;
		char *got;
		bool ok;

		if (cases[i].given) {
			assert_true(envelope_add(&e, "c@x", NULL, &err));
			assert_true(envelope_add(&e, "a@x", NULL, &err));
		}
		read_header(&h, cases[i].header);
		ok = compose_recipients(&h, &e, &err);
		got = recipients_of(&e);
		if (ok != (cases[i].expected[0] != '!') || (ok && strcmp(got, cases[i].expected)) ||
			(!ok && !strstr(err.text, cases[i].expected + 1)))
			fail_msg("%s: got '%s' (%s)", cases[i].header, got, err.text);
		if (!ok)
			assert_int_equal(err.code, EX_DATAERR);
		free(got);
		header_release(&h);
		envelope_release(&e);
	}
}

static void the_author(void **state)
{
	static const struct {
		const char *header, *expected;
	} cases[] = {
		{ "From: A <a@x>\n", "a@x" },
		{ "From: root (Cron)\n", "root@example.org" },
		{ "From: a@x, b@x\n", "a@x" },
		{ "From: a@x\nFrom: b@x\n", "b@x" },
		{ "Resent-From: r@x\nFrom: a@x\n", "r@x" },
		{ "Resent-From: new@x\nReceived: y\nResent-From: old@x\nFrom: a@x\n", "new@x" },
		{ "Received: y\nResent-From: old@x\nFrom: a@x\n", "a@x" },
		{ "From: a a@x\n", NULL },
		{ "From:\n", NULL },
		{ "To: a@x\n", NULL },
		{ "", NULL },
	};
	struct config c = { .domain = alloc_string("example.org") };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct header h = HEADER_INIT;
		char *got;

		read_header(&h, cases[i].header);
		got = compose_author(&h, &c);
		if (!got != !cases[i].expected || (got && strcmp(got, cases[i].expected)))
			fail_msg("%s: got '%s'", cases[i].header, got ? got : "none");
		free(got);
		header_release(&h);
	}
	config_release(&c);
}

#define IDS "Date: d\nMessage-ID: <m>\n"

static void what_no_account_has_a_say_in(void **state)
{
	static const struct {
		const char *header, *expected;
	} cases[] = {
		/* removed */
		{ "To: a@x\nBcc: b@x\n" IDS, "To: a@x\n" IDS },
		{ "BCC : b@x,\n c@x\nTo: a@x\nbcc:\nResent-Bcc: d@x\n" IDS, "To: a@x\n" IDS },
		{ "Return-Path: <r@x>\nContent-Length: 5\nX-Bcc: stays\n" IDS, "X-Bcc: stays\n" IDS },
		/* once only */
		{ "To: a@x\nSubject: s\nTo: b@x\n" IDS, "To: a@x,\n b@x\nSubject: s\n" IDS },
		{ "To: \nSubject: s\nTo: b@x\n" IDS, "Subject: s\nTo: b@x\n" IDS },
		{ "To: a@x,\nTo:\nTO:\n  b@x,\n c@x , \nTo: d@x\n" IDS, "To: a@x,\n b@x,\n c@x,\n d@x\n" IDS },
		{ "Cc: a@x\nCC: b@x\nReply-To: c@x\nReply-To: d@x\n" IDS, "Cc: a@x,\n b@x\nReply-To: c@x,\n d@x\n" IDS },
		{ "Cc:  \n" IDS, IDS },
		{ "Cc: ,\nCc: ,\n" IDS, IDS },
		{ "Reply-To: ,\n ,\n" IDS, IDS },
		{ "From: a@x\nFrom: b@x\nFrom: c@x\n" IDS, "From: c@x\n" IDS },
		{ "Subject: 1\nSubject: 2\nSender: a@x\nSender: b@x\n" IDS, "Subject: 1\nSender: a@x\n" IDS },
		{ IDS "Date: e\nMessage-Id: <n>\nIn-Reply-To: 1\nIn-Reply-To: 2\nReferences: 1\nReferences: 2\n",
			IDS "In-Reply-To: 1\nReferences: 1\n" },
		{ "Received: 1\nReceived: 2\nResent-To: a@x\nResent-To: b@x\nX-A: 1\nX-A: 1\n" IDS,
			"Received: 1\nReceived: 2\nResent-To: a@x\nResent-To: b@x\nX-A: 1\nX-A: 1\n" IDS },
		/* completed, and not a byte more */
		{ "To: root\n" IDS, "To: root@example.org\n" IDS },
		{ "to:root (the  boss) ,\n\ta@x , \"x y\"<bob>,G: joe;\n" IDS,
			"to:root@example.org (the  boss) ,\n\ta@x , \"x y\"<bob@example.org>,G: joe@example.org;\n" IDS },
		{ "Cc: alice\nSender: www-data\nReply-To: \"a b\"\nResent-To: r\nResent-Cc: r\nResent-Sender: r\n" IDS,
			"Cc: alice@example.org\nSender: www-data@example.org\nReply-To: \"a b\"@example.org\n"
			"Resent-To: r@example.org\nResent-Cc: r@example.org\nResent-Sender: r@example.org\n" IDS },
		{ "To: a b@x, root\n" IDS, "To: a b@x, root\n" IDS },
		{ "From: root\nResent-From: root\nX-To: root\n" IDS, "From: root\nResent-From: root\nX-To: root\n" IDS },
		{ "To: root\nTo: a@x\n" IDS, "To: root@example.org,\n a@x\n" IDS },
	};
	struct config c = { .domain = alloc_string("example.org") };
	struct compose_params p = { .config = &c };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct message m = MESSAGE_INIT;
		char *got;

		read_header(&m.header, cases[i].header);
		compose_message(&m, "s@x", &p);
		got = text_of(&m.header);
		if (strcmp(got, cases[i].expected))
			fail_msg("%s gave\n%s", cases[i].header, got);
		free(got);
		message_release(&m);
	}
	config_release(&c);
}

static void expect_id_domain(const char *sender, const char *own_domain, const char *domain)
{
	struct config c = { .domain = alloc_string(own_domain) };
	struct compose_params p = { .config = &c };
	struct message m = MESSAGE_INIT, n = MESSAGE_INIT;
	const char *id, *other, *at;

	compose_message(&m, sender, &p);
	compose_message(&n, sender, &p);
	assert_int_equal(m.header.count, 2);
	assert_true(field_is(&m.header.fields[0], "Date"));
	assert_true(field_is(&m.header.fields[1], "Message-ID"));
	id = field_value(&m.header.fields[1]);
	other = field_value(&n.header.fields[1]);
	assert_string_not_equal(id, other);
	assert_int_equal(strncmp(id, " <", 2), 0);
	at = strrchr(id, '@');
	assert_int_equal(strncmp(at + 1, domain, strlen(domain)), 0);
	assert_string_equal(at + 1 + strlen(domain), ">");
	message_release(&m);
	message_release(&n);
	config_release(&c);
}

static void date_and_message_id_are_added(void **state)
{
	(void)state;
	expect_id_domain("a@x.org", "example.org", "x.org");
	expect_id_domain("", "example.org", "example.org");
	expect_id_domain("a@[192.0.2.1]", "example.org", "[192.0.2.1]");
	expect_id_domain("a@b\xc3\xbc" "cher.example", "example.org", "xn--bcher-kva.example");
	expect_id_domain("a@b\xc3\xbc" "cher.example", "m\xc3\xbcnchen.example", "xn--bcher-kva.example");
	expect_id_domain("a", "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example");
	expect_id_domain("a@\xff", "m\xc3\xbcnchen.example", "xn--mnchen-3ya.example");
	expect_id_domain("", "\xff", "localhost");
}

static void dates_are_written_in_english(void **state)
{
	static const struct {
		const char *zone, *expected;
	} cases[] = {
		{ "UTC0", "Thu, 26 Nov 2026 09:30:05 +0000" },
		{ "XXX-5:30", "Thu, 26 Nov 2026 15:00:05 +0530" },
		{ "XXX3:30", "Thu, 26 Nov 2026 06:00:05 -0330" },
		{ "XXX0:30", "Thu, 26 Nov 2026 09:00:05 -0030" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF_INIT;

		setenv("TZ", cases[i].zone, 1);
		tzset();
		date_add(&b, 1795685405);
		assert_string_equal(buf_str(&b), cases[i].expected);
		buf_release(&b);
	}
	unsetenv("TZ");
	tzset();
}

struct account_case {
	const char *header;
	const char *sender; /* NULL: none given */
	const char *from;   /* of the account */
	enum from_override override;
	const char *full_name; /* -F */
	const char *expected, *expected_sender;
};

#define HOST "box.example.com"

static void check_account(const struct account_case *t)
{
	struct config c = { .domain = alloc_string("example.org"), .host_found = alloc_string(HOST) };
	struct caller caller = { .looked_up = true, .login = alloc_string("joe"), .home = alloc_string("/"),
		.full_name = alloc_string("Joe Q. Public") };
	struct account a = { .from = alloc_string(t->from), .from_override = t->override };
	struct compose_params p = { .config = &c, .caller = &caller, .full_name = t->full_name };
	struct envelope e = { .sender = alloc_string(t->sender) };
	struct header in = HEADER_INIT, out = HEADER_INIT;
	char *sender, *got;

	read_header(&in, t->header);
	compose_for_account(&in, &e, &a, &p, &out, &sender);
	got = text_of(&out);
	if (strcmp(got, t->expected) || strcmp(sender, t->expected_sender))
		fail_msg("%s by %s gave <%s>\n%s", t->header, t->sender ? t->sender : "nobody", sender, got);
	free(got);
	free(sender);
	free(a.from);
	header_release(&in);
	header_release(&out);
	envelope_release(&e);
	caller_release(&caller);
	config_release(&c);
}

#define ME "me@gmail.example"
#define L OVERRIDE_LOCAL
#define Y OVERRIDE_YES
#define N OVERRIDE_NO

static void what_the_account_says(void **state)
{
	static const struct account_case cases[] = {
		/* From made */
		{ "To: a@x\n", "s@x", NULL, L, NULL, "To: a@x\nFrom: \"Joe Q. Public\" <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, "Cron Daemon", "From: Cron Daemon <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, "a \"b\" \\", "From: \"a \\\"b\\\" \\\\\" <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, "x\nBcc: y", "From: \"x Bcc: y\" <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, " x", "From: \" x\" <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, "J\xc3\xb6rg", "From: J\xc3\xb6rg <s@x>\n", "s@x" },
		{ "", "s@x", NULL, L, "", "From: s@x\n", "s@x" },
		{ "", "", NULL, L, NULL, "From: MAILER-DAEMON@example.org\n", "" },
		{ "", "", ME, Y, "Bounce", "From: Bounce <MAILER-DAEMON@example.org>\n", "" },
		{ "", NULL, ME, L, "F", "From: F <" ME ">\n", ME },
		{ "", NULL, NULL, L, "F", "From: F <joe@example.org>\n", "joe@example.org" },
		{ "", "fail2ban", NULL, L, "F", "From: F <fail2ban@example.org>\n", "fail2ban@example.org" },
		{ "", "fail2ban", ME, L, "F", "From: F <" ME ">\n", ME },
		{ "From: \nTo: a@x\n", "s@x", NULL, L, "F", "From: F <s@x>\nTo: a@x\n", "s@x" },
		{ "From: <>\n", "s@x", NULL, L, "F", "From: F <s@x>\n", "s@x" },

		/* local senders replaced, names kept */
		{ "From: root (Cron Daemon)\n", "root", ME, L, NULL, "From: " ME " (Cron Daemon)\n", ME },
		{ "From: \"(Cron Daemon)\" <root>\n", NULL, ME, L, NULL, "From: \"(Cron Daemon)\" <" ME ">\n", ME },
		{ "From: r@localhost\n", "r@LOCALHOST", ME, L, NULL, "From: " ME "\n", ME },
		{ "From: r@" HOST "\n", "r@" HOST, ME, L, NULL, "From: " ME "\n", ME },
		{ "From: r@box\n", "r@box", ME, L, NULL, "From: " ME "\n", ME },
		{ "From: r@example.org\n", "r@example.org", ME, L, NULL, "From: r@example.org\n", "r@example.org" },
		{ "From: root, a@x\n", "a@x", ME, L, NULL, "From: " ME ", a@x\n", "a@x" },
		{ "From: root\nSender: root@x\n", "", ME, L, NULL, "From: " ME "\nSender: root@x\n", "" },
		{ "From: root\n", "root", NULL, L, NULL, "From: root@example.org\n", "root@example.org" },
		{ "From: a b@x\n", "s@x", ME, L, NULL, "From: a b@x\n", "s@x" },

		/* any sender replaced */
		{ "From: A <a@x>\n", "a@x", ME, Y, NULL, "From: A <" ME ">\nReply-To: A <a@x>\n", ME },
		{ "From: A <a@x>\nReply-To: r@x\n", "", ME, Y, NULL, "From: A <" ME ">\nReply-To: r@x\n", "" },
		{ "From: root\n", "root", ME, Y, NULL, "From: " ME "\n", ME },
		{ "From: Me <Me@x>\n", "s@x", "Me@X", Y, NULL, "From: Me <Me@x>\n", "Me@X" },
		{ "From: a@x, B <b@x>\n", "a@x", ME, Y, NULL, "From: " ME ", B <" ME ">\nReply-To: a@x, B <b@x>\n", ME },
		{ "From: a@x\n", "a@x", NULL, Y, NULL, "From: a@x\n", "a@x" },

		/* none replaced */
		{ "From: root\n", "root", ME, N, NULL, "From: root@example.org\n", "root@example.org" },
		{ "From: r@localhost\n", "r@localhost", ME, N, NULL, "From: r@localhost\n", "r@localhost" },
		{ "From: a@x\n", NULL, ME, N, NULL, "From: a@x\n", ME },

		/* Resent- fields */
		{ "Resent-From: root\nFrom: root@localhost\n", "root", ME, L, NULL,
			"Resent-From: " ME "\nFrom: root@localhost\n", ME },
		{ "Resent-From: A <a@x>\nFrom: b@x\n", "a@x", ME, Y, NULL, "Resent-From: A <" ME ">\nFrom: b@x\n", ME },
		{ "Resent-To: t@x\nFrom: root\n", "root", ME, L, NULL, "Resent-To: t@x\nFrom: root@example.org\n", ME },
		{ "Resent-From: a@x\nReceived: y\nResent-From: old\nFrom: b@x\n", "a@x", ME, L, NULL,
			"Resent-From: a@x\nReceived: y\nResent-From: old@example.org\nFrom: b@x\n", "a@x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_account(&cases[i]);
}

static void loops_are_found(void **state)
{
	struct header h = HEADER_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		header_add(&h, "Received", "from here");
	assert_true(compose_check_loop(&h, &err));
	header_add(&h, "RECEIVED", "from here");
	assert_false(compose_check_loop(&h, &err));
	assert_int_equal(err.code, EX_DATAERR);
	assert_string_equal(err.status, "5.4.6");
	header_release(&h);
}

/* A header of the largest size that is allowed, with the most work in it. */
static void large_headers_are_no_burden(void **state)
{
	struct config c = { .domain = alloc_string("example.org") };
	struct compose_params p = { .config = &c };
	struct message m = MESSAGE_INIT;

	(void)state;
	while (m.header.count < 100000)
		header_add(&m.header, m.header.count % 2 ? "Bcc" : "To", "r");
	compose_message(&m, "s@x", &p);
	assert_int_equal(m.header.count, 3);
	message_release(&m);
	config_release(&c);
}

static int be_silent(void **state)
{
	(void)state;
	log_open("none");
	return 0;
}

static int hush(void **state)
{
	(void)state;
	log_open("syslog");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recipients_from_the_header),
		cmocka_unit_test(the_author),
		cmocka_unit_test(what_no_account_has_a_say_in),
		cmocka_unit_test(date_and_message_id_are_added),
		cmocka_unit_test(dates_are_written_in_english),
		cmocka_unit_test(what_the_account_says),
		cmocka_unit_test(loops_are_found),
		cmocka_unit_test(large_headers_are_no_burden),
	};

	return cmocka_run_group_tests_name("message/compose", tests, be_silent, hush);
}
