/* SPDX-License-Identifier: ISC */
#include "smtp/flight.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_TIMEOUT_FACTOR = 10 }; /* RFC 5321 section 4.5.3.2.6 */

static void make_space(struct flight *f)
{
	if (f->first) {
		memmove(f->entries, f->entries + f->first,
			(f->count - f->first) * sizeof *f->entries);
		f->count -= f->first;
		f->first = 0;
	}
	if (f->count * 2 >= f->alloc) {
		f->alloc = f->alloc ? f->alloc * 2 : 16;
		f->entries = alloc_grow(f->entries, f->alloc, sizeof *f->entries);
	}
}

void flight_expect(struct flight *f, const struct flight_entry *entry)
{
	if (f->count == f->alloc)
		make_space(f);
	f->entries[f->count++] = *entry;
	f->recipients += entry->command == FLIGHT_RCPT;
	f->bytes += entry->bytes;
}

bool flight_is_empty(const struct flight *f)
{
	return f->first == f->count;
}

enum flight_command flight_next(const struct flight *f)
{
	return f->entries[f->first].command;
}

/* The reply to the oldest command, *entry. */
static bool take_reply(struct flight *f, struct flight_entry *entry, struct error *err)
{
	int64_t timeout_ms = f->session->params->account->timeout_ms;
	bool is_message;

	*entry = f->entries[f->first];
	is_message = entry->command == FLIGHT_BDAT || entry->command == FLIGHT_DOT;
	if (is_message && !f->is_ending)
		timeout_ms *= MESSAGE_TIMEOUT_FACTOR;
	if (!session_reply(f->session, timeout_ms, err))
		return false;
	f->first++;
	f->recipients -= entry->command == FLIGHT_RCPT;
	f->bytes -= entry->bytes;
	return true;
}

bool flight_read(struct flight *f, struct error *err)
{
	struct flight_entry entry;

	return take_reply(f, &entry, err) && f->answer(&entry, f->session, err);
}

bool flight_skip(struct flight *f, const void *owner, struct error *err)
{
	struct flight_entry entry;
	bool ok = true;

	while (ok && !flight_is_empty(f) && f->entries[f->first].owner == owner)
		ok = take_reply(f, &entry, err);
	return ok;
}

bool flight_land(struct flight *f, struct error *err)
{
	while (!flight_is_empty(f))
		if (!flight_read(f, err))
			return false;
	return true;
}

static bool has_room(const struct flight *f, const struct flight_entry *entry)
{
	bool too_many = entry->command == FLIGHT_RCPT && f->recipients >= FLIGHT_RECIPIENTS_MAX;

	return flight_is_empty(f) || (!too_many && f->bytes + entry->bytes <= FLIGHT_BYTES_MAX);
}

bool flight_add(
	struct flight *f, const struct flight_entry *entry, const char *line, struct error *err)
{
	struct flight_entry sized = *entry;

	sized.bytes = strlen(line) + 2;
	while (!has_room(f, &sized))
		if (!flight_read(f, err))
			return false;
	if (flight_is_empty(f) && !session_is_quiet(f->session, err))
		return false;
	if (!session_send(f->session, line, NULL, err))
		return false;
	flight_expect(f, &sized);
	if (f->session->capabilities.offers & OFFER_PIPELINING || entry->command == FLIGHT_BDAT)
		return true;
	return flight_land(f, err);
}

void flight_salvage(struct flight *f, struct error *err)
{
	struct error why = ERROR_INIT;

	if (err->code != EX_TEMPFAIL || err->reply)
		return;
	while (!flight_is_empty(f) && stream_has_input(&f->session->stream))
		if (!flight_read(f, &why))
			break;
	if (why.reply)
		*err = why;
}

void flight_clear(struct flight *f)
{
	f->first = f->count = 0;
	f->recipients = f->bytes = 0;
}

void flight_release(struct flight *f)
{
	free(f->entries);
	*f = (struct flight)FLIGHT_INIT;
}
