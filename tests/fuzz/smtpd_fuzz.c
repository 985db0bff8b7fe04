/* SPDX-License-Identifier: ISC */
/*
 * -bs: however its input is cut, the same replies and messages come of it; each reply is a line of
 * a code, a blank and text.
 */
#include "base/alloc.h"
#include "base/ascii.h"
#include "base/log.h"
#include "cli/smtpd.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

const char *const fuzz_words[] = {
	"\r\n", "\n", "\r", ".", "\r\n.\r\n", "\n.\n", "..", " ", "x", "\xc3\xa9", "\xff", "<", ">", "@", "\"", "\\", ",", ":",
	"EHLO x\r\n", "HELO x\n", "MAIL FROM:", "MAIL FROM:<a@b.example>\r\n", "mail from:<a>\n", "<>", "RCPT TO:",
	"RCPT TO:<c@d.example>\r\n", "rcpt to:c\n", "DATA\r\n", "DATA\n", "\r\nDATA\r\n", "RSET\r\n", "NOOP\r\n",
	"VRFY x\r\n", "EXPN x\r\n", "HELP\r\n", "QUIT\r\n", "BDAT 1 LAST\r\n", " SIZE=10", " BODY=8BITMIME", " SMTPUTF8",
	" RET=HDRS", " ENVID=a+2Bb", " NOTIFY=NEVER", " NOTIFY=SUCCESS,DELAY", " ORCPT=rfc822;c+40d", "+4", "=", ";",
	"Subject: x\r\n\r\n", "From x\n", "a@b.example", "(", ")", "[192.0.2.1]", NULL,
};

static struct buf *taken;

static void hold(bool condition)
{
	if (!condition)
		abort();
}

/* Notes the message and takes it. */
static void fake_submit(struct request *r, struct outcome *o)
{
	struct error err = ERROR_INIT;
	const char *body;
	ssize_t n = spool_look(&r->message.body, 0, NULL, 0, &body, &err);

	hold(r->envelope.sender && r->envelope.count);
	buf_addf(taken, "%s %zu ", r->envelope.sender, r->envelope.count);
	header_write(&r->message.header, taken);
	buf_add(taken, body, n > 0 ? (size_t)n : 0);
	envelope_copy(&o->envelope, &r->envelope);
	delivery_result_init(&o->results, o->envelope.count);
	for (size_t i = 0; i < o->results.count; i++)
		delivery_result_set(&o->results, i, FATE_ACCEPTED, NULL);
}

static void check_replies(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		hold(text[len] == '\n' && text[len - 1] == '\r' && len < SMTPD_REPLY_MAX && len > 5);
		hold(text[0] >= '2' && text[0] <= '5' && ascii_is_digit(text[1]) && ascii_is_digit(text[2]));
		hold(text[3] == ' ' || text[3] == '-');
		text += len + 1;
	}
}

static void play(const struct smtpd_params *params, const char *data, size_t len, size_t block, struct buf *replies)
{
	struct smtpd s;

	smtpd_begin(&s, params);
	for (size_t at = 0; at < len && s.state != SMTPD_CLOSED;) {
		size_t end = len - at < block ? len : at + block;

		while (at < end && s.state != SMTPD_CLOSED) {
			size_t n = smtpd_feed(&s, data + at, end - at);

			hold(n > 0 && n <= end - at);
			at += n;
		}
	}
	buf_add(replies, s.out.data, s.out.len);
	buf_addf(replies, "%d", smtpd_status(&s));
	check_replies(s.out.data);
	smtpd_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config config = CONFIG_INIT;
	struct caller caller = CALLER_INIT;
	struct request request = REQUEST_INIT;
	struct smtpd_params params = { .host = "fuzz.example", .request = &request, .submit = fake_submit };
	struct buf replies[2] = { BUF_INIT, BUF_INIT }, messages[2] = { BUF_INIT, BUF_INIT };
	size_t blocks[2] = { len + 1, len ? data[0] % 16 + 1 : 1 };

	log_open("none");
	caller_init(&caller);
	config.domain = alloc_string("example.org");
	config.host_found = alloc_string("fuzz.example");
	request.config = &config;
	request.caller = &caller;
	request.expand = false;
	for (int i = 0; i < 2; i++) {
		taken = &messages[i];
		play(&params, (const char *)data, len, blocks[i], &replies[i]);
	}
	hold(strcmp(buf_str(&replies[0]), buf_str(&replies[1])) == 0);
	hold(messages[0].len == messages[1].len);
	hold(!messages[0].len || memcmp(messages[0].data, messages[1].data, messages[0].len) == 0);
	for (int i = 0; i < 2; i++) {
		buf_release(&replies[i]);
		buf_release(&messages[i]);
	}
	config_release(&config);
	caller_release(&caller);
	return 0;
}
