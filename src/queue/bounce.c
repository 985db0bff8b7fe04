/* SPDX-License-Identifier: ISC */
#include "queue/bounce.h"

#include "base/ascii.h"
#include "message/address.h"
#include "message/compose.h"
#include "message/date.h"
#include "queue/id.h"
#include "queue/report_fields.h"

#include <stdlib.h>
#include <string.h>

/* How each kind of report speaks. */
static const struct {
	const char *subject, *intro;
} words[] = {
	[REPORT_FAILED] = { "Undelivered mail",
		"Your message could not be delivered to the recipients below; the others, if any,\n"
		"are not concerned.\n" },
	[REPORT_DELAYED] = { "Delayed mail",
		"Your message has not reached the recipients below yet.\n"
		"Nothing needs to be done: it will be tried again.\n" },
	[REPORT_RELAYED] = { "Relayed mail",
		"Your message was taken for the recipients below by a server that makes no\n"
		"reports of its own: what becomes of it there will not be known here.\n" },
};

static char *report_from(const struct report *r)
{
	struct buf from = BUF_INIT;

	if (r->account && r->account->from)
		return account_from(r->account, r->config, r->caller);
	buf_addf(&from, "MAILER-DAEMON@%s", config_domain(r->config));
	return buf_detach(&from);
}

static void add_address(struct buf *out, const char *before, const char *address, const char *after)
{
	buf_adds(out, before);
	buf_add_printable(out, address, strlen(address));
	buf_adds(out, after);
}

static void add_to(const struct envelope *to, struct buf *out)
{
	buf_adds(out, "To: ");
	for (size_t i = 0; i < to->count; i++)
		add_address(out, i ? ",\n <" : "<", to->recipients[i].address, ">");
	buf_addc(out, '\n');
}

/* The original's Message-ID, so that mail programs put the report where it belongs. */
static void add_references(const struct message *original, struct buf *out)
{
	size_t at = header_find(&original->header, "Message-ID", 0);
	const struct field *f = at < original->header.count ? &original->header.fields[at] : NULL;
	size_t len = f ? field_value_len(f) : 0;

	if (!f || len > 900 || ascii_has_line_break(field_value(f), len) ||
		ascii_has_8bit(field_value(f), len))
		return;
	buf_addf(out, "In-Reply-To:%.*s\nReferences:%.*s\n", (int)len, field_value(f), (int)len,
		field_value(f));
}

static void add_head(const struct report *r, const char *subject, const char *from, struct buf *out)
{
	buf_addf(out, "From: \"Mail Delivery System\" <%s>\n", from);
	add_to(r->to, out);
	buf_addf(out, "Subject: %s\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n", subject);
	if (r->message)
		add_references(r->message, out);
}

/* Text in indented lines of up to 76 columns, longer only where a word is. */
static void add_wrapped(struct buf *out, const char *text)
{
	enum { WIDTH = 72 };

	while (*text) {
		size_t len = strlen(text), cut = len;

		if (len > WIDTH) {
			for (cut = WIDTH; cut && text[cut] != ' '; cut--)
				;
			if (!cut)
				cut = strcspn(text, " ");
		}
		buf_addf(out, "    %.*s\n", (int)cut, text);
		text += cut;
		text += strspn(text, " ");
	}
}

static void add_words(const struct report *r, struct buf *out)
{
	buf_addf(out, "This is the mail system at %s.\n\n%s\n", config_own_name(r->config),
		words[r->action].intro);
	for (size_t i = 0; i < r->count; i++) {
		const struct report_recipient *one = &r->recipients[i];

		add_address(out, "<", one->recipient->address, ">\n");
		if (one->recipient->original &&
			!address_equal(one->recipient->original, one->recipient->address))
			add_address(out, "    (sent to <", one->recipient->original, ">)\n");
		if (one->error && out->len < REPORT_REASONS_MAX)
			add_wrapped(out, one->error->text);
	}
	if (r->action == REPORT_DELAYED) {
		buf_adds(out, "\nIt will be tried until ");
		date_add(out, r->expires_s);
		buf_adds(out, ".\n");
	}
}

static bool is_whole_wanted(const struct report *r)
{
	enum dsn_return ret = r->envelope->ret;

	if (ret == RETURN_DEFAULT && r->account && r->account->dsn_return)
		envelope_parse_return(r->account->dsn_return, &ret);
	return ret == RETURN_FULL;
}

static bool is_whole_returnable(const struct report *r)
{
	const struct body_facts *facts = &r->message->facts;

	return is_whole_wanted(r) && r->action == REPORT_FAILED &&
	       r->message->body.size <= REPORT_ORIGINAL_MAX && !facts->has_nul &&
	       !facts->has_bare_cr && facts->longest <= 998;
}

static bool add_body(const struct spool *body, struct buf *out, struct error *err)
{
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	for (; (n = spool_look(body, at, &data, err)) > 0; at += (uint64_t)n)
		buf_add(out, data, (size_t)n);
	return n == 0;
}

/* The header of the original, or all of it. */
static bool add_original(const struct report *r, struct buf *out, struct error *err)
{
	struct buf header = BUF_INIT;
	bool whole = is_whole_returnable(r), is_8bit;

	header_write(&r->message->header, &header);
	is_8bit = ascii_has_8bit(buf_str(&header), header.len) ||
		  (whole && r->message->facts.has_8bit);
	buf_addf(out, "Content-Description: %s\nContent-Type: %s\n%s\n",
		whole ? "Undelivered message" : "Message header",
		whole ? "message/rfc822" : "text/rfc822-headers",
		is_8bit ? "Content-Transfer-Encoding: 8bit\n" : "");
	buf_add(out, buf_str(&header), header.len);
	buf_release(&header);
	if (!whole)
		return true;
	buf_adds(out, "\r\n");
	return add_body(&r->message->body, out, err);
}

/* Reads the text as any message is read, and completes it. */
static bool finish(struct message *out, const struct report *r, const char *from,
	const struct buf *text, struct error *err)
{
	struct message_source source = { .fd = -1 };
	struct compose_params params = { .config = r->config, .caller = r->caller };
	struct message_reader reader;
	bool ok;

	message_reader_begin(&reader, out, &source);
	ok = message_reader_add(&reader, text->data, text->len, err) &&
	     message_reader_end(&reader, err);
	message_reader_release(&reader);
	if (ok)
		compose_message(out, from, &params);
	return ok;
}

bool report_make(struct message *out, const struct report *r, struct error *err)
{
	struct buf text = BUF_INIT;
	char boundary[QUEUE_ID_SIZE];
	char *from = report_from(r);
	bool ok;

	queue_id_make(boundary);
	add_head(r, words[r->action].subject, from, &text);
	buf_addf(&text,
		"Content-Type: multipart/report; report-type=delivery-status;\n "
		"boundary=\"=_%s\"\n\n",
		boundary);
	buf_addf(&text,
		"--=_%s\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
		"8bit\n\n",
		boundary);
	add_words(r, &text);
	buf_addf(&text, "\n--=_%s\nContent-Type: message/delivery-status\n\n", boundary);
	report_add_fields(r, &text);
	buf_addf(&text, "\n--=_%s\n", boundary);
	ok = add_original(r, &text, err);
	buf_addf(&text, "\n--=_%s--\n", boundary);
	ok = ok && finish(out, r, from, &text, err);
	buf_release(&text);
	free(from);
	return ok;
}

bool report_make_notice(struct message *out, const struct report *r, const char *subject,
	const char *words_of_it, struct error *err)
{
	struct buf text = BUF_INIT;
	char *from = report_from(r);
	bool ok;

	add_head(r, subject, from, &text);
	buf_addf(&text,
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s",
		words_of_it);
	ok = finish(out, r, from, &text, err);
	buf_release(&text);
	free(from);
	return ok;
}

bool report_is_wanted(const struct recipient *r, const struct account *a, enum report_action action)
{
	static const unsigned asked[] = { [REPORT_FAILED] = NOTIFY_FAILURE,
		[REPORT_DELAYED] = NOTIFY_DELAY,
		[REPORT_RELAYED] = NOTIFY_SUCCESS };
	unsigned notify = r->notify;

	if (notify == NOTIFY_DEFAULT &&
		(!a || !a->dsn_notify || !envelope_parse_notify(a->dsn_notify, &notify)))
		notify = NOTIFY_FAILURE;
	return notify & asked[action];
}

bool report_sender_is_refused(const struct error *err)
{
	return err && err->reply / 100 == 5 && strstr(err->text, "MAIL FROM: ");
}
