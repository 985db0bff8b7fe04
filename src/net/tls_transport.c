/* SPDX-License-Identifier: ISC */
#include "net/tls_session.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	CHANGE_CIPHER_SPEC = 20, /* RFC 8446 appendix D.4: it asks nothing */
	ENCRYPTED = 23
};

/*
 * What TLS 1.3 encrypts of the client's handshake is the end of it.  After STARTTLS the client
 * speaks next, and its command goes into the same segment; else the server is waiting for this.
 */
static bool is_end_of_handshake(const struct tls *t, unsigned char type)
{
	return type == ENCRYPTED && !t->is_up && !t->params.is_implicit;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *parts, int count)
{
	enum { PARTS_MAX = 16 };
	struct tls *t = context;
	unsigned char type = *(const unsigned char *)parts->iov_base;
	bool is_filler = type == CHANGE_CIPHER_SPEC;
	int more = is_filler || is_end_of_handshake(t, type) ? MSG_MORE : 0;
	struct iovec iov[PARTS_MAX];
	struct msghdr message = { .msg_iov = iov };

	for (; count > 0 && message.msg_iovlen < PARTS_MAX; count--, parts++)
		iov[message.msg_iovlen++] = (struct iovec){ parts->iov_base, parts->iov_len };
	t->is_asking = t->is_asking || !is_filler;
	return sendmsg(t->fd, &message, MSG_NOSIGNAL | more);
}

/*
 * GnuTLS asks for the head of a record, then for its body; the system is asked once for as much
 * as there is.
 */
static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t len)
{
	struct tls *t = context;
	ssize_t n;

	t->turns += t->is_asking;
	t->is_asking = false;
	if (t->raw_at == t->raw_end) {
		n = recv(t->fd, t->raw, sizeof t->raw, 0);
		if (n <= 0)
			return n;
		t->raw_at = 0;
		t->raw_end = (size_t)n;
	}
	if (len > t->raw_end - t->raw_at)
		len = t->raw_end - t->raw_at;
	memcpy(data, t->raw + t->raw_at, len);
	t->raw_at += len;
	return (ssize_t)len;
}

/* GnuTLS demands it beside a pull of our own; it asks only when told to wait. */
static int pull_timeout(gnutls_transport_ptr_t context, unsigned ms)
{
	const struct tls *t = context;

	return t->raw_at < t->raw_end || wait_for(t->fd, POLLIN, clock_now_ms() + ms) ? 1 : 0;
}

void tls_attach(struct tls *t)
{
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_vec_push_function(t->session, push);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
}

/*
 * Nothing is lost: a ticket was read in place of data, or the server asks for what is not done
 * any more.
 */
static bool is_passing(ssize_t rc)
{
	return rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED ||
	       rc == GNUTLS_E_WARNING_ALERT_RECEIVED || rc == GNUTLS_E_REHANDSHAKE;
}

/* TLS 1.3 refuses a client without a certificate only when the handshake is done. */
static void tell_alert(struct tls *t)
{
	gnutls_alert_description_t alert = gnutls_alert_get(t->session);

	snprintf(t->trouble, sizeof t->trouble, "the server ended TLS: %s%s",
		gnutls_alert_get_name(alert),
		alert == GNUTLS_A_CERTIFICATE_REQUIRED ? " (tls_cert and tls_key)" : "");
}

/* *events for what GnuTLS waits for, or the trouble that it is in. */
static ssize_t moved(struct tls *t, ssize_t rc, short *events)
{
	*events = 0;
	if (rc >= 0)
		return rc;
	if (rc == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	if (is_passing(rc)) {
		*events = gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
		return -1;
	}
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		tell_alert(t);
	else if (rc != GNUTLS_E_PULL_ERROR && rc != GNUTLS_E_PUSH_ERROR)
		snprintf(t->trouble, sizeof t->trouble, "%s", gnutls_strerror((int)rc));
	return -1;
}

bool tls_has_more(const struct tls *t)
{
	return t->raw_at < t->raw_end || gnutls_record_check_pending(t->session);
}

static ssize_t receive(void *context, void *data, size_t len, short *events)
{
	struct tls *t = context;
	ssize_t rc;

	do {
		rc = gnutls_record_recv(t->session, data, len);
	} while (rc < 0 && is_passing(rc) && tls_has_more(t));
	return moved(t, rc, events);
}

static ssize_t transmit(void *context, const void *data, size_t len, short *events)
{
	struct tls *t = context;
	ssize_t sent = gnutls_record_send(t->session, data, len);

	t->holds_output = sent < 0;
	return moved(t, sent, events);
}

static const char *trouble(void *context)
{
	const struct tls *t = context;

	return t->trouble[0] ? t->trouble : NULL;
}

void tls_free(struct tls *t)
{
	if (t->session)
		gnutls_deinit(t->session);
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	buf_release(&t->notes.kept);
	buf_wipe(&t->ticket);
	ticket_release(t->ticket_directory, t->ticket_key, &t->claim, false);
	alloc_free(&t->ticket_directory);
	alloc_free(&t->name);
	free(t);
}

/* What counts as not sent must not go out with a farewell. */
static void say_goodbye(void *context)
{
	struct tls *t = context;

	if (t->is_up && !t->holds_output)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	if (t->is_up)
		tls_keep_ticket(t);
	tls_free(t);
}

const struct stream_transport tls_transport = {
	.receive = receive,
	.send = transmit,
	.trouble = trouble,
	.close = say_goodbye,
};
