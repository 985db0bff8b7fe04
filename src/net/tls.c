/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include "base/alloc.h"
#include "net/resolve.h"
#include "net/ticket.h"
#include "net/tls_check.h"
#include "net/tls_session.h"
#include "net/tls_verify.h"
#include "net/wait.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <unistd.h>

/* GnuTLS starts when TLS does, not with every process that is linked with it. */
GNUTLS_SKIP_GLOBAL_INIT

/*
 * After a full handshake a server that has not set TCP_NODELAY holds its next reply until the
 * ticket before it is acknowledged; from the second reply on nothing is held.
 */
enum { QUICK_TURNS = 2 };

/* What a failed handshake means, where GnuTLS's own words say too little. */
static const struct {
	int code;
	const char *text;
} failures[] = {
	{ GNUTLS_E_UNEXPECTED_PACKET, "the server speaks no TLS on this port" },
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, "the server speaks no TLS on this port" },
	{ GNUTLS_E_RECORD_OVERFLOW, "the server speaks no TLS on this port" },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET,
		"the server has no version of TLS that is allowed here" },
	{ GNUTLS_E_UNKNOWN_CIPHER_SUITE, "the server and tls_priority have no cipher in common" },
	{ GNUTLS_E_DH_PRIME_UNACCEPTABLE, "the server's key exchange is too weak" },
};

static bool set_priority(struct tls *t, const char *priority, struct error *err)
{
	static const char less[] = "-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:%PROFILE_MEDIUM";
	int rc;

	if (!tls_check_priority(priority, err))
		return false;
	rc = priority ? gnutls_priority_set_direct(t->session, priority, NULL)
		      : gnutls_set_default_priority_append(t->session, less, NULL, 0);
	return rc == 0 || error_set(err, EX_CONFIG, NULL,
				  "the system's TLS policy cannot be used: %s",
				  gnutls_strerror(rc));
}

static void set_name(struct tls *t, const char *name)
{
	union net_address address;
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	t->name = alloc_bytes(name, len);
	t->params.name = t->name;
	if (!address_parse(t->name, &address)) /* SNI has no addresses (RFC 6066 section 3) */
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->name, len);
}

static bool verify(struct tls *t)
{
	bool ok = verify_server(t->session, t->credentials, &t->params, &t->notes, t->err);

	t->was_refused = !ok;
	t->is_verified = ok && t->params.verify;
	return ok;
}

static int verify_in_handshake(gnutls_session_t session)
{
	return verify(gnutls_session_get_ptr(session)) ? 0
						       : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

static bool set_up(struct tls *t, int fd, const struct tls_params *p, struct error *err)
{
	t->fd = fd;
	t->params = *p;
	t->err = err;
	t->token = (struct token){ p->certificate, p->key, err, false };
	if (gnutls_global_init() < 0 ||
		gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
		gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		return error_set(err, EX_SOFTWARE, NULL, "TLS cannot be started");
	if (!set_priority(t, p->priority, err) ||
		!tls_add_certificate(t->credentials, &t->token))
		return false;
	set_name(t, p->name);
	gnutls_session_set_ptr(t->session, t);
	gnutls_session_set_verify_function(t->session, verify_in_handshake);
	gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials);
	tls_attach(t);
	if (p->ticket_directory) {
		ticket_key(&t->params, t->ticket_key);
		t->ticket_directory = alloc_string(p->ticket_directory);
		tls_offer_ticket(t);
	}
	return true;
}

static bool explain_alert(const struct tls *t, struct error *err)
{
	gnutls_alert_description_t alert = gnutls_alert_get(t->session);
	bool misses_certificate =
		!t->params.certificate && gnutls_certificate_client_get_request_status(t->session);

	error_set(err, EX_PROTOCOL, "4.7.5", "the server refuses TLS: %s",
		gnutls_alert_get_name(alert));
	if (misses_certificate)
		return error_hint(
			err, "the server wants a client certificate: tls_cert and tls_key");
	if (alert == GNUTLS_A_PROTOCOL_VERSION || alert == GNUTLS_A_HANDSHAKE_FAILURE ||
		alert == GNUTLS_A_INSUFFICIENT_SECURITY)
		return error_hint(err,
			"its TLS may be too old; tls_priority = NORMAL allows more, at your risk");
	if (alert == GNUTLS_A_UNRECOGNIZED_NAME)
		return error_hint(err, "set tls_name to the name that the server knows itself by");
	return false;
}

static bool explain_failure(const struct tls *t, int rc, struct error *err)
{
	const char *text = NULL;

	if (t->was_refused || t->token.has_failed)
		return false;
	if (rc == GNUTLS_E_PREMATURE_TERMINATION || rc == GNUTLS_E_PULL_ERROR ||
		rc == GNUTLS_E_PUSH_ERROR)
		return error_set(
			err, EX_TEMPFAIL, "4.4.2", "connection lost during the TLS handshake");
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return explain_alert(t, err);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == rc)
			text = failures[i].text;
	if (!text)
		return error_set(
			err, EX_PROTOCOL, "4.7.5", "TLS handshake failed: %s", gnutls_strerror(rc));
	error_set(err, EX_PROTOCOL, "4.7.5", "%s", text);
	if (!strstr(text, "no TLS"))
		return false;
	return t->params.is_implicit
		       ? error_hint(err,
				 "with tls = implicit use port 465; on port 587 use tls = starttls")
		       : error_hint(err, "it offered STARTTLS but does not do it; tls = implicit "
					 "with port 465 may work");
}

static bool handshake(struct tls *t, struct stream *s, struct error *err)
{
	int64_t deadline_ms = t->params.deadline_ms;
	int rc;

	while ((rc = gnutls_handshake(t->session)) < 0 && !gnutls_error_is_fatal(rc)) {
		short events = gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
		bool is_ready = events == POLLIN && tls_has_more(t);

		if (!wait_left_ms(deadline_ms) ||
			(!is_ready && !wait_for(s->fd, events, deadline_ms)))
			return wait_error(err, "4.4.2", "no end of the TLS handshake in time");
	}
	if (rc == 0)
		return true;
	gnutls_alert_send_appropriate(t->session, rc);
	return explain_failure(t, rc, err);
}

/*
 * The verification in the handshake does not happen when it is resumed; tickets of a server
 * that fails it are of no use.
 */
static bool verify_resumed(struct tls *t)
{
	if (!gnutls_session_is_resumed(t->session) || verify(t))
		return true;
	if (t->ticket_directory)
		ticket_drop(t->ticket_directory, t->ticket_key);
	return false;
}

static void settle(struct tls *t, struct stream *s, bool ok)
{
	t->is_up = ok;
	s->turns += t->turns;
	t->params = (struct tls_params){ 0 };
	t->err = NULL;
	t->token = (struct token){ 0 };
	s->is_broken = !ok;
	s->has_ended = !ok;
	if (ok && !gnutls_session_is_resumed(t->session))
		s->quick_end = s->turns + 1 + QUICK_TURNS;
}

bool tls_start(struct stream *s, const struct tls_params *p, struct error *err)
{
	struct tls *t = alloc_zero(1, sizeof *t);
	bool ok;

	if (!set_up(t, s->fd, p, err) || !stream_upgrade(s, &tls_transport, t, t, err)) {
		tls_free(t);
		s->is_broken = true;
		s->has_ended = true;
		return false;
	}
	ok = handshake(t, s, err) && verify_resumed(t);
	settle(t, s, ok);
	return ok;
}

const char *tls_library_version(void)
{
	return gnutls_check_version(NULL);
}
