/* SPDX-License-Identifier: ISC */
#include "message/address.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "message/idna.h"

#include <stdlib.h>
#include <string.h>

void mailboxes_truncate(struct mailboxes *m, size_t count)
{
	while (m->count > count) {
		struct mailbox *last = &m->items[--m->count];

		free(last->local);
		free(last->domain);
		free(last->name);
	}
}

void mailboxes_release(struct mailboxes *m)
{
	mailboxes_truncate(m, 0);
	free(m->items);
	*m = (struct mailboxes)MAILBOXES_INIT;
}

char *mailbox_address(const struct mailbox *m)
{
	struct buf address = BUF_INIT;

	buf_adds(&address, m->local);
	if (m->domain)
		buf_addf(&address, "@%s", m->domain);
	return buf_detach(&address);
}

/* Is the text, blanks around it aside, this mailbox and nothing else? */
static bool is_whole(const struct mailbox *m, const char *text)
{
	const char *behind = text + m->item_end;

	return m->item_start == strspn(text, " \t") && behind[strspn(behind, " \t")] == '\0';
}

static char *parse_one(const char *text, struct error *err)
{
	struct mailboxes m = MAILBOXES_INIT;
	char *address = NULL;
	bool ok = mailboxes_parse(&m, text, strlen(text), err);

	if (ok && m.count == 1 && !m.nulls && is_whole(&m.items[0], text))
		address = mailbox_address(&m.items[0]);
	else if (ok)
		error_set(err, EX_DATAERR, "5.1.7", "malformed address '%.200s': not one address",
			text);
	mailboxes_release(&m);
	return address;
}

char *address_parse_sender(const char *text, struct error *err)
{
	if (!*text || strcmp(text, "<>") == 0)
		return alloc_string("");
	if (!ascii_has_line_break(text, strlen(text)))
		return parse_one(text, err);
	error_set(err, EX_DATAERR, "5.1.7", "malformed address '%.200s': a line break in it", text);
	return NULL;
}

const char *address_domain(const char *address)
{
	const char *p = address;

	if (*p == '"')
		for (p++; *p && *p != '"'; p++)
			if (*p == '\\' && p[1])
				p++;
	p = strrchr(p, '@');
	return p ? p + 1 : NULL;
}

char *address_local_name(const char *address)
{
	const char *domain = address_domain(address);
	size_t len = domain ? (size_t)(domain - address) - 1 : strlen(address);
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		if (*address == '"' && address[i] == '"')
			continue;
		if (*address == '"' && address[i] == '\\' && i + 1 < len)
			i++;
		buf_addc(&name, address[i]);
	}
	return buf_detach(&name);
}

/* Without case; beyond ASCII, A-labels and what they stand for are the same too. */
static bool is_same_domain(const char *a, const char *b)
{
	char *ascii_a, *ascii_b;
	bool same;

	if (ascii_equal(a, b) || (address_is_ascii(a) && address_is_ascii(b)))
		return ascii_equal(a, b);
	ascii_a = idna_to_ascii(a);
	ascii_b = idna_to_ascii(b);
	same = ascii_a && ascii_b && ascii_equal(ascii_a, ascii_b);
	free(ascii_a);
	free(ascii_b);
	return same;
}

bool address_equal(const char *a, const char *b)
{
	const char *domain_a = address_domain(a);
	const char *domain_b = address_domain(b);

	if (!domain_a || !domain_b)
		return domain_a == domain_b && strcmp(a, b) == 0;
	return domain_a - a == domain_b - b && memcmp(a, b, (size_t)(domain_a - a)) == 0 &&
	       is_same_domain(domain_a, domain_b);
}

bool address_needs_utf8(const char *address)
{
	const char *domain = address_domain(address);

	return ascii_has_8bit(address, domain ? (size_t)(domain - address) : strlen(address));
}

bool address_is_ascii(const char *address)
{
	return !ascii_has_8bit(address, strlen(address));
}

char *address_to_ascii_domain(const char *address)
{
	const char *domain = address_domain(address);
	struct buf b = BUF_INIT;
	char *ascii;

	if (!domain)
		return alloc_string(address);
	ascii = idna_to_ascii(domain);
	if (!ascii)
		return NULL;
	buf_add(&b, address, (size_t)(domain - address));
	buf_adds(&b, ascii);
	free(ascii);
	return buf_detach(&b);
}
