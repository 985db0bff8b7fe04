/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include "base/clock.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 30, LATER_MS = 10000 };

/* A stream and the other end of its connection. */
static int open_pair(struct stream *s)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	stream_open(s, ends[0], LATER_MS);
	return ends[1];
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static bool read_line(struct stream *s, struct buf *line, struct error *err)
{
	return stream_read_line(s, line, 512, clock_now_ms() + LATER_MS, err);
}

static void lines_end_at_lf_with_cr_or_without(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	say(peer, "250-a\r\n250 b\n\r\n\rx\r\r\n");
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "250-a");
	assert_true(stream_has_input(&s));
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "250 b");
	assert_true(read_line(&s, &line, &err));
	assert_int_equal(line.len, 0);
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "\rx\r");
	assert_false(stream_has_input(&s));
	buf_release(&line);
	stream_close(&s);
	close(peer);
}

static void lines_may_come_in_pieces(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		static const char text[] = "220 slow\r\n";

		for (size_t i = 0; i < sizeof text - 1; i++)
			if (usleep(2000) || send(peer, text + i, 1, 0) != 1)
				_exit(1);
		_exit(0);
	}
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "220 slow");
	assert_int_equal(waitpid(child, NULL, 0), child);
	buf_release(&line);
	stream_close(&s);
	close(peer);
}

static void long_lines_are_cut_and_the_next_is_whole(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT, sent = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	for (int i = 0; i < 40000; i++)
		buf_addc(&sent, (char)('a' + i % 26));
	buf_adds(&sent, "\r\nshort\r\n");
	say(peer, sent.data);
	assert_true(stream_read_line(&s, &line, 10, clock_now_ms() + LATER_MS, &err));
	assert_string_equal(line.data, "abcdefghij");
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "short");
	buf_release(&sent);
	buf_release(&line);
	stream_close(&s);
	close(peer);
}

/* Its CR is at the edge of what is kept, before and after. */
static void a_line_of_just_the_length_loses_its_cr_only(void **state)
{
	static const char *const kept[] = { "", "a", "ab", "abc", "abc", "abc" };
	struct buf line = BUF_INIT;
	struct error err;

	(void)state;
	for (size_t keep = 0; keep < 6; keep++) {
		struct stream s;
		int peer = open_pair(&s);

		say(peer, "abc\r\n");
		assert_true(stream_read_line(&s, &line, keep, clock_now_ms() + LATER_MS, &err));
		assert_string_equal(buf_str(&line), kept[keep]);
		stream_close(&s);
		close(peer);
	}
	buf_release(&line);
}

static void a_line_without_an_end_is_a_protocol_error(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		char block[4096];

		close(s.fd);
		memset(block, 'x', sizeof block);
		while (send(peer, block, sizeof block, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	close(peer);
	assert_false(read_line(&s, &line, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_true(line.len <= 512);
	stream_close(&s);
	assert_int_equal(waitpid(child, NULL, 0), child);
	buf_release(&line);
}

static void the_deadline_ends_a_wait_and_a_drip(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);
	pid_t child;

	(void)state;
	assert_false(stream_read_line(&s, &line, 512, clock_now_ms() + SOON_MS, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.status, "4.4.2");
	child = fork();
	if (child == 0) {
		close(s.fd);
		while (send(peer, "x", 1, MSG_NOSIGNAL) == 1)
			usleep(1000);
		_exit(0);
	}
	close(peer);
	assert_false(stream_read_line(&s, &line, 512, clock_now_ms() + SOON_MS, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	stream_close(&s);
	assert_int_equal(waitpid(child, NULL, 0), child);
	buf_release(&line);
}

static void the_end_is_said(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	say(peer, "221 bye\r\nhalf");
	close(peer);
	assert_true(read_line(&s, &line, &err));
	assert_false(read_line(&s, &line, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.text, "connection closed by server");
	buf_release(&line);
	stream_close(&s);
	stream_close(&s);
}

/* The peer sends much before it reads anything: both directions would block for ever. */
static void input_is_read_while_output_is_blocked(void **state)
{
	enum { BYTES = 600000 };
	struct stream s;
	struct buf line = BUF_INIT, sent = BUF_INIT;
	struct error err;
	int peer = open_pair(&s), status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		static char block[BYTES];
		size_t got = 0;
		ssize_t n = 1;

		close(s.fd);
		memset(block, 'y', sizeof block);
		block[BYTES - 1] = '\n';
		for (size_t at = 0; at < BYTES && n > 0; at += (size_t)n)
			n = send(peer, block + at, BYTES - at, 0);
		while (n > 0 && got < BYTES) {
			n = recv(peer, block, sizeof block, 0);
			got += n > 0 ? (size_t)n : 0;
		}
		_exit(got == BYTES ? 0 : 1);
	}
	close(peer);
	for (int i = 0; i < BYTES; i++)
		buf_addc(&sent, 'z');
	assert_true(stream_write(&s, sent.data, sent.len, &err));
	assert_true(stream_flush(&s, &err));
	assert_true(stream_has_input(&s));
	assert_true(read_line(&s, &line, &err));
	assert_int_equal(line.len, 512);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	buf_release(&line);
	buf_release(&sent);
	stream_close(&s);
}

static void a_write_without_progress_ends(void **state)
{
	static char block[4 * 1024 * 1024];
	struct stream s;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	s.write_timeout_ms = SOON_MS;
	assert_false(stream_write(&s, block, sizeof block, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.text, "the server takes no more data");
	assert_false(stream_write(&s, "x", 1, &err));
	stream_close(&s);
	close(peer);
}

/* A server that has closed its half may still read: that must not spin nor stop the write. */
static void a_peer_that_only_listens_gets_everything(void **state)
{
	enum { BYTES = 900000 };
	static char block[BYTES];
	struct stream s;
	struct error err;
	int peer = open_pair(&s), status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		size_t got = 0;
		ssize_t n;

		close(s.fd);
		shutdown(peer, SHUT_WR);
		usleep(20000);
		while ((n = recv(peer, block, sizeof block, 0)) > 0)
			got += (size_t)n;
		_exit(got == BYTES ? 0 : 1);
	}
	close(peer);
	assert_true(stream_write(&s, block, sizeof block, &err));
	assert_true(stream_flush(&s, &err));
	stream_close(&s);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* No SIGPIPE; and the server's last words are still read. */
static void a_closed_peer_fails_the_write_and_keeps_its_words(void **state)
{
	static char block[STREAM_RECORD];
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);
	bool ok = true;

	(void)state;
	say(peer, "421 going down\r\n");
	close(peer);
	for (int i = 0; ok && i < 3; i++)
		ok = stream_write(&s, block, sizeof block, &err);
	assert_false(ok);
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.status, "4.4.2");
	assert_true(stream_has_input(&s));
	assert_false(stream_flush(&s, &err));
	assert_true(read_line(&s, &line, &err));
	assert_string_equal(line.data, "421 going down");
	buf_release(&line);
	stream_close(&s);
}

static void turns_count_waits_after_output(void **state)
{
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(stream_write(&s, "NOOP\r\n", 6, &err));
		assert_true(stream_flush(&s, &err));
		assert_false(stream_read_line(&s, &line, 512, clock_now_ms() + 2, &err));
		assert_false(stream_read_line(&s, &line, 512, clock_now_ms() + 2, &err));
	}
	assert_int_equal(s.turns, 3);
	buf_release(&line);
	stream_close(&s);
	close(peer);
}

static void leftover_clear_text_stops_the_upgrade(void **state)
{
	static const struct stream_transport none = { 0 };
	struct stream s;
	struct buf line = BUF_INIT;
	struct error err;
	int peer = open_pair(&s);

	(void)state;
	say(peer, "220 go ahead\r\n250 injected\r\n");
	assert_true(read_line(&s, &line, &err));
	assert_false(stream_upgrade(&s, &none, NULL, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_true(read_line(&s, &line, &err));
	buf_release(&line);
	stream_close(&s);
	close(peer);
}

/* Two ends of a TCP connection. */
static void connect_tcp(int ends[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &size), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&a, size), 0);
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

/* Does the system acknowledge at once after a wait for input? */
static bool is_quick_after_a_wait(bool all)
{
	int ends[2], quick = 0;
	socklen_t size = sizeof quick;
	struct buf line = BUF_INIT;
	struct stream s;
	struct error err;

	connect_tcp(ends);
	setsockopt(ends[0], IPPROTO_TCP, TCP_QUICKACK, &quick, sizeof quick);
	stream_open(&s, ends[0], LATER_MS);
	if (all)
		stream_acknowledge_all(&s);
	assert_false(stream_read_line(&s, &line, 512, clock_now_ms() + SOON_MS, &err));
	getsockopt(ends[0], IPPROTO_TCP, TCP_QUICKACK, &quick, &size);
	stream_close(&s);
	close(ends[1]);
	buf_release(&line);
	return quick;
}

static void input_is_acknowledged_at_once_when_asked_for(void **state)
{
	(void)state;
	assert_false(is_quick_after_a_wait(false));
	assert_true(is_quick_after_a_wait(true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_at_lf_with_cr_or_without),
		cmocka_unit_test(lines_may_come_in_pieces),
		cmocka_unit_test(long_lines_are_cut_and_the_next_is_whole),
		cmocka_unit_test(a_line_of_just_the_length_loses_its_cr_only),
		cmocka_unit_test(a_line_without_an_end_is_a_protocol_error),
		cmocka_unit_test(the_deadline_ends_a_wait_and_a_drip),
		cmocka_unit_test(the_end_is_said),
		cmocka_unit_test(input_is_read_while_output_is_blocked),
		cmocka_unit_test(a_write_without_progress_ends),
		cmocka_unit_test(a_peer_that_only_listens_gets_everything),
		cmocka_unit_test(a_closed_peer_fails_the_write_and_keeps_its_words),
		cmocka_unit_test(turns_count_waits_after_output),
		cmocka_unit_test(leftover_clear_text_stops_the_upgrade),
		cmocka_unit_test(input_is_acknowledged_at_once_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
