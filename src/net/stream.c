/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include "base/clock.h"
#include "net/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The transport in clear; its context is the descriptor. */
static ssize_t moved(ssize_t n, short wanted, short *events)
{
	bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;

	*events = n < 0 && again ? wanted : 0;
	return n;
}

static ssize_t clear_receive(void *context, void *data, size_t len, short *events)
{
	return moved(recv((int)(intptr_t)context, data, len, 0), POLLIN, events);
}

static ssize_t clear_send(void *context, const void *data, size_t len, short *events)
{
	return moved(send((int)(intptr_t)context, data, len, MSG_NOSIGNAL), POLLOUT, events);
}

static void clear_close(void *context)
{
	(void)context;
}

static const struct stream_transport clear = {
	.receive = clear_receive,
	.send = clear_send,
	.close = clear_close,
};

void stream_open(struct stream *s, int fd, int64_t write_timeout_ms)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	*s = (struct stream)STREAM_INIT;
	s->fd = fd;
	s->transport = &clear;
	s->context = (void *)(intptr_t)fd;
	s->write_timeout_ms = write_timeout_ms;
}

bool stream_upgrade(struct stream *s, const struct stream_transport *transport, void *context,
	struct tls *tls, struct error *err)
{
	if (stream_has_input(s))
		return error_set(err, EX_PROTOCOL, "5.7.4",
			"the server sent more in clear where TLS has to begin; somebody may be "
			"tampering");
	s->transport->close(s->context);
	s->transport = transport;
	s->context = context;
	s->tls = tls;
	return true;
}

static bool lost(const struct stream *s, int reason, struct error *err)
{
	const char *trouble = s->transport->trouble ? s->transport->trouble(s->context) : NULL;

	if (trouble)
		return error_set(err, EX_TEMPFAIL, "4.4.2", "connection lost: %s", trouble);
	error_set_errno(err, EX_TEMPFAIL, reason, "connection lost");
	memcpy(err->status, "4.4.2", sizeof "4.4.2");
	return false;
}

/*
 * Takes what has come: true if that was something, or the end; otherwise *events says what to
 * wait for.
 */
static bool receive(struct stream *s, short *events)
{
	ssize_t n;

	*events = 0;
	if (s->in_at) {
		buf_remove(&s->in, 0, s->in_at);
		s->in_at = 0;
	}
	n = s->transport->receive(
		s->context, buf_reserve(&s->in, STREAM_RECORD), STREAM_RECORD, events);
	if (n > 0)
		s->in.len += (size_t)n;
	buf_truncate(&s->in, s->in.len);
	s->has_ended = n == 0 || (n < 0 && !*events);
	s->end_errno = n < 0 && s->has_ended ? errno : 0;
	return n > 0 || s->has_ended;
}

static void begin_turn(struct stream *s)
{
	if (!s->is_asking)
		return;
	s->is_asking = false;
	s->turns++;
}

/* Linux forgets it after a while, so it is said at each wait. */
static void acknowledge_at_once(const struct stream *s)
{
	int on = 1;

	if (s->turns < s->quick_end)
		setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static bool more_input(struct stream *s, int64_t deadline_ms, struct error *err)
{
	short events = 0;

	begin_turn(s);
	while (!s->has_ended && !receive(s, &events)) {
		acknowledge_at_once(s);
		if (!wait_for(s->fd, events, deadline_ms))
			return wait_error(err, "4.4.2", "no answer from the server in time");
	}
	if (stream_has_input(s))
		return true;
	return s->end_errno ? lost(s, s->end_errno, err)
			    : error_set(err, EX_TEMPFAIL, "4.4.2", "connection closed by server");
}

void stream_acknowledge_all(struct stream *s)
{
	s->quick_end = ULONG_MAX;
}

bool stream_has_input(const struct stream *s)
{
	return s->in_at < s->in.len;
}

/* Moves input up to and with the next LF into line: true once that was there. */
static bool take_line(struct stream *s, struct buf *line, size_t keep, size_t *seen)
{
	const char *start = buf_str(&s->in) + s->in_at;
	size_t here = s->in.len - s->in_at;
	const char *lf = here ? memchr(start, '\n', here) : NULL;
	size_t len = lf ? (size_t)(lf - start) : here;
	size_t room = keep > line->len ? keep - line->len : 0;

	buf_add(line, start, len < room ? len : room);
	*seen += len;
	s->in_at += len + (lf ? 1 : 0);
	return lf;
}

bool stream_read_line(
	struct stream *s, struct buf *line, size_t keep, int64_t deadline_ms, struct error *err)
{
	size_t seen = 0;

	buf_truncate(line, 0);
	while (!take_line(s, line, keep, &seen)) {
		if (seen > STREAM_INPUT_MAX)
			return error_set(err, EX_PROTOCOL, "5.5.2",
				"the server sends a line without an end");
		if (wait_left_ms(deadline_ms) == 0)
			return wait_error(err, "4.4.2", "no answer from the server in time");
		if (!more_input(s, deadline_ms, err))
			return false;
	}
	if (seen <= keep && line->len && line->data[line->len - 1] == '\r')
		buf_truncate(line, line->len - 1);
	return true;
}

/*
 * Waits until output can go on, and keeps input that comes meanwhile: a server may not read
 * before its replies are.
 */
static bool wait_to_send(struct stream *s, short events, struct error *err)
{
	int64_t deadline_ms = clock_now_ms() + s->write_timeout_ms;
	short ready, ignored;

	do {
		bool listens = !s->has_ended && s->in.len - s->in_at < STREAM_INPUT_MAX;
		short also = listens ? POLLIN : 0;

		ready = wait_for(s->fd, (short)(events | also), deadline_ms);
		if (!ready)
			return wait_error(err, "4.4.2", "the server takes no more data");
		if (ready & also)
			receive(s, &ignored);
	} while (!(ready & (events | POLLERR | POLLHUP)));
	return true;
}

/* A server that refuses and hangs up has said why. */
static void keep_last_words(struct stream *s)
{
	short events;

	while (!s->has_ended && s->in.len - s->in_at < STREAM_INPUT_MAX && receive(s, &events))
		;
}

static bool send_all(struct stream *s, const char *data, size_t len, struct error *err)
{
	while (len && !s->is_broken) {
		size_t piece = len < STREAM_RECORD ? len : STREAM_RECORD;
		short events = 0;
		ssize_t n = s->transport->send(s->context, data, piece, &events);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
			s->sent += (uint64_t)n;
			s->is_asking = true;
			continue;
		}
		s->is_broken = events ? !wait_to_send(s, events, err) : !lost(s, errno, err);
	}
	if (s->is_broken)
		keep_last_words(s);
	return len == 0;
}

static bool is_writable(const struct stream *s, struct error *err)
{
	return !s->is_broken || error_set(err, EX_TEMPFAIL, "4.4.2", "connection lost before");
}

bool stream_flush(struct stream *s, struct error *err)
{
	bool ok = is_writable(s, err) && send_all(s, buf_str(&s->out), s->out.len, err);

	buf_truncate(&s->out, 0);
	return ok;
}

bool stream_write(struct stream *s, const void *data, size_t len, struct error *err)
{
	const char *p = data;

	if (!is_writable(s, err))
		return false;
	while (len) {
		size_t room = STREAM_RECORD - s->out.len;
		size_t piece = len < room ? len : room;
		bool whole = piece == STREAM_RECORD;

		if (!whole)
			buf_add(&s->out, p, piece);
		if (whole ? !send_all(s, p, piece, err)
			  : s->out.len == STREAM_RECORD && !stream_flush(s, err))
			return false;
		p += piece;
		len -= piece;
	}
	return true;
}

void stream_close(struct stream *s)
{
	if (s->transport)
		s->transport->close(s->context);
	if (s->fd >= 0)
		close(s->fd);
	buf_wipe(&s->in);
	buf_wipe(&s->out);
	*s = (struct stream)STREAM_INIT;
}
