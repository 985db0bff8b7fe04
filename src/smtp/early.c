/* SPDX-License-Identifier: ISC */
#include "smtp/early.h"

#include "base/clock.h"
#include "net/ticket.h"

static bool is_wanted(const struct session *s)
{
	return s->params->account->pipeconnect == PIPECONNECT_AUTO &&
	       s->params->config->state_dir && !s->params->account->socket;
}

/* A server may say something else in clear than under TLS, and to a client with a certificate. */
static void make_key(const struct session *s, char key[TICKET_KEY_SIZE])
{
	const struct tls_params p = {
		.name = s->host,
		.port = s->port,
		.certificate = s->params->account->tls_cert,
		.priority = s->stream.tls ? "EHLO under TLS" : "EHLO in clear",
	};

	ticket_key(&p, key);
}

bool early_recall(struct session *s)
{
	char key[TICKET_KEY_SIZE];
	struct ticket_claim claim;
	struct buf text = BUF_INIT;
	bool found;

	if (!is_wanted(s))
		return false;
	make_key(s, key);
	found = ticket_take(s->params->config->state_dir, key, &claim, &text);
	if (found)
		capabilities_parse(&s->capabilities, buf_str(&text));
	ticket_release(s->params->config->state_dir, key, &claim, false);
	buf_release(&text);
	return found;
}

void early_remember(const struct session *s)
{
	char key[TICKET_KEY_SIZE];

	if (!is_wanted(s) || !(s->capabilities.offers & OFFER_PIPECONNECT))
		return;
	make_key(s, key);
	ticket_put(s->params->config->state_dir, key, s->reply.text.data, s->reply.text.len,
		clock_wall_s() + EARLY_AGE_MAX_S);
}
