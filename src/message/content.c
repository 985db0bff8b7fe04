/* SPDX-License-Identifier: ISC */
#include "message/content.h"

#include "message/address.h"

static bool envelope_needs_utf8(const struct envelope *e)
{
	if (e->sender && address_needs_utf8(e->sender))
		return true;
	for (size_t i = 0; i < e->count; i++)
		if (address_needs_utf8(e->recipients[i].address))
			return true;
	return false;
}

bool content_render(struct content *c, const struct message *m, const struct header *header, const struct envelope *e,
	unsigned offers, struct error *err)
{
	c->needs_utf8 = (offers & OFFER_SMTPUTF8) && envelope_needs_utf8(e);
	header_write(header ? header : &m->header, &c->header);
	buf_adds(&c->header, "\r\n");
	c->body = &m->body;
	c->is_8bit = (offers & OFFER_8BITMIME) && m->facts.has_8bit;
	c->size = c->header.len + c->body->size;
	return true;
}

void content_release(struct content *c)
{
	buf_release(&c->header);
	spool_release(&c->recoded);
	*c = (struct content)CONTENT_INIT;
}
