/* SPDX-License-Identifier: ISC */
#include "smtp/oauth.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/*
 * The client speaks once.  A refused token is told as a challenge, which is answered by an empty
 * message (XOAUTH2) or a single ^A (RFC 7628 section 3.2.3) before the server says no.
 */
struct exchange {
	int messages; /* sent so far */
};

static int start(Gsasl_session *session, void **exchange)
{
	*exchange = alloc_zero(1, sizeof(struct exchange));
	return GSASL_OK;
}

static void finish(Gsasl_session *session, void *exchange)
{
	free(exchange);
}

/* RFC 6750 section 2.1: b64token. */
static bool is_token(const char *token)
{
	size_t len = 0;

	while (ascii_is_alnum(token[len]) || (token[len] && strchr("-._~+/", token[len])))
		len++;
	return len > 0 && token[len + strspn(token + len, "=")] == '\0';
}

/* Neither may hold what separates the parts of the message. */
static int credentials(Gsasl_session *session, const char **user, const char **token)
{
	*user = gsasl_property_get(session, GSASL_AUTHID);
	*token = gsasl_property_get(session, GSASL_PASSWORD);
	if (!*user || strchr(*user, '\1'))
		return GSASL_NO_AUTHID;
	if (!*token || !is_token(*token))
		return GSASL_NO_PASSWORD;
	return GSASL_OK;
}

/* The names in the GS2 header (RFC 5801 section 4). */
static void add_saslname(struct buf *b, const char *name)
{
	for (; *name; name++) {
		if (*name == ',' || *name == '=')
			buf_adds(b, *name == ',' ? "=2C" : "=3D");
		else
			buf_addc(b, *name);
	}
}

static void give(struct buf *message, char **output, size_t *output_len)
{
	*output_len = message->len;
	*output = buf_detach(message);
}

static int first(Gsasl_session *session, bool is_bearer, char **output, size_t *output_len)
{
	const char *user, *token;
	struct buf message = BUF_INIT;
	int rc = credentials(session, &user, &token);

	if (rc != GSASL_OK)
		return rc;
	/* Room for all of it, so that nothing is left behind by growing. */
	buf_reserve(&message, 3 * strlen(user) + strlen(token) + 64);
	buf_adds(&message, is_bearer ? "n,a=" : "user=");
	if (is_bearer)
		add_saslname(&message, user);
	else
		buf_adds(&message, user);
	buf_addf(&message, "%s\1auth=Bearer %s\1\1", is_bearer ? "," : "", token);
	give(&message, output, output_len);
	return GSASL_OK;
}

static int step(Gsasl_session *session, struct exchange *e, bool is_bearer, char **output,
	size_t *output_len)
{
	struct buf message = BUF_INIT;

	*output = NULL;
	*output_len = 0;
	switch (e->messages++) {
	case 0:
		return first(session, is_bearer, output, output_len);
	case 1:
		buf_adds(&message, is_bearer ? "\1" : "");
		give(&message, output, output_len);
		return GSASL_OK;
	default:
		return GSASL_MECHANISM_CALLED_TOO_MANY_TIMES;
	}
}

static int bearer_step(Gsasl_session *session, void *exchange, const char *input, size_t input_len,
	char **output, size_t *output_len)
{
	return step(session, exchange, true, output, output_len);
}

static int xoauth2_step(Gsasl_session *session, void *exchange, const char *input, size_t input_len,
	char **output, size_t *output_len)
{
	return step(session, exchange, false, output, output_len);
}

bool oauth_register(Gsasl *library)
{
	static const Gsasl_mechanism bearer = { .name = "OAUTHBEARER",
		.client = { .start = start, .step = bearer_step, .finish = finish } };
	static const Gsasl_mechanism xoauth2 = { .name = "XOAUTH2",
		.client = { .start = start, .step = xoauth2_step, .finish = finish } };

	return gsasl_register(library, &bearer) == GSASL_OK &&
	       gsasl_register(library, &xoauth2) == GSASL_OK;
}
