/* SPDX-License-Identifier: ISC */
#include "net/tls_cert.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

bool cert_chain_load(struct cert_chain *chain, gnutls_session_t session, unsigned max)
{
	unsigned count = 0;
	const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &count);
	bool ok = raw && count;

	while (ok && chain->count < count && chain->count < max) {
		gnutls_x509_crt_t *cert = &chain->items[chain->count];

		ok = gnutls_x509_crt_init(cert) == 0;
		chain->count += ok;
		ok = ok && gnutls_x509_crt_import(
				   *cert, &raw[chain->count - 1], GNUTLS_X509_FMT_DER) == 0;
	}
	if (!ok)
		cert_chain_release(chain);
	return ok;
}

void cert_chain_release(struct cert_chain *chain)
{
	while (chain->count)
		gnutls_x509_crt_deinit(chain->items[--chain->count]);
}

void cert_add_dn(struct buf *b, gnutls_x509_crt_t cert, enum cert_side side)
{
	gnutls_datum_t dn = { NULL, 0 };
	int rc = side == CERT_SUBJECT ? gnutls_x509_crt_get_dn3(cert, &dn, 0)
				      : gnutls_x509_crt_get_issuer_dn3(cert, &dn, 0);

	if (rc == 0)
		buf_add(b, dn.data, dn.size);
	gnutls_free(dn.data);
}

static bool add_part(struct buf *b, gnutls_x509_crt_t cert, enum cert_side side, const char *oid)
{
	char part[256];
	size_t size = sizeof part;
	int rc = side == CERT_SUBJECT
			 ? gnutls_x509_crt_get_dn_by_oid(cert, oid, 0, 0, part, &size)
			 : gnutls_x509_crt_get_issuer_dn_by_oid(cert, oid, 0, 0, part, &size);

	if (rc == 0)
		buf_add(b, part, size);
	return rc == 0;
}

void cert_add_short_name(struct buf *b, gnutls_x509_crt_t cert, enum cert_side side)
{
	if (!add_part(b, cert, side, GNUTLS_OID_X520_COMMON_NAME) &&
		!add_part(b, cert, side, GNUTLS_OID_X520_ORGANIZATION_NAME))
		cert_add_dn(b, cert, side);
}

static bool add_name(struct buf *b, int type, const char *name, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	if (type == GNUTLS_SAN_DNSNAME) {
		buf_add(b, name, size);
		return true;
	}
	if ((size != 4 && size != 16) ||
		!inet_ntop(size == 4 ? AF_INET : AF_INET6, name, address, sizeof address))
		return false;
	buf_adds(b, address);
	return true;
}

void cert_add_names(struct buf *b, gnutls_x509_crt_t cert, const char *quote, unsigned max)
{
	enum { MOST = 1000 }; /* whatever GnuTLS says at the end of a damaged list */
	unsigned added = 0;
	int type = 0;

	for (unsigned i = 0; i < MOST && type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		char name[256];
		size_t size = sizeof name, before = b->len;
		bool ok;

		type = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &size, NULL);
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
			continue;
		if (added == max) {
			buf_adds(b, ", …");
			return;
		}
		buf_addf(b, "%s%s", added ? ", " : "", quote);
		ok = add_name(b, type, name, size);
		buf_adds(b, quote);
		added += ok;
		if (!ok)
			buf_truncate(b, before);
	}
	if (added)
		return;
	buf_adds(b, quote);
	cert_add_short_name(b, cert, CERT_SUBJECT);
	buf_adds(b, quote);
}

void cert_add_date(struct buf *b, int64_t wall_s)
{
	time_t when = (time_t)wall_s;
	struct tm utc;

	if (gmtime_r(&when, &utc))
		buf_addf(b, "%04d-%02d-%02d", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

bool cert_digest(gnutls_x509_crt_t cert, unsigned char digest[CERT_DIGEST_SIZE])
{
	size_t size = CERT_DIGEST_SIZE;

	return gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, digest, &size) == 0;
}

bool cert_key_digest(gnutls_x509_crt_t cert, unsigned char digest[CERT_DIGEST_SIZE])
{
	size_t size = CERT_DIGEST_SIZE;

	return gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, digest, &size) == 0;
}

void cert_add_fingerprint(struct buf *b, gnutls_x509_crt_t cert)
{
	unsigned char digest[CERT_DIGEST_SIZE];

	if (!cert_digest(cert, digest))
		return;
	buf_adds(b, "SHA256:");
	buf_add_hex(b, digest, sizeof digest);
}
