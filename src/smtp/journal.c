/* SPDX-License-Identifier: ISC */
#include "smtp/journal.h"

#include "base/ascii.h"
#include "base/log.h"
#include "net/tls.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum {
	TO_MIN = 256,    /* octets that are always left for to= */
	REPLY_MAX = 400, /* octets of reply= */
	VALUE_MAX = 256, /* octets of any other value */
};

static const struct {
	const char *name;
	int priority;
} statuses[] = {
	[JOURNAL_SENT] = { "sent", LOG_INFO },
	[JOURNAL_QUEUED] = { "queued", LOG_WARNING },
	[JOURNAL_FAILED] = { "failed", LOG_ERR },
	[JOURNAL_HELD] = { "held", LOG_ERR },
};

void route_note(struct route *route, const struct session *s)
{
	struct tls_info tls;

	*route = (struct route){ .is_open = s->stream.fd >= 0, .port = s->port };
	snprintf(route->host, sizeof route->host, "%s", s->host ? s->host : s->last.host);
	snprintf(route->ip, sizeof route->ip, "%s", s->host ? s->peer.address : s->last.ip);
	snprintf(route->auth, sizeof route->auth, "%s", s->mechanism);
	if (!s->stream.tls)
		return;
	tls_summarize(s->stream.tls, &tls);
	snprintf(route->tls, sizeof route->tls, "%s:%s%s%s", tls.version, tls.cipher,
		tls.resumed ? ":resumed" : "", tls.verified ? "" : ":unverified");
}

/* Stops after about max octets of what comes out. */
static void add_escaped(struct buf *line, const char *value, size_t max)
{
	size_t len = strlen(value), end = line->len + max;

	while (len && line->len < end) {
		size_t n = utf8_length(value, len);
		bool printable = utf8_is_printable(value, n);

		if (!printable)
			buf_addf(line, "\\x%02X", (unsigned)(unsigned char)*value);
		else if (*value == '"' || *value == '\\')
			buf_addf(line, "\\%c", *value);
		else
			buf_add(line, value, n);
		n = printable ? n : 1;
		value += n;
		len -= n;
	}
}

static void add_value(struct buf *line, const char *key, const char *value, size_t max)
{
	bool quoted = false;

	for (const char *p = value; *p && !quoted; p++)
		quoted = strchr(" \"\\", *p) || ascii_is_control(*p) || ascii_is_8bit(*p);
	buf_addf(line, "%s%s=%s", line->len ? " " : "", key, quoted ? "\"" : "");
	add_escaped(line, value, max);
	buf_adds(line, quoted ? "\"" : "");
}

static void add(struct buf *line, const char *key, const char *value)
{
	add_value(line, key, value ? value : "", VALUE_MAX);
}

static void add_number(struct buf *line, const char *key, unsigned long long value)
{
	buf_addf(line, "%s%s=%llu", line->len ? " " : "", key, value);
}

static enum journal_status status_of(const struct journal_entry *e, size_t recipient)
{
	switch (e->results->each[recipient].fate) {
	case FATE_ACCEPTED:
		return JOURNAL_SENT;
	case FATE_REFUSED:
		return JOURNAL_FAILED;
	default:
		return e->rest;
	}
}

/*
 * How many recipients have this status, and the error of the first of them; of the first that may
 * get the message twice, where there is one.
 */
static size_t count_recipients(
	const struct journal_entry *e, enum journal_status status, const struct error **error)
{
	bool may_repeat = false;
	size_t count = 0;

	*error = e->error;
	for (size_t i = 0; i < e->envelope->count; i++) {
		const struct result *r = &e->results->each[i];
		bool is_unknown = r->fate == FATE_UNKNOWN;

		if (status_of(e, i) != status)
			continue;
		if ((count++ == 0 || (is_unknown && !may_repeat)) && r->error)
			*error = r->error;
		may_repeat = may_repeat || is_unknown;
	}
	return count;
}

/* Those of one status, as many as fit into `room` octets. */
static void add_recipients(
	struct buf *line, const struct journal_entry *e, enum journal_status status, size_t room)
{
	struct buf to = BUF_INIT, escaped = BUF_INIT;
	size_t left = room;

	for (size_t i = 0; i < e->envelope->count; i++) {
		const char *address = e->envelope->recipients[i].address;

		if (status_of(e, i) != status)
			continue;
		buf_truncate(&escaped, 0);
		add_escaped(&escaped, address, room);
		if (escaped.len + 1 > left)
			continue;
		left -= escaped.len + 1;
		buf_addf(&to, "%s%s", to.len ? "," : "", address);
	}
	add_value(line, "to", buf_str(&to), room);
	buf_release(&escaped);
	buf_release(&to);
}

static void add_reply(struct buf *line, const struct journal_entry *e, enum journal_status status,
	const struct error *error)
{
	bool sent = status == JOURNAL_SENT;
	int code = sent ? e->results->accepted_code : error ? error->reply : 0;

	add_number(line, "code", (unsigned)code);
	if (sent)
		add(line, "dsn",
			*e->results->accepted_status ? e->results->accepted_status : "2.0.0");
	else
		add(line, "dsn", error ? error->status : "");
	add_value(line, "reply",
		sent && e->results->accepted_reply ? e->results->accepted_reply
		: error                            ? error->text
						   : "",
		REPLY_MAX);
}

/* What stands before the recipients, and their number. */
static void add_head(struct buf *line, const struct journal_entry *e, size_t count)
{
	add(line, "id", e->id);
	add_number(line, "uid", e->uid);
	add_number(line, "pid", (unsigned long long)getpid());
	add(line, "account", e->account);
	add(line, "host", e->route->host);
	add(line, "ip", e->route->ip);
	add(line, "tls", e->route->tls);
	add(line, "auth", e->route->auth);
	add(line, "from", e->sender && !*e->sender ? "<>" : e->sender);
	add(line, "msgid", e->message_id);
	add_number(line, "nrcpt", count);
}

/* What stands behind them. */
static void add_tail(struct buf *line, const struct journal_entry *e, enum journal_status status,
	const struct error *error)
{
	add_number(line, "size", e->size);
	add(line, "status", statuses[status].name);
	add_reply(line, e, status, error);
	buf_addf(line, " delay=%lld.%03lld", (long long)e->delay_ms / 1000,
		(long long)e->delay_ms % 1000);
	add_number(line, "try", e->try);
	add_number(line, "exit", (unsigned)e->exit);
}

static void write_status(const struct journal_entry *e, enum journal_status status)
{
	const struct error *error = NULL;
	size_t count = count_recipients(e, status, &error);
	size_t others = sizeof " to=\"\" " - 1;
	struct buf line = BUF_INIT, tail = BUF_INIT;

	if (count || (e->error && !e->envelope->count && status == e->rest)) {
		add_head(&line, e, count);
		add_tail(&tail, e, status, error);
		others += line.len + tail.len;
		add_recipients(&line, e, status,
			others + TO_MIN < LOG_TEXT_MAX ? LOG_TEXT_MAX - others : TO_MIN);
		log_line(statuses[status].priority, "%s %s", buf_str(&line), buf_str(&tail));
	}
	buf_release(&tail);
	buf_release(&line);
}

void journal_write(const struct journal_entry *e)
{
	for (size_t status = 0; status < sizeof statuses / sizeof *statuses; status++)
		write_status(e, (enum journal_status)status);
}
