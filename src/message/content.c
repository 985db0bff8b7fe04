/* SPDX-License-Identifier: ISC */
#include "message/content.h"

#include "base/ascii.h"
#include "message/address.h"
#include "message/convert.h"
#include "message/render.h"

static bool envelope_needs_utf8(const struct envelope *e)
{
	if (e->sender && address_needs_utf8(e->sender))
		return true;
	for (size_t i = 0; i < e->count; i++)
		if (address_needs_utf8(e->recipients[i].address))
			return true;
	return false;
}

bool content_render(struct content *c, const struct message *m, const struct header *header,
	const struct envelope *e, unsigned offers, struct error *err)
{
	const struct header *h = header ? header : &m->header;
	struct conversion v = CONVERSION_INIT;

	c->recoded.directories = m->body.directories;
	if (!body_convert(&v, m, h, offers & OFFER_8BITMIME, &c->recoded, err))
		return false;
	c->needs_utf8 =
		(offers & OFFER_SMTPUTF8) && (envelope_needs_utf8(e) || header_needs_utf8(h));
	if (!header_render(h, &v.header, c->needs_utf8, &c->header, err))
		return false;
	buf_adds(&c->header, "\r\n");
	c->body = v.is_recoded ? &c->recoded : &m->body;
	if (ascii_has_8bit(c->header.data, c->header.len))
		v.is_8bit = true;
	c->is_8bit = v.is_8bit && (offers & OFFER_8BITMIME);
	c->size = c->header.len + c->body->size;
	return true;
}

void content_release(struct content *c)
{
	buf_release(&c->header);
	spool_release(&c->recoded);
	*c = (struct content)CONTENT_INIT;
}
