/* SPDX-License-Identifier: ISC */
#include "net/dial.h"

#include "base/clock.h"
#include "net/race.h"
#include "net/resolve.h"
#include "net/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 30, LATER_MS = 10000 };

/* Listens on a port of the address that is free; 0 for the port asks for any. */
static int listen_on(const char *literal, unsigned *port)
{
	union net_address a;
	socklen_t size;
	int on = 1, fd;

	assert_true(address_parse(literal, &a));
	address_set_port(&a, *port);
	size = address_size(&a);
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, &a.any, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, &a.any, &size), 0);
	*port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
	return fd;
}

static struct dial_params params_to(const char *host, unsigned port)
{
	return (struct dial_params){
		.host = host, .port = port, .deadline_ms = clock_now_ms() + LATER_MS
	};
}

static void literals_connect_without_a_resolver(void **state)
{
	static const char *const literals[][2] = { { "127.0.0.1", "127.0.0.1" }, { "[::1]", "::1" },
		{ "::1", "::1" } };

	(void)state;
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
		unsigned port = 0;
		int server = listen_on(literals[i][1], &port), on = 0;
		socklen_t size = sizeof on;
		struct dial_params p = params_to(literals[i][0], port);
		struct dial_peer peer;
		struct error err;
		int fd = dial(&p, &peer, &err);

		assert_true(fd >= 0);
		assert_string_equal(peer.address, literals[i][1]);
		assert_string_equal(peer.local, literals[i][1]);
		assert_string_equal(peer.addresses, literals[i][1]);
		assert_true(peer.is_local);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
		assert_true(on);
		close(fd);
		close(server);
	}
}

static void refusals_name_the_address(void **state)
{
	unsigned port = 0;
	int server = listen_on("127.0.0.1", &port);
	struct dial_params p = params_to("127.0.0.1", port);
	struct dial_peer peer;
	struct error err;

	(void)state;
	close(server);
	assert_int_equal(dial(&p, &peer, &err), -1);
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.text, "cannot connect to 127.0.0.1: Connection refused");
	assert_non_null(strstr(err.hint, "check host and port"));
	assert_true(peer.resolved_ms > 0);
}

/*
 * What names have: both families, first one that refuses or is silent, then one that listens on
 * the port.
 */
static struct address_list list_of(const char *const *literals, size_t count, unsigned port)
{
	struct address_list list = { .count = count };

	for (size_t i = 0; i < count; i++) {
		assert_true(address_parse(literals[i], &list.items[i]));
		address_set_port(&list.items[i], port);
	}
	return list;
}

static void families_take_turns(void **state)
{
	static const char *const given[] = { "2001:db8::1", "2001:db8::2", "2001:db8::3",
		"192.0.2.1", "192.0.2.2" };
	static const char *const wanted[] = { "2001:db8::1", "192.0.2.1", "2001:db8::2",
		"192.0.2.2", "2001:db8::3" };
	struct address_list list = list_of(given, 5, 0);
	char literal[INET6_ADDRSTRLEN];
	union net_address source;

	(void)state;
	race_arrange(&list, NULL);
	assert_int_equal(list.count, 5);
	for (size_t i = 0; i < 5; i++) {
		address_print(&list.items[i], literal);
		assert_string_equal(literal, wanted[i]);
	}
	assert_true(address_parse("0.0.0.0", &source));
	race_arrange(&list, &source);
	assert_int_equal(list.count, 2);
	assert_true(address_parse("::", &source));
	race_arrange(&list, &source);
	assert_int_equal(list.count, 0);
}

static void the_first_that_connects_wins(void **state)
{
	static const char *const literals[] = { "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3" };
	unsigned port = 0;
	int server = listen_on("127.0.0.2", &port), fd;
	struct address_list list = list_of(literals, 4, port);
	struct race_report report;

	(void)state;
	fd = race_connect(&list, NULL, clock_now_ms() + LATER_MS, &report);
	assert_true(fd >= 0);
	assert_int_equal(report.winner, 2);
	assert_int_equal(report.begun, 3);
	assert_int_equal(report.failures[0], ECONNREFUSED);
	close(fd);
	close(server);
	assert_int_equal(race_connect(&list, NULL, clock_now_ms() + LATER_MS, &report), -1);
	assert_int_equal(report.begun, 4);
	assert_int_equal(report.failures[3], ECONNREFUSED);
}

/* An address whose backlog is full does not answer. */
static void a_silent_address_holds_up_nobody(void **state)
{
	enum { FILLERS = 4 };
	static const char *const literals[] = { "127.0.0.1", "127.0.0.2" };
	unsigned port = 0;
	int silent = listen_on(literals[0], &port), server = listen_on(literals[1], &port),
	    fillers[FILLERS], fd;
	struct address_list list = list_of(literals, 2, port);
	struct race_report report;

	(void)state;
	assert_int_equal(listen(silent, 0), 0);
	for (size_t i = 0; i < FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fillers[i], &list.items[0].any, address_size(&list.items[0]));
	}
	fd = race_connect(&list, NULL, clock_now_ms() + LATER_MS, &report);
	assert_true(fd >= 0);
	assert_int_equal(report.winner, 1);
	assert_int_equal(report.failures[0], ETIMEDOUT);
	close(fd);
	close(server);
	list.count = 1;
	assert_int_equal(race_connect(&list, NULL, clock_now_ms() + 20, &report), -1);
	assert_int_equal(report.failures[0], ETIMEDOUT);
	for (size_t i = 0; i < FILLERS; i++)
		close(fillers[i]);
	close(silent);
}

static void names_that_cannot_be_do_not_exist(void **state)
{
	struct address_list list = { .count = 0 };
	struct error err;

	(void)state;
	assert_false(resolve("no such name", clock_now_ms() + LATER_MS, &list, &err));
	assert_int_equal(err.code, EX_NOHOST);
	assert_string_equal(err.text, "host name 'no such name' does not exist");
}

/* No literal of inet_pton and in no hosts file, but the resolver knows it without a name server. */
static const char asks_in_child[] = "127.1";

/* As under cron and in containers: with SIGCHLD ignored the child is reaped by the kernel. */
static void names_resolve_whatever_becomes_of_sigchld(void **state)
{
	struct address_list list = { .count = 0 };
	struct error err;
	sigset_t blocked, before;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_true(resolve(asks_in_child, clock_now_ms() + LATER_MS, &list, &err));
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	assert_true(resolve(asks_in_child, clock_now_ms() + LATER_MS, &list, &err));
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_true(list.count >= 1);
	assert_true(address_is_loopback(&list.items[0]));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static bool is_stalling;

static void stall_child(void)
{
	while (is_stalling)
		pause();
}

static void names_in_the_hosts_file_are_found(void **state)
{
	static const char hosts[] = "# 1.2.3.4 comment.test\n127.0.0.1 localhost\n\n"
				    "192.0.2.1\tone.test\tONE alias.test # not.test\r\n::1 six.test";
	static const struct {
		const char *name;
		bool is_there;
	} cases[] = {
		{ "localhost", true }, { "one.test", true }, { "one", true }, { "Alias.Test", true },
		{ "six.test", true }, { "192.0.2.1", false }, { "comment.test", false }, { "not.test", false },
		{ "alias", false }, { "", false },
	};
	char path[] = "/tmp/dial_test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, hosts, sizeof hosts - 1), sizeof hosts - 1);
	close(fd);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(resolve_is_in_hosts(cases[i].name, path), cases[i].is_there);
	unlink(path);
	assert_false(resolve_is_in_hosts("localhost", path));
}

/* The child of the resolver stalls as soon as it is there. */
static void a_slow_resolver_ends_with_the_deadline(void **state)
{
	struct address_list list = { .count = 0 };
	struct error err;

	(void)state;
	assert_int_equal(pthread_atfork(NULL, NULL, stall_child), 0);
	is_stalling = true;
	assert_false(resolve(asks_in_child, clock_now_ms() + SOON_MS, &list, &err));
	is_stalling = false;
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_string_equal(err.text, "no answer from the name server in time");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_false(resolve(asks_in_child, clock_now_ms() - 1, &list, &err));
	assert_int_equal(err.code, EX_TEMPFAIL);
}

static void source_address_picks_the_family(void **state)
{
	unsigned port = 0;
	int server = listen_on("127.0.0.1", &port);
	struct dial_params p = params_to("127.0.0.1", port);
	struct dial_peer peer;
	struct error err;
	int fd;

	(void)state;
	p.source_address = "127.0.0.2";
	fd = dial(&p, &peer, &err);
	assert_true(fd >= 0);
	assert_string_equal(peer.local, "127.0.0.2");
	close(fd);
	p.source_address = "::1";
	assert_int_equal(dial(&p, &peer, &err), -1);
	assert_int_equal(err.code, EX_TEMPFAIL);
	p.source_address = "fe80::1%nothing";
	assert_int_equal(dial(&p, &peer, &err), -1);
	assert_int_equal(err.code, EX_TEMPFAIL);
	close(server);
}

static void unix_sockets_connect(void **state)
{
	char folder[] = "/tmp/sendoff-test-XXXXXX";
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct dial_params p = params_to("smtp.example.org", 25);
	struct dial_peer peer;
	struct error err;
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof a.sun_path, "%s/socket", folder);
	p.socket = a.sun_path;
	assert_int_equal(dial(&p, &peer, &err), -1);
	assert_int_equal(err.code, EX_TEMPFAIL);
	assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(server, 0), 0);
	fd = dial(&p, &peer, &err);
	assert_true(fd >= 0);
	assert_string_equal(peer.address, "unix");
	assert_true(peer.is_local);
	p.deadline_ms = clock_now_ms() + 50;
	assert_int_equal(dial(&p, &peer, &err), -1);
	assert_int_equal(err.code, EX_TEMPFAIL);
	close(fd);
	close(server);
	unlink(a.sun_path);
	rmdir(folder);
}

/* Reads exactly what the script expects, answers; then what a mail server says. */
struct exchange {
	const char *expects;
	size_t expects_len;
	const char *answers;
	size_t answers_len;
};

#define EXCHANGE(in, out)                                                                          \
	{                                                                                          \
		in, sizeof in - 1, out, sizeof out - 1                                             \
	}

static pid_t run_proxy(int server, const struct exchange *script)
{
	pid_t child = fork();
	int fd;

	if (child)
		return child;
	fd = accept(server, NULL, NULL);
	for (; script->expects; script++) {
		char got[512];
		ssize_t n = recv(fd, got, script->expects_len, MSG_WAITALL);

		if (n != (ssize_t)script->expects_len ||
			memcmp(got, script->expects, (size_t)n) != 0)
			_exit(1);
		if (send(fd, script->answers, script->answers_len, MSG_NOSIGNAL) !=
			(ssize_t)script->answers_len)
			_exit(2);
	}
	_exit(0);
}

static int dial_by_proxy(const char *login, const char *host, const struct exchange *script,
	struct dial_peer *peer, struct error *err)
{
	unsigned port = 0;
	int server = listen_on("127.0.0.1", &port), status, fd;
	struct dial_params p = params_to(host, 587);
	char url[128];
	pid_t child = run_proxy(server, script);

	snprintf(url, sizeof url, "socks5://%s127.0.0.1:%u", login, port);
	p.proxy = url;
	fd = dial(&p, peer, err);
	close(server);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return fd;
}

static void a_proxy_gets_the_name_and_the_login(void **state)
{
	static const struct exchange script[] = {
		EXCHANGE("\5\2\0\2", "\5\2"),
		EXCHANGE("\1\4me:2\3p@s", "\1\0"),
		EXCHANGE("\5\1\0\3\14mail.invalid\2\113", "\5\0\0\3\4host\0\1"
							  "220 hi\r\n"),
		{ 0 },
	};
	struct dial_peer peer;
	struct error err;
	char greeting[16];
	int fd = dial_by_proxy("me%3A2:p@s@", "mail.invalid", script, &peer, &err);

	(void)state;
	assert_true(fd >= 0);
	assert_false(peer.is_local);
	assert_string_equal(peer.address, "127.0.0.1");
	assert_int_equal(recv(fd, greeting, sizeof greeting, 0), 8);
	assert_memory_equal(greeting, "220 hi\r\n", 8);
	close(fd);
}

static void a_proxy_gets_literals_as_addresses(void **state)
{
	static const struct exchange v4[] = {
		EXCHANGE("\5\1\0", "\5\0"),
		EXCHANGE("\5\1\0\1\300\0\2\1\2\113", "\5\0\0\1\0\0\0\0\0\0"),
		{ 0 },
	};
	static const struct exchange v6[] = {
		EXCHANGE("\5\1\0", "\5\0"),
		EXCHANGE("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2\113",
			"\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		{ 0 },
	};
	struct dial_peer peer;
	struct error err;
	int fd = dial_by_proxy("", "192.0.2.1", v4, &peer, &err);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fd = dial_by_proxy("", "[::1]", v6, &peer, &err);
	assert_true(fd >= 0);
	assert_false(peer.is_local);
	close(fd);
}

static void a_proxy_that_refuses_is_named(void **state)
{
	static const struct exchange no_login[] = { EXCHANGE("\5\1\0", "\5\377"), { 0 } };
	static const struct exchange wrong[] = { EXCHANGE("\5\2\0\2", "\5\2"),
		EXCHANGE("\1\1a\1b", "\1\1"), { 0 } };
	static const struct exchange unreachable[] = {
		EXCHANGE("\5\1\0", "\5\0"),
		EXCHANGE("\5\1\0\3\1h\2\113", "\5\5\0\1\0\0\0\0\0\0"),
		{ 0 },
	};
	static const struct exchange web[] = { EXCHANGE("\5\1\0", "HTTP/1.0 400\r\n"), { 0 } };
	static const struct exchange gone[] = { EXCHANGE("\5\1\0", ""), { 0 } };
	static const struct {
		const char *login;
		const struct exchange *script;
		const char *text;
	} cases[] = {
		{ "", no_login, "wants a login" },
		{ "a:b@", wrong, "refused user or password" },
		{ "", unreachable, "connection refused" },
		{ "", web, "no SOCKS5 proxy" },
		{ "", gone, "proxy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dial_peer peer;
		struct error err;

		assert_int_equal(
			dial_by_proxy(cases[i].login, "h", cases[i].script, &peer, &err), -1);
		assert_int_equal(err.code, EX_TEMPFAIL);
		assert_non_null(strstr(err.text, cases[i].text));
		assert_non_null(strstr(err.text, "proxy 127.0.0.1:"));
	}
}

static void proxy_urls_are_checked_and_never_quoted(void **state)
{
	static const char *const bad[] = {
		"http://host:1",
		"socks5://",
		"socks5://:1080",
		"socks5://u:secret@",
		"socks5://h:0",
		"socks5://h:65536",
		"socks5://[::1",
		"socks5://h:1/x",
		"socks5://u%zz:secret@h",
		"socks5://:secret@h",
		"socks5://u:secret%4@h",
	};
	struct socks_proxy proxy;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (socks_parse(bad[i], &proxy, &err))
			fail_msg("%s", bad[i]);
		assert_int_equal(err.code, EX_CONFIG);
		assert_null(strstr(err.text, "secret"));
	}
	assert_true(socks_parse("socks5://u:a%40b@[::1]/", &proxy, &err));
	assert_string_equal(proxy.host, "::1");
	assert_int_equal(proxy.port, 1080);
	assert_string_equal(proxy.user, "u");
	assert_string_equal(proxy.password, "a@b");
	socks_release(&proxy);
}

static void address_literals(void **state)
{
	static const char *const names[] = { "", "[", "localhost", "1.2.3", "1.2.3.4.5",
		"::1%nowhere", "[::1" };
	static const struct {
		const char *text;
		bool is_loopback;
	} addresses[] = { { "127.255.0.1", true }, { "128.0.0.1", false }, { "::1", true },
		{ "::2", false }, { "::ffff:127.0.0.9", true }, { "::ffff:192.0.2.1", false } };
	union net_address a;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_false(address_parse(names[i], &a));
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		assert_true(address_parse(addresses[i].text, &a));
		assert_int_equal(address_is_loopback(&a), addresses[i].is_loopback);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_connect_without_a_resolver),
		cmocka_unit_test(refusals_name_the_address),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(the_first_that_connects_wins),
		cmocka_unit_test(a_silent_address_holds_up_nobody),
		cmocka_unit_test(names_that_cannot_be_do_not_exist),
		cmocka_unit_test(names_resolve_whatever_becomes_of_sigchld),
		cmocka_unit_test(names_in_the_hosts_file_are_found),
		cmocka_unit_test(a_slow_resolver_ends_with_the_deadline),
		cmocka_unit_test(source_address_picks_the_family),
		cmocka_unit_test(unix_sockets_connect),
		cmocka_unit_test(a_proxy_gets_the_name_and_the_login),
		cmocka_unit_test(a_proxy_gets_literals_as_addresses),
		cmocka_unit_test(a_proxy_that_refuses_is_named),
		cmocka_unit_test(proxy_urls_are_checked_and_never_quoted),
		cmocka_unit_test(address_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
