/* SPDX-License-Identifier: ISC */
#include "net/tls_trust.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BUNDLE_MAX = 16 * 1024 * 1024 };

static const char begin_mark[] = "-----BEGIN CERTIFICATE-----";
static const char end_mark[] = "-----END CERTIFICATE-----";

/*
 * Where distributions keep the store that their GnuTLS uses as one file: Debian, Fedora, SUSE,
 * Alpine.
 */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static bool read_file(const char *file, struct buf *pem)
{
	struct stat st;
	int fd = file_open_regular(AT_FDCWD, file, O_RDONLY, &st);
	bool ok;
	int reason;

	if (fd < 0)
		return false;
	if (st.st_size > 0 && st.st_size <= BUNDLE_MAX)
		buf_reserve(pem, (size_t)st.st_size + 16384);
	ok = file_read_all(fd, pem, BUNDLE_MAX);
	reason = errno;
	close(fd);
	errno = reason;
	return ok;
}

static void read_system_bundle(struct buf *pem)
{
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
		if (read_file(bundles[i], pem))
			return;
		buf_truncate(pem, 0);
	}
}

/*
 * The next certificate at *at, as DER; false: there is none.  One that is no base64 comes out
 * empty.
 */
static bool next_certificate(const char **at, struct buf *text, struct buf *der)
{
	const char *line = strstr(*at, begin_mark);
	const char *end = line ? strstr(line, end_mark) : NULL;

	if (!end)
		return false;
	buf_truncate(text, 0);
	buf_truncate(der, 0);
	for (line += sizeof begin_mark - 1; line < end; line += strspn(line, " \t\r\n")) {
		size_t len = strcspn(line, " \t\r\n-");

		buf_add(text, line, len);
		line += len;
	}
	base64_decode(der, buf_str(text), text->len);
	*at = end + sizeof end_mark - 1;
	return true;
}

static bool names_an_issuer(const struct buf *der, const gnutls_datum_t *issuers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (issuers[i].size &&
			memmem(buf_str(der), der->len, issuers[i].data, issuers[i].size))
			return true;
	return false;
}

static void add_anchor(gnutls_certificate_credentials_t credentials, const struct buf *der)
{
	gnutls_datum_t raw = { (unsigned char *)der->data, (unsigned)der->len };
	gnutls_x509_crt_t cert;

	if (gnutls_x509_crt_init(&cert) < 0)
		return;
	if (gnutls_x509_crt_import(cert, &raw, GNUTLS_X509_FMT_DER) == 0)
		gnutls_certificate_set_x509_trust(credentials, &cert, 1);
	gnutls_x509_crt_deinit(cert);
}

static void add_issuers(gnutls_certificate_credentials_t credentials, const char *pem,
	const struct cert_chain *chain)
{
	gnutls_datum_t issuers[CERT_CHAIN_MAX] = { { NULL, 0 } };
	struct buf text = BUF_INIT, der = BUF_INIT;

	for (unsigned i = 0; i < chain->count; i++)
		gnutls_x509_crt_get_raw_issuer_dn(chain->items[i], &issuers[i]);
	while (next_certificate(&pem, &text, &der))
		if (names_an_issuer(&der, issuers, chain->count))
			add_anchor(credentials, &der);
	for (unsigned i = 0; i < chain->count; i++)
		gnutls_free(issuers[i].data);
	buf_release(&text);
	buf_release(&der);
}

bool trust_add_matching(gnutls_certificate_credentials_t credentials, const char *file,
	const struct cert_chain *chain, struct error *err)
{
	struct buf pem = BUF_INIT;
	bool ok = true;

	if (!file)
		read_system_bundle(&pem);
	else if (!read_file(file, &pem))
		ok = error_set_errno(
			err, EX_PROTOCOL, errno, "cannot read tls_trust file '%s'", file);
	if (ok)
		add_issuers(credentials, buf_str(&pem), chain);
	buf_release(&pem);
	return ok;
}

bool trust_add_all(
	gnutls_certificate_credentials_t credentials, const char *file, struct error *err)
{
	int count = file ? gnutls_certificate_set_x509_trust_file(
				   credentials, file, GNUTLS_X509_FMT_PEM)
			 : gnutls_certificate_set_x509_system_trust(credentials);

	if (count > 0)
		return true;
	if (file)
		return error_set(err, EX_PROTOCOL, "4.7.5",
			"tls_trust file '%s' holds no certificate", file);
	error_set(err, EX_PROTOCOL, "4.7.5", "this system has no store of trusted certificates");
	return error_hint(
		err, "install the package ca-certificates, or set tls_trust = /path/ca.pem");
}
