/* SPDX-License-Identifier: ISC */
#include "cli/smtpd_reply.h"

#include "base/ascii.h"
#include "cli/smtpd.h"
#include "outcome.h"

#include <string.h>

enum {
	WORDS_MAX = SMTPD_REPLY_MAX - 64, /* what is left beside codes and "only these have ..." */
	WORDS_MIN = 100,
	NAMES_MAX = WORDS_MAX - WORDS_MIN,
};

void smtpd_reply(struct buf *out, int code, const char *status, const char *format, ...)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	buf_addf(&line, "%d %s%s", code, status ? status : "", status ? " " : "");
	buf_add_printable(&line, buf_str(&text), text.len);
	buf_cut(&line, SMTPD_REPLY_MAX - 2);
	buf_add(out, line.data, line.len);
	buf_adds(out, "\r\n");
	buf_release(&line);
	buf_release(&text);
}

/*
 * What the client is told where no server has spoken.  What only a person can mend waits, where
 * it is not the message's fault.
 */
static const struct {
	int exit, reply;
	const char *status;
} table[] = {
	{ EX_USAGE, 501, "5.5.4" },
	{ EX_DATAERR, 554, "5.6.0" },
	{ EX_NOUSER, 550, "5.1.1" },
	{ EX_NOHOST, 451, "4.4.4" },
	{ EX_UNAVAILABLE, 554, "5.0.0" },
	{ EX_OSERR, 451, "4.3.0" },
	{ EX_IOERR, 451, "4.3.0" },
	{ EX_CANTCREAT, 452, "4.3.1" },
	{ EX_TEMPFAIL, 451, "4.4.1" },
	{ EX_PROTOCOL, 451, "4.5.0" },
	{ EX_NOPERM, 550, "5.7.1" },
	{ EX_CONFIG, 451, "4.3.5" },
};

enum { ROWS = sizeof table / sizeof *table };

static void reply_of(const struct error *err, int *code, const char **status)
{
	size_t i = 0;

	while (i < ROWS && table[i].exit != err->code)
		i++;
	*code = i < ROWS ? table[i].reply : 451;
	*status = i < ROWS ? table[i].status : "4.3.0";
	if (strcmp(err->status, "5.3.4") == 0)
		*code = 552;
	if (strcmp(err->status, "5.5.3") == 0) {
		*code = 452;
		*status = "4.5.3";
	}
	if (err->reply >= 400 && err->reply < 600)
		*code = err->reply;
	if (*err->status == '0' + *code / 100)
		*status = err->status;
	else if (**status != '0' + *code / 100)
		*status = *code < 500 ? "4.0.0" : "5.0.0";
}

void smtpd_reply_error(struct buf *out, const struct error *err)
{
	const char *status;
	int code;

	reply_of(err, &code, &status);
	smtpd_reply(out, code, status, "%s", err->text);
}

/* Adds the word behind `key` in the server's reply; false: it is not there. */
static bool add_word(struct buf *id, const char *reply, const char *key)
{
	const char *word = strstr(reply, key);

	if (!word)
		return false;
	for (word += strlen(key); ascii_is_alnum(*word) || (*word && strchr("-_.", *word)); word++)
		buf_addc(id, *word);
	return id->len > 0;
}

/*
 * The queue's id, else the server's, else the Message-ID without its brackets: what a client may
 * show.
 */
static void add_id(struct buf *id, const struct outcome *o)
{
	const char *reply = o->results.accepted_reply ? o->results.accepted_reply : "";
	const char *message_id = o->message_id ? o->message_id : "";

	if (*o->queue_id)
		buf_adds(id, o->queue_id);
	else if (!add_word(id, reply, "queued as ") && !add_word(id, reply, "id="))
		buf_add(id, message_id + strspn(message_id, "<"),
			strcspn(message_id + strspn(message_id, "<"), "> "));
	if (!id->len)
		buf_adds(id, "0");
}

/* Who got the message when the client is told that it failed: they must not get it again. */
static void add_served(struct buf *served, const struct outcome *o)
{
	for (size_t i = 0; i < o->results.count; i++) {
		enum fate fate = o->results.each[i].fate;

		if (fate == FATE_ACCEPTED || (*o->queue_id && fate != FATE_REFUSED))
			buf_addf(served, "%s%s", served->len ? ", " : "",
				o->envelope.recipients[i].address);
	}
}

/* The names matter more than the end of a server's long words. */
static void reply_failure(struct buf *out, const struct outcome *o)
{
	const struct error *err = outcome_error(o);
	struct buf words = BUF_INIT, served = BUF_INIT;
	const char *status;
	int code;

	reply_of(err, &code, &status);
	add_served(&served, o);
	buf_adds(&words, err->text);
	if (served.len) {
		buf_cut(&words, served.len < NAMES_MAX ? WORDS_MAX - served.len : WORDS_MIN);
		buf_addf(&words, " (only these have the message: %s)", buf_str(&served));
	}
	smtpd_reply(out, code, status, "%s", buf_str(&words));
	buf_release(&words);
	buf_release(&served);
}

bool smtpd_reply_outcome(struct buf *out, const struct outcome *o)
{
	struct buf id = BUF_INIT;

	if (outcome_exit(o, ERRORS_REPLY) != EX_OK) {
		reply_failure(out, o);
		return false;
	}
	add_id(&id, o);
	smtpd_reply(out, 250, NULL, "Ok: queued as %s", buf_str(&id));
	buf_release(&id);
	return true;
}
