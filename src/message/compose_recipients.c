/* SPDX-License-Identifier: ISC */
/* Who a header says gets the message, and who wrote it. */
#include "message/address.h"
#include "message/compose.h"
#include "message/resent.h"

#include <stdlib.h>

static bool parse_field(const struct field *f, struct mailboxes *m, struct error *err)
{
	if (!mailboxes_parse(m, field_value(f), field_value_len(f), err))
		return error_context(err, "%.*s", (int)f->name_len, f->text.data);
	if (m->nulls)
		return error_set(err, EX_DATAERR, "5.1.3", "%.*s: '<>' is no recipient",
			(int)f->name_len, f->text.data);
	return true;
}

static bool add_field(const struct field *f, struct envelope *e, struct error *err)
{
	struct mailboxes m = MAILBOXES_INIT;
	bool ok = parse_field(f, &m, err);

	for (size_t i = 0; ok && i < m.count; i++) {
		char *address = mailbox_address(&m.items[i]);

		ok = envelope_add(e, address, NULL, err);
		free(address);
	}
	mailboxes_release(&m);
	return ok;
}

/* Of the fields before number end, those that are called one of three names. */
static bool add_fields(const struct header *h, size_t end, const char *const names[3],
	struct envelope *e, struct error *err)
{
	for (size_t i = 0; i < end; i++)
		for (int n = 0; n < 3; n++)
			if (field_is(&h->fields[i], names[n]) && !add_field(&h->fields[i], e, err))
				return false;
	return true;
}

bool compose_recipients(const struct header *h, struct envelope *e, struct error *err)
{
	static const char *const usual[] = { "To", "Cc", "Bcc" };
	static const char *const resent[] = { "Resent-To", "Resent-Cc", "Resent-Bcc" };
	struct envelope block = ENVELOPE_INIT;
	bool ok = add_fields(h, resent_end(h), resent, &block, err);

	for (size_t i = 0; ok && i < block.count; i++)
		ok = envelope_add(e, block.recipients[i].address, NULL, err);
	if (ok && !block.count)
		ok = add_fields(h, h->count, usual, e, err);
	envelope_release(&block);
	return ok;
}

char *compose_author(const struct header *h, struct config *c)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	struct buf author = BUF_INIT;
	size_t at = resent_author(h);
	const struct field *f = at < h->count ? &h->fields[at] : NULL;

	if (f && mailboxes_parse(&m, field_value(f), field_value_len(f), &err) && m.count)
		buf_addf(&author, "%s@%s", m.items[0].local,
			m.items[0].domain ? m.items[0].domain : config_domain(c));
	mailboxes_release(&m);
	return author.len ? buf_detach(&author) : NULL;
}
