/* SPDX-License-Identifier: ISC */
#include "message/address_field.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "message/address.h"
#include "message/encoded_text.h"
#include "message/encoded_word.h"

#include <string.h>

struct list {
	struct buf *out;
	const char *value;
	bool utf8;
	bool in_group;
	bool has_nulls; /* "<>" stands between members */
};

static bool can_stay(const struct list *l, size_t start, size_t end)
{
	const char *s = l->value + start;

	return !ascii_has_8bit(s, end - start) || (l->utf8 && utf8_is_valid(s, end - start));
}

/* An encoded word needs a blank between it and a sign (RFC 2047 section 5, rule 3). */
static void part_from_sign(struct buf *out)
{
	if (out->len >= 2 && memcmp(out->data + out->len - 2, "?=", 2) == 0)
		buf_addc(out, ' ');
}

static void add_text(struct list *l, size_t start, size_t end, enum text_form form)
{
	if (can_stay(l, start, end))
		buf_add(l->out, l->value + start, end - start);
	else
		encoded_text_add(l->out, l->value + start, end - start, form, l->utf8);
}

/* Before an address: a display name, and from its '<' on a route; or nothing but comments. */
static void add_before(struct list *l, const struct mailbox *m)
{
	add_text(l, m->item_start, m->name_end, TEXT_NAME);
	if (l->value[m->name_end] == '<')
		part_from_sign(l->out);
	add_text(l, m->name_end, m->start, TEXT_SIGNS);
}

/*
 * Between members a colon begins a group and a semicolon ends it; where nothing but a fold parts
 * them a comma is put in.
 */
static void add_between(struct list *l, size_t start, size_t end, bool is_inside)
{
	bool is_parted = !is_inside;

	for (size_t i = start; i < end; i++) {
		is_parted = is_parted || strchr(",:;", l->value[i]);
		if (l->value[i] == ':' || l->value[i] == ';')
			l->in_group = l->value[i] == ':';
	}
	buf_adds(l->out, is_parted ? "" : ",");
	add_text(l, start, end, l->has_nulls ? TEXT_SIGNS : TEXT_GROUPS);
}

/* The whole member in words: as an empty group's name, in a group as a comment. */
static void add_downgraded(struct list *l, const struct mailbox *m, const char *address)
{
	struct buf text = BUF_INIT;

	if (m->name && *m->name)
		buf_addf(&text, "%s <%s>", m->name, address);
	else
		buf_adds(&text, address);
	if (l->in_group)
		buf_addc(l->out, '(');
	encoded_words_add(l->out, text.data, text.len);
	buf_adds(l->out, l->in_group ? ")" : " :;");
	buf_release(&text);
}

static void add_member(struct list *l, const struct mailbox *m)
{
	char *address = mailbox_address(m), *ascii = NULL;

	if (!can_stay(l, m->start, m->end) && !address_needs_utf8(address))
		ascii = address_to_ascii_domain(address);
	if (ascii || can_stay(l, m->start, m->end)) {
		add_before(l, m);
		if (ascii)
			buf_adds(l->out, ascii);
		else
			buf_add(l->out, l->value + m->start, m->end - m->start);
		add_text(l, m->end, m->item_end, TEXT_SIGNS);
	} else {
		add_downgraded(l, m, address);
	}
	alloc_free(&address);
	alloc_free(&ascii);
}

bool address_field_add(struct buf *out, const char *value, size_t len, bool utf8)
{
	struct list l = { .out = out, .value = value, .utf8 = utf8 };
	struct mailboxes m = MAILBOXES_INIT;
	struct error ignored = ERROR_INIT;
	size_t done = 0;
	bool ok = mailboxes_parse(&m, value, len, &ignored);

	l.has_nulls = m.nulls > 0;
	for (size_t i = 0; ok && i < m.count; i++) {
		add_between(&l, done, m.items[i].item_start, i > 0);
		add_member(&l, &m.items[i]);
		done = m.items[i].item_end;
	}
	if (ok)
		add_between(&l, done, len, false);
	mailboxes_release(&m);
	return ok;
}

bool address_field_needs_utf8(const char *value, size_t len)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error ignored = ERROR_INIT;
	bool needs = false;

	if (mailboxes_parse(&m, value, len, &ignored))
		for (size_t i = 0; i < m.count && !needs; i++) {
			const char *local = m.items[i].local;

			needs = ascii_has_8bit(local, strlen(local)) &&
				utf8_is_valid(local, strlen(local));
		}
	mailboxes_release(&m);
	return needs;
}
