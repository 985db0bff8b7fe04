/* SPDX-License-Identifier: ISC */
#include "cli/smtpd.h"

#include "base/file.h"
#include "base/process.h"
#include "cli/smtpd_reply.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 }; /* what a pipe holds */

enum input { INPUT_FILE, INPUT_UNIX, INPUT_NETWORK };

/* What standard input is; for a Unix socket also who is at its other end. */
static enum input examine_input(uid_t *peer)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;
	struct ucred peer_is;
	socklen_t peer_len = sizeof peer_is;

	if (getsockname(STDIN_FILENO, (struct sockaddr *)&address, &len) != 0)
		return INPUT_FILE;
	if (address.ss_family != AF_UNIX)
		return INPUT_NETWORK;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer_is, &peer_len) != 0)
		return INPUT_NETWORK;
	*peer = peer_is.uid;
	return INPUT_UNIX;
}

/* Writes the replies that are due; false: nobody reads them. */
static bool flush(struct smtpd *s)
{
	bool ok = file_write_all(STDOUT_FILENO, s->out.data, s->out.len);

	buf_truncate(&s->out, 0);
	return ok;
}

static bool feed_all(struct smtpd *s, const char *data, size_t len)
{
	while (len && s->state != SMTPD_CLOSED) {
		size_t taken = smtpd_feed(s, data, len);

		data += taken;
		len -= taken;
		if (!flush(s))
			return false;
	}
	return true;
}

/* The next input, 0 at its end, -1 when the process was asked to stop or the input is broken. */
static ssize_t read_input(char *block)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;

	do {
		if (process_poll(&input, 1, INT64_MAX) < 0)
			return -1;
		n = read(STDIN_FILENO, block, BLOCK);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n;
}

static int converse(struct smtpd *s)
{
	char block[BLOCK];
	ssize_t n = 1;
	bool is_heard = flush(s);

	while (is_heard && n > 0 && s->state != SMTPD_CLOSED) {
		n = read_input(block);
		is_heard = n <= 0 || feed_all(s, block, (size_t)n);
	}
	if (s->state == SMTPD_CLOSED || !process_stopped())
		return n < 0 ? EX_NOINPUT : smtpd_status(s);
	smtpd_reply(&s->out, 421, "4.3.2", "%s was asked to stop", s->params->host);
	flush(s);
	return EX_TEMPFAIL;
}

static int refuse_network(void)
{
	struct buf line = BUF_INIT;

	smtpd_reply(&line, 554, "5.7.1", "-bs trusts its caller and serves no network socket");
	file_write_all(STDOUT_FILENO, line.data, line.len);
	buf_release(&line);
	return EX_NOPERM;
}

int smtpd_run(const struct smtpd_params *params)
{
	struct request request = *params->request;
	struct smtpd_params own = *params;
	struct caller caller = CALLER_INIT;
	struct smtpd s;
	uid_t peer;
	int status;

	switch (examine_input(&peer)) {
	case INPUT_NETWORK:
		return refuse_network();
	case INPUT_UNIX:
		/*
		 * In a set-id process the other end may be a stranger whose rights the caller
		 * lacks.
		 */
		if (request.caller->set_id || peer == request.caller->uid)
			break;
		caller_init_uid(&caller, peer);
		request.caller = &caller;
		break;
	case INPUT_FILE:
		break;
	}
	own.request = &request;
	smtpd_begin(&s, &own);
	status = converse(&s);
	smtpd_release(&s);
	caller_release(&caller);
	return status;
}
