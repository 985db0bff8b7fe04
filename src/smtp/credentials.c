/* SPDX-License-Identifier: ISC */
#include "smtp/credentials.h"

#include "base/base64.h"
#include "net/tls.h"

#include <stdint.h>
#include <string.h>

/*
 * Channel bindings go to -PLUS only: with any other mechanism libgsasl 2.2 fails when it is given
 * one.
 */
static int give_binding(const struct credentials *c, Gsasl_session *sasl, Gsasl_property property)
{
	const char *wanted = property == GSASL_CB_TLS_EXPORTER ? "tls-exporter" : "tls-unique",
		   *type;
	struct buf binding = BUF_INIT, text = BUF_INIT;
	int rc = GSASL_NO_CALLBACK;

	if (c->mechanism->binds_channel &&
		tls_channel_binding(c->session->stream.tls, &type, &binding) &&
		strcmp(type, wanted) == 0) {
		base64_encode(&text, binding.data, binding.len);
		rc = gsasl_property_set(sasl, property, buf_str(&text));
	}
	buf_release(&binding);
	buf_release(&text);
	return rc;
}

static int give(Gsasl_session *sasl, Gsasl_property property, const char *value)
{
	return value ? gsasl_property_set(sasl, property, value) : GSASL_NO_CALLBACK;
}

int credentials_give(Gsasl *library, Gsasl_session *sasl, Gsasl_property property)
{
	const struct credentials *c = gsasl_callback_hook_get(library);
	const struct account *a = c->session->params->account;

	switch (property) {
	case GSASL_AUTHID:
		return give(sasl, property, a->user);
	case GSASL_AUTHZID: /* EXTERNAL names nobody else; the server knows the certificate */
		return give(sasl, property,
			strcmp(c->mechanism->name, "EXTERNAL") == 0 ? a->user : NULL);
	case GSASL_PASSWORD:
		return c->has_secret ? gsasl_property_set_raw(sasl, property,
					       buf_str(&c->secret.bytes), c->secret.bytes.len)
				     : GSASL_NO_CALLBACK;
	case GSASL_SERVICE:
		return give(sasl, property, "smtp");
	case GSASL_HOSTNAME:
		return give(sasl, property, c->session->host);
	case GSASL_ANONYMOUS_TOKEN:
		return give(sasl, property, a->user ? a->user : "anonymous");
	case GSASL_CB_TLS_EXPORTER:
	case GSASL_CB_TLS_UNIQUE:
		return give_binding(c, sasl, property);
	default:
		return GSASL_NO_CALLBACK;
	}
}

void credentials_wipe(Gsasl_session *sasl)
{
	static const Gsasl_property secrets[] = { GSASL_PASSWORD, GSASL_SCRAM_SALTED_PASSWORD };

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		const char *copy = gsasl_property_fast(sasl, secrets[i]);

		if (copy)
			explicit_bzero((void *)(uintptr_t)copy, strlen(copy));
	}
	gsasl_finish(sasl);
}
