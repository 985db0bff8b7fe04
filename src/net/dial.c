/* SPDX-License-Identifier: ISC */
#include "net/dial.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/process.h"
#include "net/race.h"
#include "net/resolve.h"
#include "net/socks.h"
#include "net/wait.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BACKLOG_PAUSE_MS = 20, /* before a Unix socket whose backlog is full is tried again */
};

/* What a failure to connect mostly means; port 0: any. */
static const struct {
	int failure;
	unsigned port;
	const char *hint;
} hints[] = {
	{ ETIMEDOUT, 25, "many networks block port 25; submission servers listen on 587 and 465" },
	{ ETIMEDOUT, 0, "a firewall may be in between, or host and port lead nowhere" },
	{ ECONNREFUSED, 0, "nothing listens there: check host and port" },
	{ ENETUNREACH, 0, "is this machine online?" },
	{ EHOSTUNREACH, 0, "is this machine online?" },
	{ EINVAL, 0, "a link-local address needs its zone, as in fe80::1%eth0" },
	{ EADDRNOTAVAIL, 0, "source_address has to be an address of this machine" },
};

static bool hint_at(int failure, unsigned port, struct error *err)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].failure == failure && (!hints[i].port || hints[i].port == port))
			return error_hint(err, "%s", hints[i].hint);
	return false;
}

/* Of all attempts, with the hint for the first; of none when a signal stopped them. */
static bool explain_failures(const struct race_report *r, const struct address_list *list,
	unsigned port, struct error *err)
{
	struct buf text = BUF_INIT;
	char address[INET6_ADDRSTRLEN];

	if (process_stopped())
		return wait_error(err, "4.4.1", "");
	for (size_t i = 0; i < r->begun; i++) {
		address_print(&list->items[i], address);
		buf_addf(&text, "%s%s: %s", i ? ", " : "", address, strerror(r->failures[i]));
	}
	error_set(err, EX_TEMPFAIL, "4.4.1", "cannot connect%s%s",
		r->begun ? " to " : ": no time left", buf_str(&text));
	buf_release(&text);
	return r->begun ? hint_at(r->failures[0], port, err) : false;
}

static void note_addresses(const struct address_list *list, struct dial_peer *peer)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = 0;

	peer->resolved_ms = clock_now_ms();
	for (size_t i = 0; i < list->count; i++) {
		address_print(&list->items[i], address);
		if (len + strlen(address) + sizeof ", " > sizeof peer->addresses)
			return;
		len += (size_t)snprintf(peer->addresses + len, sizeof peer->addresses - len, "%s%s",
			len ? ", " : "", address);
	}
}

static void note_ends(int fd, const union net_address *to, struct dial_peer *peer)
{
	union net_address local = { 0 };
	socklen_t size = sizeof local;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	address_print(to, peer->address);
	if (getsockname(fd, &local.any, &size) == 0)
		address_print(&local, peer->local);
	peer->is_local = address_is_loopback(to);
}

static int dial_host(const char *host, unsigned port, const char *source_text, int64_t deadline_ms,
	struct dial_peer *peer, struct error *err)
{
	struct address_list list = { .count = 0 };
	union net_address source;
	struct race_report report;
	int fd;

	if (source_text && !address_parse(source_text, &source)) {
		error_set(err, EX_TEMPFAIL, "4.4.1",
			"this machine has no interface of source_address '%s'", source_text);
		return -1;
	}
	if (!resolve(host, deadline_ms, &list, err))
		return -1;
	race_arrange(&list, source_text ? &source : NULL);
	note_addresses(&list, peer);
	if (list.count == 0) {
		error_set(err, EX_TEMPFAIL, "4.4.1",
			"'%s' has no address of the family of `source_address`", host);
		return -1;
	}
	for (size_t i = 0; i < list.count; i++)
		address_set_port(&list.items[i], port);
	fd = race_connect(&list, source_text ? &source : NULL, deadline_ms, &report);
	if (fd < 0)
		explain_failures(&report, &list, port, err);
	else
		note_ends(fd, &list.items[report.winner], peer);
	return fd;
}

static int dial_proxy(const struct dial_params *p, struct dial_peer *peer, struct error *err)
{
	struct socks_proxy proxy = SOCKS_PROXY_INIT;
	struct buf place = BUF_INIT;
	int fd;

	if (!socks_parse(p->proxy, &proxy, err))
		return -1;
	fd = dial_host(proxy.host, proxy.port, p->source_address, p->deadline_ms, peer, err);
	peer->is_local = false;
	buf_add_host_port(&place, proxy.host, proxy.port);
	if (fd < 0 || !socks_connect(fd, &proxy, p->host, p->port, p->deadline_ms, err)) {
		if (fd >= 0)
			close(fd);
		else
			error_hint(err, "check 'proxy': does it run at %s?", buf_str(&place));
		error_context(err, "proxy %s", buf_str(&place));
		fd = -1;
	}
	buf_release(&place);
	socks_release(&proxy);
	return fd;
}

static int dial_unix(
	const char *path, int64_t deadline_ms, struct dial_peer *peer, struct error *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	bool ok;
	int fd;

	if (strlen(path) >= sizeof to.sun_path) {
		error_set(err, EX_CONFIG, NULL, "`socket`: the path is longer than %zu bytes",
			sizeof to.sun_path - 1);
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (!(ok = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) &&
		errno == EAGAIN && wait_left_ms(deadline_ms))
		wait_any(NULL, 0, clock_now_ms() + BACKLOG_PAUSE_MS);
	if (ok) {
		snprintf(peer->address, sizeof peer->address, "unix");
		peer->is_local = true;
		return fd;
	}
	error_set_errno(err, EX_TEMPFAIL, errno, "cannot connect to '%s'", path);
	error_hint(err, "does the server run, and is 'socket' its path?");
	if (fd >= 0)
		close(fd);
	return -1;
}

int dial(const struct dial_params *p, struct dial_peer *peer, struct error *err)
{
	*peer = (struct dial_peer){ .resolved_ms = 0 };
	if (p->socket)
		return dial_unix(p->socket, p->deadline_ms, peer, err);
	if (p->proxy)
		return dial_proxy(p, peer, err);
	return dial_host(p->host, p->port, p->source_address, p->deadline_ms, peer, err);
}
