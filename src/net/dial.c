/* SPDX-License-Identifier: ISC */
#include "net/dial.h"

#include "base/buf.h"
#include "base/clock.h"
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
	ATTEMPT_DELAY_MS = 250, /* RFC 8305 section 5 */
	BACKLOG_PAUSE_MS = 20,	/* before a Unix socket whose backlog is full is tried again */
};

struct attempt {
	int fd; /* -1: not begun, or failed */
	int failure; /* errno */
};

struct race {
	const struct address_list *list;
	const union net_address *source; /* NULL: any */
	struct attempt attempts[ADDRESSES_MAX];
	size_t begun, pending;
	int64_t next_ms; /* when the next attempt begins */
};

static int begin_connect(const union net_address *to, const union net_address *source, bool *is_done)
{
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int reason;

	if (fd < 0)
		return -1;
	*is_done = (!source || bind(fd, &source->any, address_size(source)) == 0) &&
		   connect(fd, &to->any, address_size(to)) == 0;
	if (*is_done || errno == EINPROGRESS)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

/* Begins the next attempt; returns its index if it is connected at once, otherwise -1. */
static int begin_next(struct race *r)
{
	size_t i = r->begun++;
	struct attempt *a = &r->attempts[i];
	bool is_done = false;

	a->fd = begin_connect(&r->list->items[i], r->source, &is_done);
	a->failure = a->fd < 0 ? errno : ETIMEDOUT;
	if (a->fd >= 0)
		r->pending++;
	r->next_ms = clock_now_ms() + (a->fd < 0 ? 0 : ATTEMPT_DELAY_MS);
	return is_done ? (int)i : -1;
}

static bool has_connected(struct race *r, size_t i)
{
	struct attempt *a = &r->attempts[i];
	socklen_t size = sizeof a->failure;

	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &a->failure, &size) == 0 && a->failure == 0)
		return true;
	close(a->fd);
	a->fd = -1;
	r->pending--;
	r->next_ms = clock_now_ms();
	return false;
}

/* Waits for those under way; returns the index of one that is connected, otherwise -1. */
static int wait_for_winner(struct race *r, int64_t deadline_ms)
{
	struct pollfd fds[ADDRESSES_MAX];
	bool has_more = r->begun < r->list->count;

	for (size_t i = 0; i < r->begun; i++)
		fds[i] = (struct pollfd){ .fd = r->attempts[i].fd, .events = POLLOUT };
	if (!wait_any(fds, (nfds_t)r->begun, has_more && r->next_ms < deadline_ms ? r->next_ms : deadline_ms))
		return -1;
	for (size_t i = 0; i < r->begun; i++)
		if (r->attempts[i].fd >= 0 && fds[i].revents && has_connected(r, i))
			return (int)i;
	return -1;
}

static int run_race(struct race *r, int64_t deadline_ms)
{
	int winner = -1;

	while (winner < 0 && (r->pending || r->begun < r->list->count) && wait_left_ms(deadline_ms)) {
		bool may_begin = r->begun < r->list->count && (!r->pending || clock_left_ms(r->next_ms) == 0);

		winner = may_begin ? begin_next(r) : wait_for_winner(r, deadline_ms);
	}
	return winner;
}

static int close_losers(struct race *r, int winner)
{
	for (size_t i = 0; i < r->begun; i++)
		if ((int)i != winner && r->attempts[i].fd >= 0)
			close(r->attempts[i].fd);
	return winner < 0 ? -1 : r->attempts[winner].fd;
}

static bool explain_failures(const struct race *r, unsigned port, struct error *err)
{
	struct buf text = BUF_INIT;
	char address[INET6_ADDRSTRLEN], reason[128];
	bool is_silent = false;

	for (size_t i = 0; i < r->begun; i++) {
		address_print(&r->list->items[i], address);
		is_silent = is_silent || r->attempts[i].failure == ETIMEDOUT;
		buf_addf(&text, "%s%s: %s", i ? ", " : "", address,
			strerror_r(r->attempts[i].failure, reason, sizeof reason));
	}
	error_set(err, EX_TEMPFAIL, "4.4.1", "cannot connect%s%s", r->begun ? " to " : ": no time left", buf_str(&text));
	buf_release(&text);
	if (is_silent && port == 25)
		error_hint(err, "many networks block port 25; submission servers listen on 587 and 465");
	return false;
}

/* Families alternate, that of the first address first (RFC 8305 section 4); with a source, only its own stays. */
static void arrange(struct address_list *list, const union net_address *source)
{
	const struct address_list all = *list;
	bool used[ADDRESSES_MAX] = { false };
	sa_family_t wanted = source ? source->any.sa_family : all.items[0].any.sa_family;

	list->count = 0;
	for (size_t left = all.count; left;) {
		size_t i = 0;

		while (i < all.count && (used[i] || all.items[i].any.sa_family != wanted))
			i++;
		if (i < all.count) {
			used[i] = true;
			list->items[list->count++] = all.items[i];
			left--;
		} else if (source) {
			return;
		}
		if (!source)
			wanted = wanted == AF_INET ? AF_INET6 : AF_INET;
	}
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
		len += (size_t)snprintf(peer->addresses + len, sizeof peer->addresses - len, "%s%s", len ? ", " : "",
			address);
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
	struct race race = { .list = &list, .source = source_text ? &source : NULL };
	int winner;

	if (source_text && !address_parse(source_text, &source)) {
		error_set(err, EX_CONFIG, NULL, "`source_address` is no IP address");
		return -1;
	}
	if (!resolve(host, deadline_ms, &list, err))
		return -1;
	arrange(&list, race.source);
	note_addresses(&list, peer);
	if (list.count == 0) {
		error_set(err, EX_TEMPFAIL, "4.4.1", "'%s' has no address of the family of `source_address`", host);
		return -1;
	}
	for (size_t i = 0; i < list.count; i++)
		address_set_port(&list.items[i], port);
	winner = run_race(&race, deadline_ms);
	if (winner < 0)
		explain_failures(&race, port, err);
	else
		note_ends(race.attempts[winner].fd, &list.items[winner], peer);
	return close_losers(&race, winner);
}

static int dial_proxy(const struct dial_params *p, struct dial_peer *peer, struct error *err)
{
	struct socks_proxy proxy = SOCKS_PROXY_INIT;
	int fd;

	if (!socks_parse(p->proxy, &proxy, err))
		return -1;
	fd = dial_host(proxy.host, proxy.port, p->source_address, p->deadline_ms, peer, err);
	peer->is_local = false;
	if (fd < 0 || !socks_connect(fd, &proxy, p->host, p->port, p->deadline_ms, err)) {
		if (fd >= 0)
			close(fd);
		error_context(err, "proxy %s:%u", proxy.host, proxy.port);
		fd = -1;
	}
	socks_release(&proxy);
	return fd;
}

static int dial_unix(const char *path, int64_t deadline_ms, struct dial_peer *peer, struct error *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	bool ok;
	int fd;

	if (strlen(path) >= sizeof to.sun_path) {
		error_set(err, EX_CONFIG, NULL, "`socket`: the path is longer than %zu bytes", sizeof to.sun_path - 1);
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (!(ok = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) && errno == EAGAIN &&
		wait_left_ms(deadline_ms))
		wait_any(NULL, 0, clock_now_ms() + BACKLOG_PAUSE_MS);
	if (ok) {
		snprintf(peer->address, sizeof peer->address, "unix");
		peer->is_local = true;
		return fd;
	}
	error_set_errno(err, EX_TEMPFAIL, errno, "cannot connect to '%s'", path);
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
