/* SPDX-License-Identifier: ISC */
#include "net/race.h"

#include "base/clock.h"
#include "net/wait.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

struct race {
	const struct address_list *list;
	const union net_address *source; /* NULL: any */
	struct race_report *report;
	int fds[ADDRESSES_MAX]; /* of the attempts begun; -1: failed */
	size_t pending;
	int64_t next_ms; /* when the next attempt begins */
};

static int begin_connect(
	const union net_address *to, const union net_address *source, bool *is_done)
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
	size_t i = r->report->begun++;
	bool is_done = false;

	r->fds[i] = begin_connect(&r->list->items[i], r->source, &is_done);
	r->report->failures[i] = r->fds[i] < 0 ? errno : ETIMEDOUT;
	if (r->fds[i] >= 0)
		r->pending++;
	r->next_ms = clock_now_ms() + (r->fds[i] < 0 ? 0 : ATTEMPT_DELAY_MS);
	return is_done ? (int)i : -1;
}

static bool has_connected(struct race *r, size_t i)
{
	int failure = 0;
	socklen_t size = sizeof failure;

	if (getsockopt(r->fds[i], SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0)
		return true;
	close(r->fds[i]);
	r->fds[i] = -1;
	r->report->failures[i] = failure;
	r->pending--;
	r->next_ms = clock_now_ms();
	return false;
}

/* Waits for those under way; returns the index of one that is connected, otherwise -1. */
static int wait_for_winner(struct race *r, int64_t deadline_ms)
{
	struct pollfd fds[ADDRESSES_MAX];
	bool has_more = r->report->begun < r->list->count;

	for (size_t i = 0; i < r->report->begun; i++)
		fds[i] = (struct pollfd){ .fd = r->fds[i], .events = POLLOUT };
	if (!wait_any(fds, (nfds_t)r->report->begun,
		    has_more && r->next_ms < deadline_ms ? r->next_ms : deadline_ms))
		return -1;
	for (size_t i = 0; i < r->report->begun; i++)
		if (r->fds[i] >= 0 && fds[i].revents && has_connected(r, i))
			return (int)i;
	return -1;
}

int race_connect(const struct address_list *list, const union net_address *source,
	int64_t deadline_ms, struct race_report *report)
{
	struct race r = { .list = list, .source = source, .report = report };
	int winner = -1;

	*report = (struct race_report){ 0 };
	while (winner < 0 && (r.pending || report->begun < list->count) &&
		wait_left_ms(deadline_ms)) {
		bool may_begin = report->begun < list->count &&
				 (!r.pending || clock_left_ms(r.next_ms) == 0);

		winner = may_begin ? begin_next(&r) : wait_for_winner(&r, deadline_ms);
	}
	for (size_t i = 0; i < report->begun; i++)
		if ((int)i != winner && r.fds[i] >= 0)
			close(r.fds[i]);
	report->winner = winner < 0 ? list->count : (size_t)winner;
	return winner < 0 ? -1 : r.fds[winner];
}

void race_arrange(struct address_list *list, const union net_address *source)
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
