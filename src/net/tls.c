/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "net/resolve.h"
#include "net/tls_cert.h"
#include "net/tls_verify.h"
#include "net/wait.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* GnuTLS starts when TLS does, not with every process that is linked with it. */
GNUTLS_SKIP_GLOBAL_INIT

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd;
	char *name; /* without the dot that may end it */
	struct buf pins;
	bool verified; /* tls_verify was on, and the server passed */
	bool is_up;
	bool is_asking; /* something was sent since the handshake last waited */
	char trouble[160]; /* what broke it afterwards */

	/* During the handshake only. */
	struct tls_params params;
	struct error *err;
	bool was_refused; /* by us: *err says why */
};

/* What a failed handshake means, where GnuTLS's own words say too little. */
static const struct {
	int code;
	const char *text;
} failures[] = {
	{ GNUTLS_E_UNEXPECTED_PACKET, "the server speaks no TLS on this port" },
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, "the server speaks no TLS on this port" },
	{ GNUTLS_E_RECORD_OVERFLOW, "the server speaks no TLS on this port" },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, "the server has no version of TLS that is allowed here" },
	{ GNUTLS_E_UNKNOWN_CIPHER_SUITE, "the server and tls_priority have no cipher in common" },
	{ GNUTLS_E_DH_PRIME_UNACCEPTABLE, "the server's key exchange is too weak" },
};

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *parts, int count)
{
	struct tls *t = context;
	struct iovec iov[16];
	struct msghdr message = { .msg_iov = iov };

	for (; count > 0 && message.msg_iovlen < 16; count--, parts++)
		iov[message.msg_iovlen++] = (struct iovec){ parts->iov_base, parts->iov_len };
	t->is_asking = true;
	return sendmsg(t->fd, &message, MSG_NOSIGNAL);
}

static bool is_passing(int rc)
{
	return rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED ||
	       rc == GNUTLS_E_REHANDSHAKE;
}

/* *events for what GnuTLS waits for, or the trouble that it is in. */
static ssize_t moved(struct tls *t, ssize_t rc, short *events)
{
	*events = 0;
	if (rc >= 0)
		return rc;
	if (rc == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	if (is_passing((int)rc)) {
		*events = gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
		return -1;
	}
	errno = EPROTO;
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		snprintf(t->trouble, sizeof t->trouble, "the server ended TLS: %s",
			gnutls_alert_get_name(gnutls_alert_get(t->session)));
	else
		snprintf(t->trouble, sizeof t->trouble, "%s", gnutls_strerror((int)rc));
	return -1;
}

static ssize_t tls_receive(void *context, void *data, size_t len, short *events)
{
	struct tls *t = context;
	ssize_t rc;

	do {
		rc = gnutls_record_recv(t->session, data, len);
	} while (rc < 0 && is_passing((int)rc) && gnutls_record_check_pending(t->session));
	return moved(t, rc, events);
}

static ssize_t tls_send(void *context, const void *data, size_t len, short *events)
{
	struct tls *t = context;

	return moved(t, gnutls_record_send(t->session, data, len), events);
}

static const char *tls_trouble(void *context)
{
	const struct tls *t = context;

	return t->trouble[0] ? t->trouble : NULL;
}

static void tls_free(struct tls *t)
{
	if (t->session)
		gnutls_deinit(t->session);
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	buf_release(&t->pins);
	alloc_free(&t->name);
	free(t);
}

static void tls_close(void *context)
{
	struct tls *t = context;

	if (t->is_up)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	tls_free(t);
}

static const struct stream_transport transport = {
	.receive = tls_receive,
	.send = tls_send,
	.trouble = tls_trouble,
	.close = tls_close,
};

static bool set_priority(struct tls *t, const char *priority, struct error *err)
{
	static const char less[] = "-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:%PROFILE_MEDIUM";
	const char *at = NULL;
	int rc = priority ? gnutls_priority_set_direct(t->session, priority, &at) :
			    gnutls_set_default_priority_append(t->session, less, &at, 0);

	if (rc == 0)
		return true;
	if (priority)
		return error_set(err, EX_CONFIG, NULL, "tls_priority is no GnuTLS priority string from character %zu on",
			at ? (size_t)(at - priority) + 1 : 1);
	return error_set(err, EX_CONFIG, NULL, "the system's TLS policy cannot be used: %s", gnutls_strerror(rc));
}

/* False with errno for a file that cannot be read; URLs are left to PKCS #11. */
static bool can_read(const char *file)
{
	return ascii_starts_with(file, "pkcs11:") || access(file, R_OK) == 0;
}

static bool set_certificate(struct tls *t, const struct tls_params *p, struct error *err)
{
	const char *key = p->key ? p->key : p->certificate;
	int rc;

	if (!p->certificate)
		return true;
	if (!can_read(p->certificate))
		return error_set_errno(err, EX_PROTOCOL, errno, "cannot read tls_cert '%s'", p->certificate);
	if (!can_read(key))
		return error_set_errno(err, EX_PROTOCOL, errno, "cannot read tls_key '%s'", key);
	rc = gnutls_certificate_set_x509_key_file2(t->credentials, p->certificate, key, GNUTLS_X509_FMT_PEM, NULL, 0);
	return rc >= 0 || error_set(err, EX_PROTOCOL, "4.7.5", "tls_cert '%s' and tls_key '%s' cannot be used: %s",
				  p->certificate, key, gnutls_strerror(rc));
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
	bool ok = verify_server(t->session, t->credentials, &t->params, &t->pins, t->err);

	t->was_refused = !ok;
	t->verified = ok && t->params.verify;
	return ok;
}

static int verify_in_handshake(gnutls_session_t session)
{
	return verify(gnutls_session_get_ptr(session)) ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

static bool set_up(struct tls *t, int fd, const struct tls_params *p, struct error *err)
{
	t->fd = fd;
	t->params = *p;
	t->err = err;
	if (gnutls_global_init() < 0 ||
		gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
		gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		return error_set(err, EX_SOFTWARE, NULL, "TLS cannot be started");
	if (!verify_parse_pins(p->fingerprints, &t->pins, err) || !set_priority(t, p->priority, err) ||
		!set_certificate(t, p, err))
		return false;
	set_name(t, p->name);
	gnutls_session_set_ptr(t->session, t);
	gnutls_session_set_verify_function(t->session, verify_in_handshake);
	gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials);
	gnutls_transport_set_int(t->session, fd);
	gnutls_transport_set_ptr2(t->session, (gnutls_transport_ptr_t)(intptr_t)fd, t);
	gnutls_transport_set_vec_push_function(t->session, push);
	return true;
}

static bool explain_alert(const struct tls *t, struct error *err)
{
	gnutls_alert_description_t alert = gnutls_alert_get(t->session);

	error_set(err, EX_PROTOCOL, "4.7.5", "the server refuses TLS: %s", gnutls_alert_get_name(alert));
	if (alert == GNUTLS_A_PROTOCOL_VERSION || alert == GNUTLS_A_HANDSHAKE_FAILURE ||
		alert == GNUTLS_A_INSUFFICIENT_SECURITY)
		return error_hint(err, "its TLS may be too old; tls_priority = NORMAL allows more, at your risk");
	if (alert == GNUTLS_A_UNRECOGNIZED_NAME)
		return error_hint(err, "set tls_name to the name that the server knows itself by");
	if (alert == GNUTLS_A_CERTIFICATE_REQUIRED || alert == GNUTLS_A_BAD_CERTIFICATE)
		return error_hint(err, "the server wants a client certificate: tls_cert and tls_key");
	return false;
}

static bool explain_failure(const struct tls *t, int rc, struct error *err)
{
	const char *text = NULL;

	if (t->was_refused)
		return false;
	if (rc == GNUTLS_E_PREMATURE_TERMINATION || rc == GNUTLS_E_PULL_ERROR || rc == GNUTLS_E_PUSH_ERROR)
		return error_set(err, EX_TEMPFAIL, "4.4.2", "connection lost during the TLS handshake");
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return explain_alert(t, err);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == rc)
			text = failures[i].text;
	if (!text)
		return error_set(err, EX_PROTOCOL, "4.7.5", "TLS handshake failed: %s", gnutls_strerror(rc));
	error_set(err, EX_PROTOCOL, "4.7.5", "%s", text);
	if (!strstr(text, "no TLS"))
		return false;
	return t->params.is_implicit ?
		       error_hint(err, "with tls = implicit use port 465; on port 587 use tls = starttls") :
		       error_hint(err, "it offered STARTTLS but does not do it; tls = implicit with port 465 may work");
}

static bool handshake(struct tls *t, struct stream *s, struct error *err)
{
	int64_t deadline_ms = t->params.deadline_ms;
	int rc;

	while ((rc = gnutls_handshake(t->session)) < 0 && !gnutls_error_is_fatal(rc)) {
		bool wants_to_send = gnutls_record_get_direction(t->session);

		if (!wants_to_send && t->is_asking)
			s->turns++;
		t->is_asking = wants_to_send;
		if (!wait_left_ms(deadline_ms) || !wait_for(s->fd, wants_to_send ? POLLOUT : POLLIN, deadline_ms))
			return wait_error(err, "4.4.2", "no end of the TLS handshake in time");
	}
	if (rc == 0)
		return true;
	gnutls_alert_send_appropriate(t->session, rc);
	return explain_failure(t, rc, err);
}

bool tls_start(struct stream *s, const struct tls_params *p, struct error *err)
{
	struct tls *t = alloc_zero(1, sizeof *t);
	bool ok;

	if (!set_up(t, s->fd, p, err) || !stream_upgrade(s, &transport, t, t, err)) {
		tls_free(t);
		s->is_broken = true;
		s->has_ended = true;
		return false;
	}
	ok = handshake(t, s, err);
	if (ok && gnutls_session_is_resumed(t->session))
		ok = verify(t);
	t->is_up = ok;
	t->params = (struct tls_params){ 0 };
	t->err = NULL;
	s->is_broken = !ok;
	s->has_ended = !ok;
	s->quick_turns = ok && !gnutls_session_is_resumed(t->session) ? 2 : 0;
	return ok;
}

static void copy_line(char *field, size_t size, const struct buf *raw)
{
	struct buf line = BUF_INIT;

	buf_add_printable(&line, buf_str(raw), raw->len);
	snprintf(field, size, "%s", buf_str(&line));
	buf_release(&line);
}

static void describe_trust(const struct tls *t, const struct cert_chain *chain, struct tls_info *info)
{
	struct buf name = BUF_INIT;
	gnutls_x509_crt_t anchor;
	unsigned i = chain->count;

	if (!t->verified)
		buf_adds(&name, "not checked");
	else if (t->pins.len)
		buf_adds(&name, "pinned");
	while (!name.len && i-- > 0)
		if (gnutls_certificate_get_issuer(t->credentials, chain->items[i], &anchor, 0) == 0)
			cert_add_short_name(&name, anchor, CERT_SUBJECT);
	copy_line(info->trust, sizeof info->trust, &name);
	buf_release(&name);
}

static void describe_certificate(gnutls_x509_crt_t cert, struct tls_info *info)
{
	enum { NAMES_MAX = 20 };
	struct buf text[4] = { BUF_INIT };

	cert_add_dn(&text[0], cert, CERT_SUBJECT);
	copy_line(info->subject, sizeof info->subject, &text[0]);
	cert_add_dn(&text[1], cert, CERT_ISSUER);
	copy_line(info->issuer, sizeof info->issuer, &text[1]);
	cert_add_names(&text[2], cert, "", NAMES_MAX);
	copy_line(info->names, sizeof info->names, &text[2]);
	cert_add_fingerprint(&text[3], cert);
	copy_line(info->fingerprint, sizeof info->fingerprint, &text[3]);
	info->expires_s = gnutls_x509_crt_get_expiration_time(cert);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		buf_release(&text[i]);
}

void tls_describe(const struct tls *t, struct tls_info *info)
{
	const char *version = gnutls_protocol_get_name(gnutls_protocol_get_version(t->session));
	const char *cipher = gnutls_cipher_get_name(gnutls_cipher_get(t->session));
	struct cert_chain chain;

	*info = (struct tls_info){ .verified = t->verified };
	snprintf(info->version, sizeof info->version, "%s", version ? version : "");
	snprintf(info->cipher, sizeof info->cipher, "%s", cipher ? cipher : "");
	info->resumed = gnutls_session_is_resumed(t->session);
	if (cert_chain_load(&chain, t->session))
		describe_certificate(chain.items[0], info);
	describe_trust(t, &chain, info);
	cert_chain_release(&chain);
}

bool tls_channel_binding(const struct tls *t, const char **type, struct buf *binding)
{
	bool is_13 = gnutls_protocol_get_version(t->session) == GNUTLS_TLS1_3;
	gnutls_datum_t data = { NULL, 0 };

	if (!is_13 && !gnutls_session_ext_master_secret_status(t->session))
		return false;
	if (gnutls_session_channel_binding(t->session, is_13 ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE, &data))
		return false;
	*type = is_13 ? "tls-exporter" : "tls-unique";
	buf_add(binding, data.data, data.size);
	gnutls_free(data.data);
	return true;
}
