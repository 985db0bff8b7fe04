/* SPDX-License-Identifier: ISC */
#include "place.h"

#include "base/alloc.h"
#include "queue/bounce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct scene {
	struct place place;
	struct account account;
	struct envelope to, envelope;
	struct message original;
	struct error refused;
	struct report_recipient recipients[2];
	struct report report;
};

static int setup(void **state)
{
	struct scene *s = alloc_zero(1, sizeof *s);
	struct error err;

	place_init(&s->place);
	s->account.name = alloc_string("work");
	s->account.from = alloc_string("me@example.org");
	s->original = (struct message)MESSAGE_INIT;
	place_read_message(&s->original, "Subject: secret plan\nMessage-ID: <1@x>\n\nThe body\n");
	s->to.sender = alloc_string("");
	envelope_add(&s->to, "me@example.org", NULL, &err);
	envelope_add(&s->envelope, "gone@x.org", "alias", &err);
	envelope_add(&s->envelope, "j\xc3\xb6@x.org", NULL, &err);
	s->envelope.envid = alloc_string("env 1");
	error_set(&s->refused, EX_NOUSER, "5.1.1",
		"mx.x.org:25: RCPT TO:<gone@x.org>: 550 5.1.1 no such user");
	s->refused.reply = 550;
	for (size_t i = 0; i < 2; i++)
		s->recipients[i] =
			(struct report_recipient){ &s->envelope.recipients[i], &s->refused };
	s->report = (struct report){
		.action = REPORT_FAILED,
		.account = &s->account,
		.config = &s->place.config,
		.caller = &s->place.caller,
		.to = &s->to,
		.envelope = &s->envelope,
		.recipients = s->recipients,
		.count = 2,
		.message = &s->original,
		.host = "mx.x.org",
		.queue_id = "abc",
		.arrived_s = 1000000000,
	};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	free(s->account.name);
	free(s->account.from);
	envelope_release(&s->to);
	envelope_release(&s->envelope);
	message_release(&s->original);
	place_release(&s->place);
	free(s);
	return 0;
}

static void make(const struct report *r, struct buf *text)
{
	struct message m = MESSAGE_INIT;
	struct error err = ERROR_INIT;
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	assert_true(report_make(&m, r, &err));
	header_write(&m.header, text);
	buf_adds(text, "\r\n");
	while ((n = spool_look(&m.body, at, &data, &err)) > 0) {
		buf_add(text, data, (size_t)n);
		at += (uint64_t)n;
	}
	message_release(&m);
}

static void a_report_on_many_is_not_too_large(void **state)
{
	enum { MANY = 40000 };
	struct scene *s = *state;
	struct report_recipient *many = alloc_zero(MANY, sizeof *many);
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < MANY; i++)
		many[i] = s->recipients[0];
	error_set(&s->refused, EX_NOUSER, "5.1.1", "%01000d", 0);
	s->report.recipients = many;
	s->report.count = MANY;
	make(&s->report, &text);
	assert_in_range(text.len, 3 * REPORT_REASONS_MAX, 8 * REPORT_REASONS_MAX);
	buf_release(&text);
	free(many);
}

static void assert_has(const struct buf *text, const char *part)
{
	if (!strstr(buf_str(text), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(text));
}

static void a_report_says_what_happened_to_people_and_machines(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT;

	make(&s->report, &text);
	assert_has(&text, "From: \"Mail Delivery System\" <me@example.org>\r\n");
	assert_has(&text, "To: <me@example.org>\r\n");
	assert_has(&text, "Auto-Submitted: auto-replied\r\n");
	assert_has(&text, "In-Reply-To: <1@x>\r\n");
	assert_has(&text, "\r\nDate: ");
	assert_has(&text, "\r\nMessage-ID: <");
	assert_has(&text, "multipart/report; report-type=delivery-status;");
	assert_has(&text, "Reporting-MTA: dns; box.example.org\r\n");
	assert_has(&text, "Original-Envelope-Id: env 1\r\n");
	assert_has(&text,
		"Original-Recipient: rfc822; alias\r\nFinal-Recipient: rfc822; "
		"gone@x.org\r\nAction: failed\r\n"
		"Status: 5.1.1\r\nRemote-MTA: dns; mx.x.org\r\nDiagnostic-Code: smtp; 550 5.1.1 "
		"no such user\r\n");
	assert_has(&text, "Final-Recipient: utf-8; j\\x{F6}@x.org\r\n");
	assert_has(&text, "Content-Type: text/rfc822-headers\r\n\r\nSubject: secret "
			  "plan\r\nMessage-ID: <1@x>\r\n");
	assert_null(strstr(buf_str(&text), "The body"));
	buf_release(&text);
}

static void the_whole_message_returns_when_asked_for(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT;

	s->envelope.ret = RETURN_FULL;
	make(&s->report, &text);
	assert_has(&text, "Content-Type: message/rfc822\r\n\r\nSubject: secret plan\r\nMessage-ID: "
			  "<1@x>\r\n\r\nThe body\r\n");
	buf_truncate(&text, 0);
	s->envelope.ret = RETURN_DEFAULT;
	make(&s->report, &text);
	assert_null(strstr(buf_str(&text), "The body"));
	buf_truncate(&text, 0);
	s->account.dsn_return = alloc_string("full");
	make(&s->report, &text);
	assert_has(&text, "The body\r\n");
	alloc_free(&s->account.dsn_return);
	buf_release(&text);
}

static void a_large_message_does_not_return_whole(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT, large = BUF_INIT;

	buf_adds(&large, "Subject: large\n\n");
	while (large.len <= REPORT_ORIGINAL_MAX)
		buf_adds(&large, "0123456789 0123456789 0123456789\n");
	message_release(&s->original);
	s->original = (struct message)MESSAGE_INIT;
	place_read_message(&s->original, large.data);
	s->envelope.ret = RETURN_FULL;
	make(&s->report, &text);
	assert_has(&text, "text/rfc822-headers\r\n\r\nSubject: large\r\n");
	assert_true(text.len < 8192);
	buf_release(&text);
	buf_release(&large);
}

static void a_delay_says_until_when(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT;

	error_set(&s->refused, EX_TEMPFAIL, "4.2.1", "mx: RCPT: 450 later");
	s->refused.reply = 450;
	s->report.action = REPORT_DELAYED;
	s->report.expires_s = 1000500000;
	make(&s->report, &text);
	assert_has(&text, "Action: delayed\r\nStatus: 4.2.1\r\n");
	assert_has(&text, "Will-Retry-Until: ");
	assert_null(strstr(buf_str(&text), "Action: failed"));
	buf_truncate(&text, 0);
	s->place.config.hostname = alloc_string("mail.example.org");
	make(&s->report, &text);
	assert_has(&text, "Reporting-MTA: dns; mail.example.org\r\n");
	alloc_free(&s->place.config.hostname);
	buf_release(&text);
}

static void a_server_cannot_add_fields_or_lines(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT;

	error_set(&s->refused, EX_NOUSER, "5.0.0",
		"550 bad\r\nAction: delivered\r\n\r\n--=_x\x1b[2J");
	free(s->envelope.recipients[0].address);
	s->envelope.recipients[0].address = alloc_string("x@x\nAction: delivered");
	make(&s->report, &text);
	assert_null(strstr(buf_str(&text), "\r\nAction: delivered"));
	assert_null(strchr(buf_str(&text), '\x1b'));
	buf_release(&text);
}

static void who_wants_which_report(void **state)
{
	static const struct {
		unsigned notify;
		const char *dsn_notify;
		bool failed, delayed, relayed;
	} table[] = {
		{ NOTIFY_DEFAULT, NULL, true, false, false },
		{ NOTIFY_NEVER, NULL, false, false, false },
		{ NOTIFY_SUCCESS, NULL, false, false, true },
		{ NOTIFY_DELAY | NOTIFY_FAILURE, NULL, true, true, false },
		{ NOTIFY_DEFAULT, "never", false, false, false },
		{ NOTIFY_DEFAULT, "success,delay", false, true, true },
		{ NOTIFY_FAILURE, "never", true, false, false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *dsn_notify = alloc_string(table[i].dsn_notify);
		struct account a = { .dsn_notify = dsn_notify };
		struct recipient r = { .notify = table[i].notify };

		assert_int_equal(report_is_wanted(&r, &a, REPORT_FAILED), table[i].failed);
		assert_int_equal(report_is_wanted(&r, &a, REPORT_DELAYED), table[i].delayed);
		assert_int_equal(report_is_wanted(&r, &a, REPORT_RELAYED), table[i].relayed);
		free(dsn_notify);
	}
}

/* An alias file of ours in place of the system's. */
static void write_aliases(struct scene *s, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/aliases", s->place.root);
	free(s->place.config.aliases);
	s->place.config.aliases = alloc_string(path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_goes_to(struct scene *s, const char *sender, const char *address)
{
	struct envelope to = ENVELOPE_INIT;
	struct error err = ERROR_INIT;

	if (!report_address(&to, sender, &s->account, &s->place.config, &s->place.caller, &err))
		fail_msg("%s", err.text);
	assert_string_equal(to.sender, "");
	assert_int_equal(to.count, 1);
	assert_string_equal(to.recipients[0].address, address);
	envelope_release(&to);
}

static void reports_go_to_the_sender_an_alias_or_the_postmaster(void **state)
{
	struct scene *s = *state;
	struct envelope to = ENVELOPE_INIT;
	struct error err;
	char admin[] = "admin@example.net", master[] = "master@example.net";

	write_aliases(s, "alice: alice@example.com\n");
	assert_goes_to(s, "bob@example.com", "bob@example.com");
	assert_goes_to(s, NULL, "me@example.org");
	assert_goes_to(s, "alice@localhost", "alice@example.com");
	assert_goes_to(s, "alice@box.example.org", "alice@example.com");
	assert_goes_to(s, "www-data@localhost", "me@example.org");
	s->place.config.adminaddr = admin;
	assert_goes_to(s, "www-data@localhost", "admin@example.net");
	write_aliases(s, "root: boss@example.com\n");
	assert_goes_to(s, "www-data@localhost", "boss@example.com");
	s->place.config.postmaster = master;
	assert_goes_to(s, "www-data@localhost", "master@example.net");
	assert_false(
		report_address(&to, "", &s->account, &s->place.config, &s->place.caller, &err));
	alloc_free(&s->place.config.aliases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_report_says_what_happened_to_people_and_machines, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_whole_message_returns_when_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_large_message_does_not_return_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_report_on_many_is_not_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(a_delay_says_until_when, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_server_cannot_add_fields_or_lines, setup, teardown),
		cmocka_unit_test(who_wants_which_report),
		cmocka_unit_test_setup_teardown(
			reports_go_to_the_sender_an_alias_or_the_postmaster, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
