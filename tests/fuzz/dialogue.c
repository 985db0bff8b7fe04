/* SPDX-License-Identifier: ISC */
/*
 * The whole client against a server that says what the input says.  The server speaks only when
 * the client waits: then it says the next piece, up to a mark.  The marks: 1 ends a piece, 2 ends it
 * and lets the deadline pass, 3 ends it and closes the connection.  The first octets choose what is
 * sent and how.
 */
#include "smtp/session.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "base/log.h"
#include "config/settings.h"
#include "fuzz.h"
#include "net/wait.h"
#include "smtp/transaction.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MARK_MORE = 1, MARK_LATE = 2, MARK_CLOSE = 3, CONNECTIONS = 4 };

static const char secret[] = "S3cret-of-the-account";

static struct {
	struct fuzz_input script;
	int ours; /* end of the connection; -1: there is none */
	unsigned connections;
	bool is_local;
	struct buf heard; /* what the client sent */
} server;

/* Reads what the client sent, so that it never waits to write. */
static void hear(void)
{
	char block[65536];
	ssize_t n;

	while (server.ours >= 0 && (n = recv(server.ours, block, sizeof block, MSG_DONTWAIT)) > 0)
		buf_add(&server.heard, block, (size_t)n);
}

static void hang_up(void)
{
	if (server.ours < 0)
		return;
	hear();
	close(server.ours);
	server.ours = -1;
}

static bool is_mark(char c)
{
	return c == MARK_MORE || c == MARK_LATE || c == MARK_CLOSE;
}

/* Says the next piece; false: the deadline shall pass. */
static bool speak(void)
{
	size_t n = 0;
	char mark;

	hear();
	while (n < server.script.size && !is_mark(server.script.data[n]))
		n++;
	if (n && server.ours >= 0 && send(server.ours, server.script.data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		hang_up();
	mark = n < server.script.size ? server.script.data[n] : MARK_CLOSE;
	server.script.data += n;
	server.script.size -= n;
	fuzz_octet(&server.script);
	if (mark == MARK_CLOSE)
		hang_up();
	return mark != MARK_LATE;
}

/* In the place of net/dial.c. */
int dial(const struct dial_params *p, struct dial_peer *peer, struct error *err)
{
	int ends[2];

	hang_up();
	if (server.connections++ == CONNECTIONS || !server.script.size) {
		error_set(err, EX_TEMPFAIL, "4.4.1", "nobody there");
		return -1;
	}
	fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
		"there are sockets");
	*peer = (struct dial_peer){ .address = "127.0.0.1", .local = "127.0.0.1", .is_local = server.is_local };
	server.ours = ends[0];
	return ends[1];
}

/* In the place of net/wait.c. */
int wait_any(struct pollfd *fds, nfds_t count, int64_t deadline_ms)
{
	int ready;

	hear();
	ready = poll(fds, count, 0);
	if (ready != 0 || !count)
		return ready < 0 ? 0 : ready;
	return speak() ? poll(fds, count, 0) : 0;
}

short wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd one = { .fd = fd, .events = events };

	for (int i = 0; i < 1000; i++)
		if (wait_any(&one, 1, deadline_ms))
			return one.revents;
	return 0;
}

int wait_left_ms(int64_t deadline_ms)
{
	return 1;
}

bool wait_error(struct error *err, const char *status, const char *text)
{
	return error_set(err, EX_TEMPFAIL, status, "%s", text);
}

static bool holds(const char *text, size_t len, const char *needle, size_t needle_len)
{
	return len && memmem(text, len, needle, needle_len);
}

static void see(void *context, char direction, const char *text, size_t len)
{
	struct buf coded = BUF_INIT;

	base64_encode(&coded, secret, sizeof secret - 1);
	fuzz_require(direction != '>' || (!holds(text, len, secret, sizeof secret - 1) &&
						 !holds(text, len, coded.data, coded.len)),
		"the trace holds no secret");
	buf_release(&coded);
}

static void make_message(struct message *m, unsigned choice)
{
	static const char *const bodies[] = { "hello\n.\n..x\n", "gr\xc3\xbc\xc3\x9f\x65\n", "", "x\r\ry\n" };
	struct message_source source = { .fd = -1 };
	struct message_reader reader;
	struct error err;
	struct buf text = BUF_INIT;

	buf_addf(&text, "From: me@example.org\nSubject: x\n\n%s", bodies[choice % 4]);
	if (choice & 4)
		for (int i = 0; i < 3000; i++)
			buf_adds(&text, "thirty octets of a long body.\n");
	message_reader_begin(&reader, m, &source);
	fuzz_require(message_reader_add(&reader, text.data, text.len, &err) && message_reader_end(&reader, &err),
		"a message can be read");
	message_reader_release(&reader);
	buf_release(&text);
}

static char *fixed(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void make_account(struct account *a, unsigned choice)
{
	static const char *const mechanisms[] = { NULL, "plain", "login", "scram-sha-256", "cram-md5", "xoauth2",
		"oauthbearer", "none" };

	settings_default(SETTING_ACCOUNT, a);
	a->name = fixed("work");
	strlist_add(&a->hosts, "mx.example.org");
	a->port = 587;
	a->tls = TLS_OFF;
	a->timeout_ms = 1000;
	a->require_tls = choice & 0x40;
	if (mechanisms[choice % 8])
		strlist_add(&a->auth, mechanisms[choice % 8]);
	if (choice & 8) {
		a->user = alloc_string("me@example.org");
		a->password = alloc_string(secret);
	}
	if (choice & 0x10)
		a->tls = TLS_STARTTLS;
}

static void check_results(const struct delivery_result *r, bool whole)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct result *one = &r->each[i];

		fuzz_require(!one->error == (one->fate == FATE_NONE || one->fate == FATE_ACCEPTED),
			"a fate has its reason");
		fuzz_require(one->fate != FATE_ACCEPTED || whole, "what was accepted was sent whole");
	}
}

/* Did a chunk come to its end? */
static bool has_chunk(const char *text, size_t len)
{
	const char *end = text + len, *at = text;

	while (at < end && (at = memmem(at, (size_t)(end - at), "BDAT ", 5)) != NULL) {
		unsigned long size = strtoul(at + 5, NULL, 10);
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		if (eol && size && size <= (size_t)(end - eol) - 1)
			return true;
		at += 5;
	}
	return false;
}

/* Was the content sent to its end? */
static bool was_sent(void)
{
	return holds(server.heard.data, server.heard.len, "\r\n.\r\n", 5) ||
	       (server.heard.len && has_chunk(server.heard.data, server.heard.len));
}

static void send_one(struct session *s, const struct mail *mail)
{
	struct delivery_result results = DELIVERY_RESULT_INIT;
	struct error err = ERROR_INIT;
	bool ok;

	delivery_result_init(&results, mail->envelope->count);
	ok = transaction_run(s, mail, &results, &err);
	fuzz_require(ok || (err.code != EX_OK && *err.text), "a failure says why");
	hear();
	check_results(&results, was_sent());
	for (size_t i = 0; ok && i < results.count; i++)
		fuzz_require(results.each[i].fate != FATE_NONE, "each recipient has a fate");
	delivery_result_release(&results);
}

enum { MAILS = 5 };

struct flow {
	struct mail *mail;
	struct delivery_result *results;
	bool is_done[MAILS];
	size_t handed, done;
};

static struct mail *next_mail(void *context, struct delivery_result **results)
{
	struct flow *f = context;

	if (f->handed == MAILS)
		return NULL;
	*results = &f->results[f->handed];
	return &f->mail[f->handed++];
}

static void mail_done(void *context, struct mail *mail, struct delivery_result *results)
{
	struct flow *f = context;

	size_t i = (size_t)(mail - f->mail);

	fuzz_require(i < f->handed && !f->is_done[i] && results == &f->results[i], "a mail ends once");
	f->is_done[i] = true;
	f->done++;
	hear();
	check_results(results, was_sent());
}

static void send_stream(struct session *s, const struct mail *mail)
{
	struct mail mails[MAILS];
	struct delivery_result results[MAILS];
	struct flow flow = { .mail = mails, .results = results };
	struct mail_stream stream = { .next = next_mail, .done = mail_done, .context = &flow, .window = 3 };
	struct error err = ERROR_INIT;
	bool ok;

	for (size_t i = 0; i < MAILS; i++) {
		mails[i] = *mail;
		mails[i].is_last = false;
		results[i] = (struct delivery_result)DELIVERY_RESULT_INIT;
		delivery_result_init(&results[i], mail->envelope->count);
	}
	ok = transaction_stream(s, &stream, &err);
	fuzz_require(ok || (err.code != EX_OK && *err.text), "a failure says why");
	fuzz_require(flow.done == flow.handed, "each mail that was handed out ends");
	for (size_t i = 0; i < MAILS; i++)
		delivery_result_release(&results[i]);
}

static void converse(const struct account *account, const struct mail *mail, bool streams)
{
	static const struct session_trace trace = { .line = see };
	struct config config = CONFIG_INIT;
	struct caller caller = CALLER_INIT;
	struct session_params params = { .account = account, .config = &config, .caller = &caller, .trace = &trace };
	struct session session = SESSION_INIT;
	struct error err = ERROR_INIT;

	caller_init(&caller);
	config.hostname = alloc_string("client.example.org");
	if (session_open(&session, &params, &err))
		(streams ? send_stream : send_one)(&session, mail);
	else
		fuzz_require(err.code != EX_OK && *err.text, "a failure says why");
	session_close(&session);
	hang_up();
	fuzz_require(server.is_local || !holds(server.heard.data, server.heard.len, "AUTH ", 5),
		"no login in clear over a network");
	config_release(&config);
	caller_release(&caller);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size };
	unsigned how = fuzz_octet(&in), what = fuzz_octet(&in);
	struct account account = { 0 };
	struct message message = MESSAGE_INIT;
	struct envelope envelope = ENVELOPE_INIT;
	struct mail mail = { .envelope = &envelope, .message = &message, .header = &message.header };
	struct error err;

	log_open("none");
	make_account(&account, how);
	make_message(&message, what);
	envelope.sender = alloc_string(what & 8 ? "" : "me@example.org");
	envelope_add(&envelope, "a@example.net", NULL, &err);
	for (unsigned i = 0; i < (what >> 4) % 4; i++)
		envelope_add(&envelope, (const char *const[]){ "b@example.net", "c@example.com", "\xc3\xa9@x" }[i], NULL, &err);
	mail.is_last = what & 0x40;
	server.script = in;
	server.is_local = how & 0x20;
	server.connections = 0;
	server.ours = -1;
	buf_truncate(&server.heard, 0);
	converse(&account, &mail, how & 0x80);
	buf_release(&server.heard);
	envelope_release(&envelope);
	message_release(&message);
	settings_release(SETTING_ACCOUNT, &account);
	return 0;
}
