/* SPDX-License-Identifier: ISC */
/*
 * ID.msg:
 *
 *	body	   octets as the spool has them, so that a spooled message needs no copy: its
 *		   file gets the rest behind it, and a name
 *	header	   fields with CR LF line ends, no empty line
 *	envelope   lines of queue/record.h, in this order:
 *		   queued MS, uid N, account A, config FILE, full-name NAME, report 0|1,
 *		   partial 0|1, sender S, return N, envid E, facts LONGEST 8BIT NUL BARE-CR UTF8,
 *		   recipients N, then N of recipient ADDRESS NOTIFY ORIGINAL ORCPT
 *	last line  "end sendoff-1 BODY HEADER ENVELOPE MESSAGE CRC\n": lengths in octets, the
 *		   CRC-32 of body and header, and that of the envelope and this line before it;
 *		   hexadecimal, lower case, fixed width
 *
 * The last line has a fixed length and is found from the end; a file that is cut off has none.
 */
#include "queue/entry.h"

#include "base/alloc.h"
#include "base/crc32.h"
#include "queue/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	END_LEN = 67,          /* octets of the last line */
	END_CRC = END_LEN - 9, /* where in it its checksum begins */
	ADDRESS_MAX = 4096,    /* octets of an address that is read back */
};

struct end {
	uint64_t body;
	size_t header, envelope;
	uint32_t message_crc;
};

static void add_end(struct buf *out, const struct end *end)
{
	buf_addf(out, "end sendoff-1 %016" PRIx64 " %08zx %08zx %08" PRIx32 " ",
		end->body, end->header, end->envelope, end->message_crc);
}

static void add_envelope(const struct entry *e, const struct body_facts *facts, struct buf *out)
{
	record_add_number(out, "queued", (uint64_t)e->queued_at_ms);
	record_add_number(out, "uid", e->uid);
	record_add_text(out, "account", e->account);
	record_add_text(out, "config", e->config_file);
	record_add_text(out, "full-name", e->full_name);
	record_add_number(out, "report", e->is_report);
	record_add_number(out, "partial", e->is_partial);
	record_add_text(out, "sender", e->envelope.sender);
	record_add_number(out, "return", e->envelope.ret);
	record_add_text(out, "envid", e->envelope.envid);
	record_begin(out, "facts");
	record_number(out, facts->longest);
	record_number(out, facts->has_8bit);
	record_number(out, facts->has_nul);
	record_number(out, facts->has_bare_cr);
	record_number(out, facts->is_utf8);
	record_end(out);
	record_add_number(out, "recipients", e->envelope.count);
	for (size_t i = 0; i < e->envelope.count; i++) {
		const struct recipient *r = &e->envelope.recipients[i];

		record_begin(out, "recipient");
		record_text(out, r->address);
		record_number(out, r->notify);
		record_text(out, r->original);
		record_text(out, r->orcpt);
		record_end(out);
	}
}

static bool spool_crc(const struct spool *s, uint32_t *crc, struct error *err)
{
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	*crc = 0;
	for (; (n = spool_look(s, at, &data, err)) > 0; at += (uint64_t)n)
		*crc = crc32_add(*crc, data, (size_t)n);
	return n == 0;
}

bool entry_write_trailer(
	const struct entry *e, const struct message *m, struct buf *out, struct error *err)
{
	struct end end = { .body = m->body.size };
	size_t start = out->len, envelope;

	if (!spool_crc(&m->body, &end.message_crc, err))
		return false;
	header_write(&m->header, out);
	envelope = out->len;
	end.header = envelope - start;
	end.message_crc = crc32_add(end.message_crc, buf_str(out) + start, envelope - start);
	add_envelope(e, &m->facts, out);
	end.envelope = out->len - envelope;
	add_end(out, &end);
	buf_addf(out, "%08" PRIx32 "\n", crc32_add(0, out->data + envelope, out->len - envelope));
	return true;
}

bool entry_damaged(struct entry *e, const char *reason)
{
	if (!e->damage)
		e->damage = alloc_string(reason);
	return false;
}

/* Adds len octets of the file at offset. */
static bool read_at(struct entry *e, int fd, uint64_t offset, size_t len, struct buf *out)
{
	char *to = buf_reserve(out, len);

	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, to + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return entry_damaged(e, "the file cannot be read");
		done += (size_t)n;
	}
	out->len += len;
	buf_truncate(out, out->len);
	return true;
}

static bool is_sane(const struct end *end, uint64_t size)
{
	return end->header <= HEADER_MAX_BYTES * 2 && end->envelope <= ENTRY_ENVELOPE_MAX &&
	       end->body <= size && end->body + end->header + end->envelope + END_LEN == size;
}

/*
 * Reads the last line, which must be exactly what would be written for its values, and they must
 * fit the file; the checksum is left for later.
 */
static bool read_end(struct entry *e, int fd, uint64_t size, struct end *end, struct buf *line)
{
	struct buf again = BUF_INIT;
	bool ok;

	if (size < END_LEN)
		return entry_damaged(e, "the file has no end mark");
	if (!read_at(e, fd, size - END_LEN, END_LEN, line))
		return false;
	*end = (struct end){ 0 };
	ok = sscanf(line->data, "end sendoff-1 %16" SCNx64 " %8zx %8zx %8" SCNx32,
		     &end->body, &end->header, &end->envelope, &end->message_crc) == 4;
	add_end(&again, end);
	ok = ok && again.len == END_CRC && memcmp(again.data, line->data, END_CRC) == 0;
	buf_release(&again);
	if (!ok)
		return entry_damaged(e, "the file has no end mark");
	return is_sane(end, size) || entry_damaged(e, "the lengths do not fit the file");
}

static bool read_flag(struct record *r, const char *key, bool *flag)
{
	uint64_t n;

	if (!record_next_number(r, key, 1, &n))
		return false;
	*flag = n;
	return true;
}

static bool read_facts(struct record *r, struct body_facts *facts)
{
	bool *flags[] = { &facts->has_8bit, &facts->has_nul, &facts->has_bare_cr, &facts->is_utf8 };
	size_t count = sizeof flags / sizeof *flags;

	return record_next(r, "facts", 1 + count) &&
	       record_to_number(r, 0, UINT64_MAX, &facts->longest) &&
	       record_to_flags(r, 1, flags, count);
}

static bool read_recipient(struct record *r, struct recipient *to)
{
	uint64_t notify;

	if (!record_next(r, "recipient", 4) || !r->values[0] || !*r->values[0] ||
		strlen(r->values[0]) > ADDRESS_MAX || !record_to_number(r, 1, 15, &notify))
		return false;
	to->address = record_take(r, 0);
	to->notify = (unsigned)notify;
	to->original = record_take(r, 2);
	to->orcpt = record_take(r, 3);
	return true;
}

static bool read_recipients(struct record *r, struct envelope *e)
{
	uint64_t count;

	if (!record_next_number(r, "recipients", ENVELOPE_RECIPIENTS_MAX, &count))
		return false;
	e->alloc = (size_t)count;
	e->recipients = alloc_zero(e->alloc, sizeof *e->recipients);
	for (; e->count < count; e->count++)
		if (!read_recipient(r, &e->recipients[e->count]))
			return false;
	return true;
}

static bool read_envelope(struct entry *e, struct record *r)
{
	uint64_t queued = 0, uid = 0, ret = 0;
	bool ok = record_next_number(r, "queued", INT64_MAX, &queued);

	ok = ok && record_next_number(r, "uid", UINT32_MAX, &uid);
	ok = ok && record_next_text(r, "account", &e->account);
	ok = ok && record_next_text(r, "config", &e->config_file);
	ok = ok && record_next_text(r, "full-name", &e->full_name);
	ok = ok && read_flag(r, "report", &e->is_report);
	ok = ok && read_flag(r, "partial", &e->is_partial);
	ok = ok && record_next_text(r, "sender", &e->envelope.sender);
	ok = ok && record_next_number(r, "return", RETURN_HEADERS, &ret);
	ok = ok && record_next_text(r, "envid", &e->envelope.envid);
	ok = ok && read_facts(r, &e->message.facts);
	ok = ok && read_recipients(r, &e->envelope);
	e->queued_at_ms = (int64_t)queued;
	e->uid = (uid_t)uid;
	e->envelope.ret = (enum dsn_return)ret;
	return ok && r->at == r->end && e->envelope.count > 0;
}

/* The envelope, and behind it the last line, whose checksum is of both. */
static bool check_and_read(struct entry *e, const struct end *end, const struct buf *text)
{
	struct record r = { .at = text->data, .end = text->data + end->envelope };
	char crc[10];
	bool ok;

	snprintf(crc, sizeof crc, "%08" PRIx32 "\n", crc32_add(0, text->data, text->len - 9));
	if (memcmp(crc, text->data + text->len - 9, 9) != 0)
		return entry_damaged(e, "the checksum of the envelope is wrong");
	ok = read_envelope(e, &r);
	record_release(&r);
	return ok || entry_damaged(e, "the envelope makes no sense");
}

bool entry_read_trailer(struct entry *e, int fd, uint64_t size)
{
	struct buf line = BUF_INIT, text = BUF_INIT;
	struct end end;
	bool ok = read_end(e, fd, size, &end, &line);

	ok = ok && read_at(e, fd, end.body + end.header, end.envelope, &text);
	if (ok) {
		buf_add(&text, line.data, line.len);
		ok = check_and_read(e, &end, &text);
		e->size = end.body + end.header + 2;
	}
	buf_release(&line);
	buf_release(&text);
	e->recipients = alloc_zero(e->envelope.count, sizeof *e->recipients);
	return ok;
}

static bool read_header(struct entry *e, const struct buf *text)
{
	const char *p = buf_str(text), *end = p + text->len;

	while (p < end) {
		const char *stop = memmem(p, (size_t)(end - p), "\r\n", 2);
		size_t len = stop ? (size_t)(stop - p) : 0, name_len;
		bool folded = *p == ' ' || *p == '\t';

		if (!stop || memchr(p, '\n', len) ||
			(folded ? !e->message.header.count
				: !header_line_is_field(p, len, &name_len)))
			return entry_damaged(e, "the header makes no sense");
		if (folded)
			header_continue(&e->message.header, p, len);
		else
			header_add_line(&e->message.header, p, len);
		p = stop + 2;
	}
	return true;
}

static bool take_body(struct entry *e, int fd, uint64_t size)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (own < 0)
		return entry_damaged(e, "the file cannot be read");
	spool_from_file(&e->message.body, own, size);
	return true;
}

bool entry_read_message(struct entry *e, int fd, uint64_t size)
{
	struct buf line = BUF_INIT, header = BUF_INIT;
	struct error err;
	struct end end;
	uint32_t crc = 0;
	bool ok = read_end(e, fd, size, &end, &line);

	ok = ok && read_at(e, fd, end.body, end.header, &header) && take_body(e, fd, end.body);
	ok = ok && (spool_crc(&e->message.body, &crc, &err) ||
			   entry_damaged(e, "the file cannot be read"));
	if (ok && crc32_add(crc, buf_str(&header), header.len) != end.message_crc)
		ok = entry_damaged(e, "the checksum of the message is wrong");
	ok = ok && read_header(e, &header);
	buf_release(&line);
	buf_release(&header);
	return ok;
}

void entry_release(struct entry *e)
{
	alloc_free(&e->account);
	alloc_free(&e->config_file);
	alloc_free(&e->full_name);
	alloc_free(&e->damage);
	envelope_release(&e->envelope);
	message_release(&e->message);
	for (size_t i = 0; i < e->error_count; i++)
		free(e->errors[i]);
	free(e->errors);
	free(e->recipients);
	if (e->lock >= 0)
		close(e->lock);
	*e = (struct entry)ENTRY_INIT;
}
