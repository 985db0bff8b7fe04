/* SPDX-License-Identifier: ISC */
#include "net/tls_verify.h"

#include "base/clock.h"
#include "net/resolve.h"
#include "net/tls_trust.h"

#include <string.h>

enum { NAMES_SHOWN = 4 };

/* Reasons of GnuTLS that need no more than a word for it. */
static const struct {
	unsigned bit;
	const char *text;
} faults[] = {
	{ GNUTLS_CERT_REVOKED, "was revoked by its issuer" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, "has an issuer that is no certificate authority" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, "has a key or signature too weak to be trusted" },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, "has a wrong signature" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "is outside of what its issuer may certify" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, "is not meant for a server" },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS,
		"demands proof that it is not revoked, which the server does not send" },
	{ GNUTLS_CERT_INVALID_OCSP_STATUS, "came with a proof of its being valid that is wrong" },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "has a critical extension that is unknown here" },
};

static bool has_pin(const struct strlist *pins, const unsigned char digest[CERT_DIGEST_SIZE])
{
	struct buf hex = BUF_INIT;
	bool has;

	buf_add_hex(&hex, digest, CERT_DIGEST_SIZE);
	has = strlist_has(pins, buf_str(&hex));
	buf_release(&hex);
	return has;
}

static bool check_pins(gnutls_x509_crt_t cert, const struct tls_params *p, struct error *err)
{
	unsigned char digest[CERT_DIGEST_SIZE];
	struct buf shown = BUF_INIT;

	if (cert_digest(cert, digest) && has_pin(p->fingerprints, digest))
		return true;
	if (cert_key_digest(cert, digest) && has_pin(p->fingerprints, digest))
		return true;
	cert_add_fingerprint(&shown, cert);
	error_set(err, EX_PROTOCOL, "4.7.5",
		"certificate of %s is not the one pinned by tls_fingerprint", p->name);
	error_hint(err,
		"if the server got a new one, as its operator can tell: tls_fingerprint = %s",
		buf_str(&shown));
	buf_release(&shown);
	return false;
}

static gnutls_typed_vdata_st name_to_check(const char *name, union net_address *address)
{
	gnutls_typed_vdata_st check = { .type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)name };

	if (!address_parse(name, address))
		return check;
	check.type = GNUTLS_DT_IP_ADDRESS;
	if (address->any.sa_family == AF_INET6) {
		check.data = (unsigned char *)&address->v6.sin6_addr;
		check.size = sizeof address->v6.sin6_addr;
	} else {
		check.data = (unsigned char *)&address->v4.sin_addr;
		check.size = sizeof address->v4.sin_addr;
	}
	return check;
}

static void add_reason(struct buf *text, const char *reason)
{
	buf_adds(text, text->len ? ", " : "");
	buf_adds(text, reason);
}

static void explain_name(
	gnutls_x509_crt_t cert, const char *name, struct buf *text, struct error *err)
{
	struct buf names = BUF_INIT;

	cert_add_names(&names, cert, "'", NAMES_SHOWN);
	add_reason(text, "is for ");
	buf_add(text, names.data, names.len);
	error_hint(err,
		"if that is the server you mean, set host or tls_name to its name; if not, "
		"somebody answers in place of %s",
		name);
	buf_release(&names);
}

/* The first certificate out of date says it; none of the chain: it is the anchor. */
static void explain_dates(const struct cert_chain *chain, struct buf *text, struct error *err)
{
	int64_t now = clock_wall_s();
	struct buf today = BUF_INIT;

	for (unsigned i = 0; i < chain->count; i++) {
		int64_t begins = gnutls_x509_crt_get_activation_time(chain->items[i]);
		int64_t ends = gnutls_x509_crt_get_expiration_time(chain->items[i]);

		if (begins <= now && now <= ends)
			continue;
		add_reason(text, i ? "has an issuer whose certificate " : "");
		buf_adds(text, now > ends ? "expired on " : "is not valid before ");
		cert_add_date(text, now > ends ? ends : begins);
		break;
	}
	if (!strstr(buf_str(text), "expired on") && !strstr(buf_str(text), "not valid before"))
		add_reason(text, "has an issuer whose trusted certificate is out of date");
	cert_add_date(&today, now);
	error_hint(err,
		"this machine's clock says %s; if that is right, the server's operator has to "
		"renew it",
		buf_str(&today));
	buf_release(&today);
}

static void explain_issuer(const struct cert_chain *chain, struct buf *text, struct error *err)
{
	gnutls_x509_crt_t last = chain->items[chain->count - 1];
	struct buf issuer = BUF_INIT, shown = BUF_INIT;
	bool is_own = chain->count == 1 && gnutls_x509_crt_check_issuer(last, last);

	cert_add_short_name(&issuer, last, CERT_ISSUER);
	cert_add_fingerprint(&shown, chain->items[0]);
	add_reason(text, is_own ? "is signed by itself, and" : "comes from");
	buf_addf(text, " issuer '%s'%s is not trusted", buf_str(&issuer), is_own ? "" : ", which");
	error_hint(err, "tls_trust = /path/ca.pem, or pin it with tls_fingerprint = %s",
		buf_str(&shown));
	buf_release(&issuer);
	buf_release(&shown);
}

static void explain_rest(unsigned status, struct buf *text)
{
	gnutls_datum_t words = { NULL, 0 };

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (status & faults[i].bit)
			add_reason(text, faults[i].text);
	if (text->len)
		return;
	gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0);
	add_reason(text, "is not trusted: ");
	buf_add(text, words.data, words.size);
	gnutls_free(words.data);
}

/*
 * The hint is that of the reason told last: an unknown issuer weighs more than a name, that
 * more than a date.
 */
static bool explain(
	unsigned status, const struct cert_chain *chain, const char *name, struct error *err)
{
	struct buf text = BUF_INIT;
	struct error hints = ERROR_INIT;

	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		explain_dates(chain, &text, &hints);
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		explain_name(chain->items[0], name, &text, &hints);
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		explain_issuer(chain, &text, &hints);
	explain_rest(status, &text);
	error_set(err, EX_PROTOCOL, "4.7.5", "certificate of %s %s", name, buf_str(&text));
	memcpy(err->hint, hints.hint, sizeof err->hint);
	buf_release(&text);
	return false;
}

/* With the anchors loaded so far; *status is 0 when they do. */
static bool judge(gnutls_session_t session, const char *name, unsigned *status, struct error *err)
{
	union net_address address;
	gnutls_typed_vdata_st data[] = {
		name_to_check(name, &address),
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID,
			.data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER },
	};
	int rc = gnutls_certificate_verify_peers(session, data, 2, status);

	return rc >= 0 || error_set(err, EX_PROTOCOL, "4.7.5",
				  "certificate of %s cannot be checked: %s", name,
				  gnutls_strerror(rc));
}

/*
 * Few anchors first; all of them only when those do not do, of which nothing is kept: they may
 * come from elsewhere too.
 */
static bool check_chain(gnutls_session_t session, gnutls_certificate_credentials_t credentials,
	const struct tls_params *p, const struct cert_chain *chain, struct buf *kept,
	struct error *err)
{
	unsigned status = 0;

	if (!trust_add_matching(credentials, p->trust_file, chain, kept, err) ||
		!judge(session, p->name, &status, err))
		return false;
	if (status == 0) {
		trust_keep(credentials, chain, kept);
		return true;
	}
	buf_truncate(kept, 0);
	if (!trust_add_all(credentials, p->trust_file, err) ||
		!judge(session, p->name, &status, err))
		return false;
	return status == 0 || explain(status, chain, p->name, err);
}

/*
 * By what was kept of the handshake that a resumed session comes from.  What does not hold any
 * more is judged as if it were new, which also says why it is refused.
 */
static bool is_known_server(gnutls_session_t session, gnutls_x509_crt_t cert,
	const struct tls_params *p, const struct verify_notes *notes)
{
	return gnutls_session_is_resumed(session) &&
	       trust_is_known(&notes->kept, p->trust_file, cert) &&
	       gnutls_x509_crt_get_activation_time(cert) <= clock_wall_s() &&
	       gnutls_x509_crt_check_hostname(cert, p->name);
}

bool verify_server(gnutls_session_t session, gnutls_certificate_credentials_t credentials,
	const struct tls_params *p, struct verify_notes *notes, struct error *err)
{
	struct cert_chain chain = CERT_CHAIN_INIT;
	bool ok;

	if (!p->verify)
		return true;
	ok = cert_chain_load(&chain, session, 1);
	if (ok)
		notes->ends_s = gnutls_x509_crt_get_expiration_time(chain.items[0]);
	notes->is_pinned = p->fingerprints && p->fingerprints->count;
	if (ok && notes->is_pinned)
		ok = check_pins(chain.items[0], p, err);
	else if (ok && !is_known_server(session, chain.items[0], p, notes))
		ok = cert_chain_load(&chain, session, CERT_CHAIN_MAX) &&
		     check_chain(session, credentials, p, &chain, &notes->kept, err);
	if (!ok && !chain.count)
		error_set(err, EX_PROTOCOL, "4.7.5", "%s shows no certificate, or a damaged one",
			p->name);
	cert_chain_release(&chain);
	return ok;
}
