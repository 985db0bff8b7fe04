/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include "base/ascii.h"
#include "net/tls_cert.h"
#include "net/tls_session.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

static void copy_line(char *field, size_t size, const struct buf *raw)
{
	struct buf line = BUF_INIT;

	buf_add_printable(&line, buf_str(raw), raw->len);
	snprintf(field, size, "%s", buf_str(&line));
	buf_release(&line);
}

static void describe_trust(
	const struct tls *t, const struct cert_chain *chain, struct tls_info *info)
{
	struct buf name = BUF_INIT;
	gnutls_x509_crt_t anchor;
	unsigned i = chain->count;

	if (!t->is_verified)
		buf_adds(&name, "not checked");
	else if (t->notes.is_pinned)
		buf_adds(&name, "pinned");
	else if (t->notes.kept.len)
		buf_adds(&name, strrchr(t->notes.kept.data, '\n') + 1);
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

void tls_summarize(const struct tls *t, struct tls_info *info)
{
	const char *version = gnutls_protocol_get_name(gnutls_protocol_get_version(t->session));
	const char *cipher = gnutls_cipher_get_name(gnutls_cipher_get(t->session));

	*info = (struct tls_info){ .verified = t->is_verified };
	snprintf(info->version, sizeof info->version, "%s", version ? version : "");
	snprintf(info->cipher, sizeof info->cipher, "%s", cipher ? cipher : "");
	info->resumed = gnutls_session_is_resumed(t->session);
}

void tls_describe(const struct tls *t, struct tls_info *info)
{
	struct cert_chain chain = CERT_CHAIN_INIT;

	tls_summarize(t, info);
	if (cert_chain_load(&chain, t->session, CERT_CHAIN_MAX))
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
	if (gnutls_session_channel_binding(
		    t->session, is_13 ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE, &data))
		return false;
	*type = is_13 ? "tls-exporter" : "tls-unique";
	buf_add(binding, data.data, data.size);
	gnutls_free(data.data);
	return true;
}
