/* SPDX-License-Identifier: ISC */
#include "queue/report_fields.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "message/date.h"
#include "smtp/path.h"

#include <string.h>

enum { DIAGNOSTIC_MAX = 800, VALUE_MAX = 900 };

/* One line of ASCII. */
static void add_ascii(struct buf *out, const char *text, size_t max)
{
	for (size_t i = 0; i < max && text[i]; i++)
		buf_addc(out, ascii_is_control(text[i]) || ascii_is_8bit(text[i]) ? '?' : text[i]);
}

static void add_address(struct buf *out, const char *field, const char *address)
{
	if (ascii_has_8bit(address, strlen(address))) {
		buf_addf(out, "%s: utf-8; ", field);
		path_add_utf8_xtext(out, address);
	} else {
		buf_addf(out, "%s: rfc822; ", field);
		add_ascii(out, address, VALUE_MAX);
	}
	buf_addc(out, '\n');
}

/* ORCPT's xtext (RFC 3461 section 4) as it was before: "+XX" is an octet. */
static void add_xtext(struct buf *out, const char *text)
{
	for (; *text; text++) {
		int high = text[0] == '+' ? ascii_hex_value(text[1]) : -1;
		int low = high >= 0 ? ascii_hex_value(text[2]) : -1;

		if (low >= 0)
			buf_addc(out, (char)(high << 4 | low));
		else
			buf_addc(out, *text);
		text += low >= 0 ? 2 : 0;
	}
}

static void add_original_recipient(struct buf *out, const struct recipient *r)
{
	const char *type_end = r->orcpt ? strchr(r->orcpt, ';') : NULL;
	struct buf value = BUF_INIT;

	if (type_end) {
		buf_add(&value, r->orcpt, (size_t)(type_end - r->orcpt));
		buf_adds(&value, "; ");
		add_xtext(&value, type_end + 1);
		buf_adds(out, "Original-Recipient: ");
		add_ascii(out, buf_str(&value), VALUE_MAX);
		buf_addc(out, '\n');
	} else if (r->original) {
		add_address(out, "Original-Recipient", r->original);
	}
	buf_release(&value);
}

static void add_status(struct buf *out, enum report_action action, const struct error *err)
{
	const char *fallback = action == REPORT_RELAYED ? "2.0.0"
			       : action == REPORT_DELAYED || (err && err->reply / 100 == 4)
				       ? "4.0.0"
				       : "5.0.0";
	bool fits = err && *err->status && *err->status != '2' &&
		    !(action == REPORT_DELAYED && *err->status != '4');

	buf_addf(out, "Status: %s\n", fits ? err->status : fallback);
}

/* What the server said (RFC 3464 section 2.3.6), without where and to which command. */
static const char *server_words(const struct error *err)
{
	struct buf code = BUF_INIT;
	const char *words;

	buf_addf(&code, ": %d ", err->reply);
	words = strstr(err->text, code.data);
	buf_release(&code);
	return words ? words + 2 : NULL;
}

static void add_diagnostic(struct buf *out, const struct error *err)
{
	const char *words = err->reply ? server_words(err) : NULL;

	buf_addf(out, "Diagnostic-Code: %s; ", err->reply ? "smtp" : "x-sendoff");
	if (err->reply && !words)
		buf_addf(out, "%d %s%s", err->reply, err->status, *err->status ? " " : "");
	add_ascii(out, words ? words : err->text, DIAGNOSTIC_MAX);
	buf_addc(out, '\n');
}

static void add_date_field(struct buf *out, const char *field, int64_t seconds)
{
	buf_addf(out, "%s: ", field);
	date_add(out, seconds);
	buf_addc(out, '\n');
}

static void add_recipient(
	const struct report *r, const struct report_recipient *one, struct buf *out)
{
	static const char *const actions[] = { [REPORT_FAILED] = "failed",
		[REPORT_DELAYED] = "delayed",
		[REPORT_RELAYED] = "relayed" };

	buf_addc(out, '\n');
	add_original_recipient(out, one->recipient);
	add_address(out, "Final-Recipient", one->recipient->address);
	buf_addf(out, "Action: %s\n", actions[r->action]);
	add_status(out, r->action, one->error);
	if (r->host && *r->host) {
		buf_adds(out, "Remote-MTA: dns; ");
		add_ascii(out, r->host, VALUE_MAX);
		buf_addc(out, '\n');
	}
	if (one->error && out->len < 3 * REPORT_REASONS_MAX)
		add_diagnostic(out, one->error);
	add_date_field(out, "Last-Attempt-Date", clock_wall_s());
	if (r->action == REPORT_DELAYED)
		add_date_field(out, "Will-Retry-Until", r->expires_s);
}

void report_add_fields(const struct report *r, struct buf *out)
{
	buf_adds(out, "Reporting-MTA: dns; ");
	add_ascii(out, config_own_name(r->config), VALUE_MAX);
	buf_addc(out, '\n');
	if (r->envelope->envid) {
		buf_adds(out, "Original-Envelope-Id: ");
		add_ascii(out, r->envelope->envid, VALUE_MAX);
		buf_addc(out, '\n');
	}
	if (r->queue_id)
		buf_addf(out, "X-Sendoff-Queue-ID: %s\n", r->queue_id);
	add_date_field(out, "Arrival-Date", r->arrived_s);
	for (size_t i = 0; i < r->count; i++)
		add_recipient(r, &r->recipients[i], out);
}
