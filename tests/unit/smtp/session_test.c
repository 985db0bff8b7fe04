/* SPDX-License-Identifier: ISC */
#include "smtp/session.h"

#include "base/log.h"
#include "smtp/auth.h"
#include "smtp/transaction.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * A server in a process of its own plays one connection after another: "S:" lines it says, "C:"
 * lines it wants to hear, "X" ends the connection, which otherwise ends when the client closes it.
 */
struct server {
	int listener;
	unsigned port;
	pid_t pid;
};

static void say(int fd, const char *line, size_t len)
{
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len ||
		send(fd, "\r\n", 2, MSG_NOSIGNAL) != 2)
		_exit(3);
}

/* Reads a line octet by octet; exits with 1 where it is another. */
static void hear(int fd, const char *line, size_t len)
{
	for (size_t i = 0; i < len + 2; i++) {
		char want = i < len ? line[i] : i == len ? '\r' : '\n', got;

		if (read(fd, &got, 1) != 1 || got != want)
			_exit(1);
	}
}

static const char *play_connection(int fd, const char *script)
{
	char rest;

	while (*script && *script != '-') {
		size_t len = strcspn(script, "\n");

		if (*script == 'S')
			say(fd, script + 3, len - 3);
		else if (*script == 'C')
			hear(fd, script + 3, len - 3);
		else
			return strchr(script, '\n') + 1;
		script += len + 1;
	}
	while (read(fd, &rest, 1) == 1)
		;
	return *script == '-' ? strchr(script, '\n') + 1 : script;
}

static void start(struct server *s, const char *address, unsigned port, const char *script)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof a;
	int on = 1;

	inet_pton(AF_INET, address, &a.sin_addr);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid)
		return;
	while (*script) {
		int fd = accept(s->listener, NULL, NULL);

		script = play_connection(fd, script);
		close(fd);
	}
	_exit(0);
}

/* Did all go by the script? */
static void stop(struct server *s)
{
	int status;

	close(s->listener);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

struct client {
	struct account account;
	struct config config;
	struct caller caller;
	struct session_params params;
	struct session session;
	struct error err;
};

static void prepare(struct client *c, unsigned port, const char *hosts)
{
	*c = (struct client){ .session = SESSION_INIT };
	c->account = (struct account){
		.name = text("work"), .port = port, .tls = TLS_OFF, .timeout_ms = 5000
	};
	c->config.hostname = text("client.example");
	c->params = (struct session_params){
		.account = &c->account, .config = &c->config, .caller = &c->caller
	};
	strlist_split(&c->account.hosts, hosts);
}

static void dismiss(struct client *c)
{
	session_close(&c->session);
	strlist_release(&c->account.hosts);
	strlist_release(&c->account.auth);
}

#define HELLO "S: 220 hi\nC: EHLO client.example\n"

static void how_a_session_can_fail(void **state)
{
	static const struct {
		const char *script;
		int code;
		enum session_step step;
		enum tls_mode tls;
	} rows[] = {
		{ "S: 554 nobody\nC: QUIT\n", EX_UNAVAILABLE, STEP_GREETING, TLS_OFF },
		{ "S: 421 busy\nC: QUIT\n", EX_TEMPFAIL, STEP_GREETING, TLS_OFF },
		{ "S: SSH-2.0\n", EX_PROTOCOL, STEP_GREETING, TLS_OFF },
		{ "S: 354 what\n", EX_PROTOCOL, STEP_GREETING, TLS_OFF },
		{ "X\n", EX_TEMPFAIL, STEP_GREETING, TLS_OFF },
		{ HELLO "S: 502 what\nC: HELO client.example\nS: 550 no\nC: QUIT\n", EX_UNAVAILABLE,
			STEP_HELLO, TLS_OFF },
		{ HELLO "S: 502 what\nC: HELO client.example\nS: 250 ok\nC: QUIT\n", EX_OK,
			STEP_READY, TLS_OFF },
		{ HELLO "S: 421 later\nC: QUIT\n", EX_TEMPFAIL, STEP_HELLO, TLS_OFF },
		{ HELLO "X\n", EX_TEMPFAIL, STEP_HELLO, TLS_OFF },
		{ HELLO "S: 250 ok\nC: QUIT\n", EX_PROTOCOL, STEP_TLS, TLS_STARTTLS },
		{ HELLO "S: 250-ok\nS: 250 STARTTLSX\nC: QUIT\n", EX_PROTOCOL, STEP_TLS,
			TLS_STARTTLS },
		{ HELLO "S: 250-ok\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 later\nC: QUIT\n",
			EX_TEMPFAIL, STEP_TLS, TLS_STARTTLS },
		{ HELLO "S: 250-ok\nS: 250 STARTTLS\nC: STARTTLS\nS: 502 no\nC: QUIT\n",
			EX_PROTOCOL, STEP_TLS, TLS_STARTTLS },
		{ HELLO "S: 250-ok\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nX\n", EX_TEMPFAIL,
			STEP_TLS, TLS_STARTTLS },
		{ HELLO "S: 250 ok\nC: QUIT\n", EX_OK, STEP_READY, TLS_OFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server server;
		struct client c;

		start(&server, "127.0.0.1", 0, rows[i].script);
		prepare(&c, server.port, "127.0.0.1");
		c.account.tls = rows[i].tls;
		assert_int_equal(
			session_open(&c.session, &c.params, &c.err), rows[i].code == EX_OK);
		assert_int_equal(c.err.code, rows[i].code);
		assert_int_equal(c.session.step, rows[i].step);
		if (c.err.code != EX_OK) {
			assert_int_equal(c.err.scope, ERROR_OF_ROUTE);
			assert_memory_equal(c.err.text, "127.0.0.1:", 10);
		}
		dismiss(&c);
		stop(&server);
	}
}

static void hosts_are_tried_in_turn(void **state)
{
	struct server first, second;
	struct client c;

	(void)state;
	start(&first, "127.0.0.1", 0, "S: 554 nobody\nC: QUIT\n");
	start(&second, "127.0.0.2", first.port, HELLO "S: 250 ok\nC: QUIT\n");
	prepare(&c, first.port, "127.0.0.3,127.0.0.1,127.0.0.2");
	assert_true(session_open(&c.session, &c.params, &c.err));
	assert_string_equal(c.session.host, "127.0.0.2");
	dismiss(&c);
	stop(&first);
	stop(&second);

	/* Of several failures the one that leaves hope counts. */
	start(&first, "127.0.0.1", 0, "S: 421 busy\nC: QUIT\n");
	start(&second, "127.0.0.2", first.port, "S: 554 nobody\nC: QUIT\n");
	prepare(&c, first.port, "127.0.0.1,127.0.0.2");
	assert_false(session_open(&c.session, &c.params, &c.err));
	assert_int_equal(c.err.code, EX_TEMPFAIL);
	dismiss(&c);
	stop(&first);
	stop(&second);
}

static void an_error_names_where_it_happened(void **state)
{
	static const char *const rows[][2] = {
		{ "mx.test", "mx.test:587: no" },
		{ "::1", "[::1]:587: no" },
		{ "[::1]", "[::1]:587: no" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client c;

		prepare(&c, 587, "");
		c.session.params = &c.params;
		c.session.host = text(rows[i][0]);
		c.session.port = 587;
		error_set(&c.err, EX_TEMPFAIL, "", "no");
		assert_false(session_error(&c.session, &c.err));
		assert_string_equal(c.err.text, rows[i][1]);
		c.session.host = NULL;
		dismiss(&c);
	}
}

struct steps {
	struct buf names;
	struct error last;
};

static void note_step(void *context, const struct session *s, enum session_step step, int64_t ms,
	const struct error *err)
{
	static const char letters[] = "LCGHTA"; /* in the order of the enum */
	struct steps *steps = context;

	(void)s;
	assert_true(ms >= 0);
	buf_addc(&steps->names, letters[step]);
	buf_adds(&steps->names, err ? "!" : "");
	if (err)
		steps->last = *err;
}

static void each_step_is_told_when_it_ends(void **state)
{
	struct steps steps = { .names = BUF_INIT };
	const struct session_observer observer = { .step = note_step, .context = &steps };
	struct server server;
	struct client c;

	(void)state;
	start(&server, "127.0.0.1", 0, HELLO "S: 250 ok\nC: QUIT\n");
	prepare(&c, server.port, "127.0.0.2,127.0.0.1");
	c.params.observer = &observer;
	assert_true(session_open(&c.session, &c.params, &c.err));
	assert_string_equal(buf_str(&steps.names), "LC!LCGH");
	assert_non_null(strstr(steps.last.text, "127.0.0.2:"));
	dismiss(&c);
	stop(&server);

	buf_truncate(&steps.names, 0);
	start(&server, "127.0.0.1", 0, "S: 554 nobody\nC: QUIT\n");
	prepare(&c, server.port, "127.0.0.1");
	c.params.observer = &observer;
	assert_false(session_open(&c.session, &c.params, &c.err));
	assert_string_equal(buf_str(&steps.names), "LCG!");
	assert_string_equal(steps.last.text, c.err.text);
	dismiss(&c);
	stop(&server);
	buf_release(&steps.names);
}

#define LOGIN_HELLO(mechanisms) HELLO "S: 250-ok\nS: 250 AUTH " mechanisms "\n"

static void how_a_login_can_end(void **state)
{
	static const struct {
		const char *script, *auth;
		int code;
		const char *mechanism, *words;
	} rows[] = {
		/* \0me\0secret */
		{ LOGIN_HELLO("PLAIN LOGIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nS: 235 in\nC: QUIT\n",
			"", EX_OK, "PLAIN", "" },
		{ LOGIN_HELLO("LOGIN") "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: bWU=\nS: 334 "
				       "UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 235 in\n"
				       "C: QUIT\n",
			"", EX_OK, "LOGIN", "" },
		{ LOGIN_HELLO("PLAIN LOGIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nS: 535 5.7.8 bad\nC: "
					     "QUIT\n",
			"", EX_NOPERM, "", "535 5.7.8 bad" },
		{ LOGIN_HELLO("PLAIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nS: 454 later\nC: QUIT\n",
			"", EX_TEMPFAIL, "", "454 later" },
		{ LOGIN_HELLO("PLAIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nX\n", "", EX_TEMPFAIL, "",
			"closed" },
		/* Another mechanism on 504 and 534, none after 535. */
		{ LOGIN_HELLO("PLAIN LOGIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nS: 504 no\nC: AUTH "
					     "LOGIN\nS: 534 5.7.9 no\nC: QUIT\n",
			"", EX_NOPERM, "", "AUTH LOGIN: 534 5.7.9 no" },
		/* A server that asks again after PLAIN gets no second copy of the password. */
		{ LOGIN_HELLO("PLAIN") "C: AUTH PLAIN AG1lAHNlY3JldA==\nS: 334 \nC: *\nS: 501 "
				       "ok\nC: QUIT\n",
			"", EX_PROTOCOL, "", "asks for more" },
		{ LOGIN_HELLO("CRAM-MD5") "C: AUTH CRAM-MD5\nS: 235 in\nC: QUIT\n", "", EX_PROTOCOL,
			"", "without proving itself" },
		{ LOGIN_HELLO("CRAM-MD5") "C: AUTH CRAM-MD5\nS: 334 ?!\nC: *\nS: 501 ok\nC: QUIT\n",
			"", EX_PROTOCOL, "", "base64" },
		{ LOGIN_HELLO(
			  "XOAUTH2") "C: AUTH XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciBzZWNyZXQBAQ==\nS: "
				     "334 eyJzdGF0dXMiOiI0MDAifQ==\n"
				     "C: \nS: 535 no\nC: QUIT\n",
			"xoauth2", EX_NOPERM, "", "{\"status\":\"400\"}" },
		{ LOGIN_HELLO("OAUTHBEARER") "C: AUTH OAUTHBEARER "
					     "bixhPW1lLAFhdXRoPUJlYXJlciBzZWNyZXQBAQ==\nS: 334 "
					     "e30=\nC: AQ==\n"
					     "S: 535 no\nC: QUIT\n",
			"oauthbearer", EX_NOPERM, "", "({})" },
		{ LOGIN_HELLO("EXTERNAL") "C: AUTH EXTERNAL bWU=\nS: 235 in\nC: QUIT\n", "external",
			EX_OK, "EXTERNAL", "" },
		{ LOGIN_HELLO("PLAIN") "C: QUIT\n", "xoauth2", EX_NOPERM, "",
			"no mechanism for the login fits" },
		{ LOGIN_HELLO("PLAIN") "C: QUIT\n", "none", EX_OK, "", "" },
		{ HELLO "S: 250 ok\nC: QUIT\n", "", EX_NOPERM, "", "offers no login" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server server;
		struct client c;

		start(&server, "127.0.0.1", 0, rows[i].script);
		prepare(&c, server.port, "127.0.0.1");
		c.account.user = text("me");
		c.account.password = text("secret");
		strlist_split(&c.account.auth, rows[i].auth);
		assert_int_equal(
			session_open(&c.session, &c.params, &c.err), rows[i].code == EX_OK);
		assert_int_equal(c.err.code, rows[i].code);
		assert_non_null(strstr(c.err.text, rows[i].words));
		assert_null(strstr(c.err.text, "secret"));
		if (c.err.code == EX_OK)
			assert_string_equal(c.session.mechanism, rows[i].mechanism);
		dismiss(&c);
		stop(&server);
	}
}

static void nothing_secret_goes_in_clear(void **state)
{
	struct client c;

	(void)state;
	prepare(&c, 25, "mail.example");
	c.account.user = text("me");
	c.account.password = text("secret");
	c.session.params = &c.params;
	assert_false(auth_login(&c.session, &c.err));
	assert_int_equal(c.err.code, EX_PROTOCOL);
	assert_non_null(strstr(c.err.text, "unencrypted"));
	dismiss(&c);
}

static void send_one(struct client *c, enum fate wanted)
{
	struct message message = MESSAGE_INIT;
	struct envelope envelope = ENVELOPE_INIT;
	struct delivery_result results;
	struct mail mail = { .envelope = &envelope,
		.message = &message,
		.header = &message.header,
		.is_last = true };

	header_add_line(&message.header, "Subject: hi", 11);
	assert_true(spool_add(&message.body, "QUIT\r\n", 6, &c->err) &&
		    spool_seal(&message.body, &c->err));
	envelope.sender = text("");
	assert_true(envelope_add(&envelope, "a@x", NULL, &c->err));
	delivery_result_init(&results, 1);
	assert_true(transaction_run(&c->session, &mail, &results, &c->err));
	assert_int_equal(results.each[0].fate, wanted);
	envelope.sender = NULL;
	delivery_result_release(&results);
	envelope_release(&envelope);
	message_release(&message);
}

static void bdat_that_is_not_known_is_left_for_data(void **state)
{
	static const char *const replies[] = { "500 what", "502 5.5.1 what", "504 no" };

	(void)state;
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		struct server server;
		struct client c;
		char script[1024];

		snprintf(script, sizeof script,
			HELLO "S: 250-ok\nS: 250 CHUNKING\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT "
			      "TO:<a@x>\nS: 250 ok\n"
			      "C: BDAT 21 LAST\nC: Subject: hi\nC: \nC: QUIT\nS: %s\n-\n" HELLO
			      "S: 250-ok\nS: 250 CHUNKING\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT "
			      "TO:<a@x>\nS: 250 ok\n"
			      "C: DATA\nS: 354 go\nC: Subject: hi\nC: \nC: QUIT\nC: .\nS: 250 "
			      "taken\nC: QUIT\n",
			replies[i]);
		start(&server, "127.0.0.1", 0, script);
		prepare(&c, server.port, "127.0.0.1");
		assert_true(session_open(&c.session, &c.params, &c.err));
		send_one(&c, FATE_ACCEPTED);
		dismiss(&c);
		stop(&server);
	}
}

#define EARLY_HELLO "S: 250-ok\nS: 250-AUTH PLAIN\nS: 250 PIPECONNECT\n"
#define EARLY_LOGIN "C: AUTH PLAIN AG1lAHNlY3JldA==\n"

static void a_server_that_likes_it_is_spoken_to_early(void **state)
{
	static const struct {
		const char *script;
		int code;
	} rows[] = {
		/* First contact, as always. */
		{ HELLO EARLY_HELLO EARLY_LOGIN "S: 235 in\nC: QUIT\n", EX_OK },
		/* Neither EHLO nor AUTH waits. */
		{ "C: EHLO client.example\n" EARLY_LOGIN "S: 220 hi\n" EARLY_HELLO
		  "S: 235 in\nC: QUIT\n",
			EX_OK },
		{ "C: EHLO client.example\n" EARLY_LOGIN "S: 220 hi\n" EARLY_HELLO
		  "S: 535 bad\nC: QUIT\n",
			EX_NOPERM },
		/* It does not like it any more: once more, the usual way, and from then on. */
		{ "C: EHLO client.example\n" EARLY_LOGIN "S: 554 too early\nX\n" HELLO
		  "S: 250-ok\nS: 250 AUTH PLAIN\n" EARLY_LOGIN "S: 235 in\nC: QUIT\n",
			EX_OK },
		{ HELLO "S: 250-ok\nS: 250 AUTH PLAIN\n" EARLY_LOGIN "S: 235 in\nC: QUIT\n",
			EX_OK },
	};
	char directory[] = "/tmp/sendoff-early-XXXXXX";
	struct server server;
	unsigned port = 0;

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client c;

		start(&server, "127.0.0.1", port, rows[i].script);
		port = server.port;
		prepare(&c, port, "127.0.0.1");
		c.account.pipeconnect = PIPECONNECT_AUTO;
		c.account.user = text("me");
		c.account.password = text("secret");
		c.config.state_dir = directory;
		assert_int_equal(
			session_open(&c.session, &c.params, &c.err), rows[i].code == EX_OK);
		assert_int_equal(c.err.code, rows[i].code);
		dismiss(&c);
		stop(&server);
	}
	assert_int_equal(rmdir(directory), 0);
}

static int quiet(void **state)
{
	(void)state;
	log_open("none");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_a_session_can_fail),
		cmocka_unit_test(hosts_are_tried_in_turn),
		cmocka_unit_test(an_error_names_where_it_happened),
		cmocka_unit_test(each_step_is_told_when_it_ends),
		cmocka_unit_test(how_a_login_can_end),
		cmocka_unit_test(nothing_secret_goes_in_clear),
		cmocka_unit_test(bdat_that_is_not_known_is_left_for_data),
		cmocka_unit_test(a_server_that_likes_it_is_spoken_to_early),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
