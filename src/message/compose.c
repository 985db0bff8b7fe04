/* SPDX-License-Identifier: ISC */
#include "message/compose.h"

#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "message/address.h"
#include "message/date.h"
#include "message/idna.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { RECEIVED_MAX = 100 };

static const char *const removed[] = { "Bcc", "Resent-Bcc", "Return-Path", "Content-Length" };

/* Bare names in them are completed; From and Resent-From by compose_for_account. */
static const char *const completed[] = { "Sender", "Reply-To", "To", "Cc", "Resent-Sender",
	"Resent-Reply-To", "Resent-To", "Resent-Cc" };

enum repeat { JOIN, KEEP_FIRST, KEEP_LAST };

/* Fields that RFC 5322 section 3.6 allows once. */
static const struct {
	const char *name;
	enum repeat repeat;
} once[] = {
	{ "From", KEEP_LAST },
	{ "To", JOIN },
	{ "Cc", JOIN },
	{ "Reply-To", JOIN },
	{ "Subject", KEEP_FIRST },
	{ "Date", KEEP_FIRST },
	{ "Sender", KEEP_FIRST },
	{ "Message-ID", KEEP_FIRST },
	{ "In-Reply-To", KEEP_FIRST },
	{ "References", KEEP_FIRST },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void complete_field(struct field *f, const char *domain)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error err = ERROR_INIT;
	struct buf value = BUF_INIT;
	const char *old = field_value(f);
	size_t at = 0;

	if (mailboxes_parse(&m, old, field_value_len(f), &err))
		for (size_t i = 0; i < m.count; i++) {
			if (m.items[i].domain)
				continue;
			buf_add(&value, old + at, m.items[i].end - at);
			buf_addf(&value, "@%s", domain);
			at = m.items[i].end;
		}
	if (at) {
		buf_add(&value, old + at, field_value_len(f) - at);
		buf_truncate(&f->text, f->value);
		buf_add(&f->text, value.data, value.len);
	}
	buf_release(&value);
	mailboxes_release(&m);
}

void compose_complete_fields(struct header *h, const char *name, const char *domain)
{
	for (size_t i = header_find(h, name, 0); i < h->count; i = header_find(h, name, i + 1))
		complete_field(&h->fields[i], domain);
}

/* A value without blanks around it, and without the comma that a list may end in. */
static void add_member(struct buf *list, const struct field *f)
{
	const char *value = field_value(f);
	size_t len = field_value_len(f);

	while (len && strchr(" \t\n", *value)) {
		value++;
		len--;
	}
	while (len && strchr(" \t\n,", value[len - 1]))
		len--;
	if (list->len && len)
		buf_adds(list, ",\n ");
	buf_add(list, value, len);
}

/* Is there nothing but blanks, and the commas of empty members? */
static bool holds_nobody(const struct field *f)
{
	return strspn(field_value(f), " \t\n,") == field_value_len(f);
}

/* Makes of all that are not empty one, where the first of them stands. */
static void join(struct header *h, const char *name)
{
	struct buf list = BUF_INIT;
	size_t first = h->count;
	unsigned members = 0;

	for (size_t i = header_find(h, name, 0); i < h->count; i = header_find(h, name, i + 1)) {
		if (holds_nobody(&h->fields[i]))
			continue;
		if (members++ == 0)
			first = i;
		add_member(&list, &h->fields[i]);
	}
	if (members > 1)
		field_set_value(&h->fields[first], list.data, list.len);
	header_keep(h, name, first);
	buf_release(&list);
}

static void keep_last(struct header *h, const char *name)
{
	size_t last = h->count;

	for (size_t i = header_find(h, name, 0); i < h->count; i = header_find(h, name, i + 1))
		last = i;
	header_keep(h, name, last);
}

static void make_single(struct header *h)
{
	static const char *const said[] = {
		[JOIN] = "joined, empty ones left out",
		[KEEP_FIRST] = "the first kept",
		[KEEP_LAST] = "the last kept",
	};

	for (size_t i = 0; i < COUNT(once); i++) {
		size_t before = h->count;

		if (once[i].repeat == JOIN)
			join(h, once[i].name);
		else if (once[i].repeat == KEEP_LAST)
			keep_last(h, once[i].name);
		else
			header_keep(h, once[i].name, header_find(h, once[i].name, 0));
		if (h->count < before)
			log_line(LOG_INFO, "%s fields: %zu too many, %s", once[i].name,
				before - h->count, said[once[i].repeat]);
	}
}

static void add_date(struct header *h)
{
	struct buf date = BUF_INIT;

	if (!header_has(h, "Date")) {
		date_add(&date, clock_wall_s());
		header_add(h, "Date", date.data);
	}
	buf_release(&date);
}

/* Adds the sender's domain, ours where it has none, in ASCII. */
static void add_right_side(struct buf *id, const char *sender, struct config *c)
{
	const char *domain = address_domain(sender);
	char *ascii = domain ? idna_to_ascii(domain) : NULL;

	if (!ascii)
		ascii = idna_to_ascii(config_domain(c));
	buf_adds(id, ascii ? ascii : "localhost");
	free(ascii);
}

/* Time, process and chance: unique among all processes of all hosts that share a domain. */
static void add_message_id(struct header *h, const char *sender, struct config *c)
{
	struct buf id = BUF_INIT;

	if (header_has(h, "Message-ID"))
		return;
	buf_addf(&id, "<%" PRIx64 ".%lx.%016" PRIx64 "@", (uint64_t)clock_wall_s(),
		(unsigned long)getpid(), chance_bits());
	add_right_side(&id, sender, c);
	buf_addc(&id, '>');
	header_add(h, "Message-ID", id.data);
	buf_release(&id);
}

void compose_message(struct message *m, const char *sender, const struct compose_params *p)
{
	struct header *h = &m->header;

	for (size_t i = 0; i < COUNT(removed); i++)
		header_keep(h, removed[i], h->count);
	for (size_t i = 0; i < COUNT(completed); i++)
		compose_complete_fields(h, completed[i], config_domain(p->config));
	make_single(h);
	add_date(h);
	add_message_id(h, sender, p->config);
}

bool compose_check_loop(const struct header *h, struct error *err)
{
	unsigned received = 0;

	for (size_t i = 0; i < h->count; i++)
		received += field_is(&h->fields[i], "Received");
	if (received > RECEIVED_MAX)
		return error_set(
			err, EX_DATAERR, "5.4.6", "a mail loop: %u Received fields", received);
	return true;
}
