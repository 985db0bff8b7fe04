/* SPDX-License-Identifier: ISC */
#include "net/tls_check.h"

#include "base/alloc.h"
#include "net/tls_session.h"
#include "net/tls_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool tls_check_priority(const char *priority, struct error *err)
{
	gnutls_priority_t parsed;
	const char *at = NULL;

	if (!priority)
		return true;
	if (gnutls_global_init() == 0 && gnutls_priority_init(&parsed, priority, &at) == 0) {
		gnutls_priority_deinit(parsed);
		return true;
	}
	error_set(err, EX_CONFIG, NULL,
		"tls_priority is no GnuTLS priority string from character %zu on",
		at ? (size_t)(at - priority) + 1 : 1);
	return error_hint(err, "leave 'tls_priority' out for the system's policy");
}

/* False with errno for a file that cannot be read; URLs are left to PKCS #11. */
static bool can_read(const char *file)
{
	return token_is_url(file) || faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) == 0;
}

static bool load(gnutls_certificate_credentials_t credentials, struct token *t,
	const char *certificate, const char *key)
{
	int rc;

	if (token_is_url(certificate) || token_is_url(key))
		gnutls_certificate_set_pin_function(credentials, token_pin, t);
	rc = gnutls_certificate_set_x509_key_file2(
		credentials, certificate, key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (rc >= 0 || t->has_failed)
		return rc >= 0;
	error_set(t->err, EX_PROTOCOL, "4.7.5", "tls_cert '%s' and tls_key '%s' cannot be used: %s",
		certificate, key, gnutls_strerror(rc));
	if (rc == GNUTLS_E_DECRYPTION_FAILED)
		error_hint(t->err, "a key's file may have no passphrase; its mode protects it");
	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
		rc == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE)
		error_hint(t->err, "p11tool --list-tokens shows the tokens, --login --list-all "
				   "what is on them");
	return false;
}

bool tls_add_certificate(gnutls_certificate_credentials_t credentials, struct token *t)
{
	const char *names[] = { t->certificate, t->key ? t->key : t->certificate };
	char *bare[2];
	bool ok;

	if (!t->certificate)
		return true;
	if (!can_read(names[0]))
		return error_set_errno(
			t->err, EX_PROTOCOL, errno, "cannot read tls_cert '%s'", names[0]);
	if (!can_read(names[1]))
		return error_set_errno(
			t->err, EX_PROTOCOL, errno, "cannot read tls_key '%s'", names[1]);
	for (size_t i = 0; i < 2; i++)
		bare[i] = alloc_bytes(names[i], token_length(names[i]));
	ok = load(credentials, t, bare[0], bare[1]);
	free(bare[0]);
	free(bare[1]);
	return ok;
}

static bool make_credentials(gnutls_certificate_credentials_t *credentials, struct error *err)
{
	if (gnutls_global_init() == 0 && gnutls_certificate_allocate_credentials(credentials) == 0)
		return true;
	return error_set(err, EX_SOFTWARE, NULL, "TLS cannot be started");
}

bool tls_check_certificate(const char *certificate, const char *key, struct error *err)
{
	struct token token = { certificate, key, err, false };
	gnutls_certificate_credentials_t credentials;
	bool ok;

	if (!make_credentials(&credentials, err))
		return false;
	ok = tls_add_certificate(credentials, &token);
	gnutls_certificate_free_credentials(credentials);
	return ok;
}

bool tls_check_trust(const char *file, struct error *err)
{
	gnutls_certificate_credentials_t credentials;
	bool ok;

	if (!file)
		return true;
	if (!can_read(file))
		return error_set_errno(
			err, EX_PROTOCOL, errno, "cannot read tls_trust file '%s'", file);
	if (!make_credentials(&credentials, err))
		return false;
	ok = trust_add_all(credentials, file, err);
	gnutls_certificate_free_credentials(credentials);
	return ok;
}
