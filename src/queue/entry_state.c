/* SPDX-License-Identifier: ISC */
/*
 * ID.state, in lines of queue/record.h:
 *
 *	sendoff-state 1
 *	attempts N
 *	next SECONDS
 *	flags HELD DELAY-REPORTED NULL-REFUSED PARTIAL
 *	recipients N, then N of
 *	recipient FATE
 *	end CRC		CRC-32 of all before this line
 *
 * Before a recipient whose last error is another one than that of the recipient before stands
 *
 *	error CODE SCOPE REPLY STATUS TEXT HINT		or	no-error
 */
#include "queue/entry.h"

#include "base/alloc.h"
#include "base/crc32.h"
#include "queue/record.h"

#include <stdlib.h>

static void add_recipients(const struct entry *e, struct buf *out)
{
	const struct error *last = NULL;

	record_add_number(out, "recipients", e->envelope.count);
	for (size_t i = 0; i < e->envelope.count; i++) {
		const struct entry_recipient *r = &e->recipients[i];

		if (r->error != last && r->error)
			record_add_error(out, r->error);
		else if (r->error != last)
			buf_adds(out, "no-error\n");
		last = r->error;
		record_add_number(out, "recipient", r->fate);
	}
}

void entry_write_state(const struct entry *e, struct buf *out)
{
	size_t start = out->len;

	record_add_number(out, "sendoff-state", 1);
	record_add_number(out, "attempts", e->attempts);
	record_add_number(out, "next", (uint64_t)e->next_try_s);
	record_begin(out, "flags");
	record_number(out, e->is_held);
	record_number(out, e->was_delay_reported);
	record_number(out, e->was_null_refused);
	record_number(out, e->is_partial);
	record_end(out);
	add_recipients(e, out);
	record_add_number(out, "end", crc32_add(0, out->data + start, out->len - start));
}

static bool read_flags(struct entry *e, struct record *r)
{
	bool *flags[] = { &e->is_held, &e->was_delay_reported, &e->was_null_refused,
		&e->is_partial };
	size_t count = sizeof flags / sizeof *flags;

	return record_next(r, "flags", count) && record_to_flags(r, 0, flags, count);
}

static const struct error *keep_error(struct entry *e, const struct error *err)
{
	const struct error *last = e->error_count ? e->errors[e->error_count - 1] : NULL;
	struct error *copy;

	if (last && (last == err || error_is_same(last, err)))
		return last;
	e->errors = alloc_more(e->errors, e->error_count, &e->error_alloc, sizeof *e->errors);
	copy = alloc_zero(1, sizeof *copy);
	*copy = *err;
	e->errors[e->error_count++] = copy;
	return copy;
}

static bool read_error(struct entry *e, struct record *r, const struct error **kept)
{
	struct error error = ERROR_INIT;

	if (!record_next_error(r, &error))
		return false;
	*kept = keep_error(e, &error);
	return true;
}

static bool read_recipient(struct entry *e, size_t i, struct record *r, const struct error **error)
{
	uint64_t fate;

	if (record_next(r, "no-error", 0))
		*error = NULL;
	else if (record_peek(r, "error") && !read_error(e, r, error))
		return false;
	if (!record_next_number(r, "recipient", ENTRY_FATES - 1, &fate))
		return false;
	e->recipients[i] =
		(struct entry_recipient){ .fate = (enum entry_fate)fate, .error = *error };
	return true;
}

static bool read_recipients(struct entry *e, struct record *r)
{
	const struct error *error = NULL;
	uint64_t count;

	if (!record_next_number(r, "recipients", ENVELOPE_RECIPIENTS_MAX, &count) ||
		count != e->envelope.count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_recipient(e, i, r, &error))
			return false;
	return true;
}

static bool read_all(struct entry *e, struct record *r)
{
	const char *start = r->at;
	uint64_t version, attempts = 0, next = 0, crc = 0;
	bool ok = record_next_number(r, "sendoff-state", 1, &version) && version == 1;
	const char *end;

	ok = ok && record_next_number(r, "attempts", UINT32_MAX, &attempts);
	ok = ok && record_next_number(r, "next", INT64_MAX, &next);
	ok = ok && read_flags(e, r) && read_recipients(e, r);
	end = r->at;
	ok = ok && record_next_number(r, "end", UINT32_MAX, &crc) && r->at == r->end;
	e->attempts = (unsigned)attempts;
	e->next_try_s = (int64_t)next;
	return ok && crc == crc32_add(0, start, (size_t)(end - start));
}

bool entry_read_state(struct entry *e, const char *text, size_t len)
{
	struct record r = { .at = text, .end = text + len };
	bool ok = read_all(e, &r);

	record_release(&r);
	return ok || entry_damaged(e, "its state is damaged");
}

void entry_set_recipient(
	struct entry *e, size_t recipient, enum entry_fate fate, const struct error *err)
{
	e->recipients[recipient].fate = fate;
	e->recipients[recipient].error = err ? keep_error(e, err) : NULL;
}

size_t entry_count(const struct entry *e, enum entry_fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < e->envelope.count; i++)
		count += e->recipients[i].fate == fate;
	return count;
}

const struct error *entry_last_error(const struct entry *e)
{
	for (size_t i = 0; i < e->envelope.count; i++)
		if (e->recipients[i].fate != ENTRY_DONE && e->recipients[i].error)
			return e->recipients[i].error;
	return NULL;
}
