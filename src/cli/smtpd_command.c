/* SPDX-License-Identifier: ISC */
#include "cli/smtpd_command.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "cli/smtpd_parameter.h"
#include "cli/smtpd_reply.h"
#include "message/address.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void smtpd_reset(struct smtpd *s)
{
	envelope_release(&s->request.envelope);
	message_release(&s->request.message);
	s->request = *s->params->request;
	s->request.error_mode = ERRORS_REPLY;
	s->request.take_recipients = false;
	s->has_sender = false;
}

static void helo(struct smtpd *s, const char *argument)
{
	if (!*argument) {
		smtpd_reply(&s->out, 501, "5.5.4", "the name of the client is missing");
		return;
	}
	smtpd_reset(s);
	smtpd_reply(&s->out, 250, NULL, "%s", s->params->host);
}

static void ehlo(struct smtpd *s, const char *argument)
{
	uint64_t size = s->params->request->config->max_message_size;

	if (!*argument) {
		helo(s, argument);
		return;
	}
	smtpd_reset(s);
	buf_addf(&s->out, "250-%s\r\n250-PIPELINING\r\n", s->params->host);
	if (size)
		buf_addf(&s->out, "250-SIZE %" PRIu64 "\r\n", size);
	else
		buf_adds(&s->out, "250-SIZE\r\n");
	buf_adds(&s->out, "250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES\r\n");
}

/*
 * The length of the path at text: with its '>', quotes heeded, or a word where there are no
 * brackets; 0: there is none.
 */
static size_t path_length(const char *text)
{
	bool brackets = *text == '<', quoted = false;
	size_t i = 0;

	for (; text[i]; i++) {
		if (text[i] == '\\' && quoted && text[i + 1])
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (brackets ? text[i] == '>' : ascii_is_blank(text[i])))
			return i + brackets;
	}
	return brackets ? 0 : i;
}

/*
 * Takes "FROM:<path> parameters" apart; the path is to be freed.  NULL: it is none, and the
 * client was told.
 */
static char *take_path(
	struct smtpd *s, const char *argument, const char *keyword, const char **parameters)
{
	size_t len = strlen(keyword);
	const char *path = argument + len;

	if (!ascii_starts_with(argument, keyword)) {
		smtpd_reply(&s->out, 501, "5.5.4", "syntax: %s<address>", keyword);
		return NULL;
	}
	path += strspn(path, " \t");
	len = path_length(path);
	*parameters = path + len;
	if (len && utf8_is_valid(path, len) && (!**parameters || ascii_is_blank(**parameters)))
		return alloc_bytes(path, len);
	smtpd_reply(&s->out, 553, "5.1.3", "bad address syntax");
	return NULL;
}

/* The one address of a forward path.  False: *err. */
static bool parse_recipient(const char *path, char **address, struct error *err)
{
	struct mailboxes list = MAILBOXES_INIT;
	bool ok = mailboxes_parse(&list, path, strlen(path), err);

	if (ok && list.count != 1)
		ok = error_set(err, EX_DATAERR, "5.1.3", "'%s' is not one address", path);
	if (ok)
		*address = mailbox_address(&list.items[0]);
	mailboxes_release(&list);
	return ok;
}

static void take_sender(struct smtpd *s, const char *path, struct parameters *p)
{
	uint64_t max = s->params->request->config->max_message_size;
	struct error err = ERROR_INIT;
	char *sender = address_parse_sender(path, &err);

	if (!sender) {
		smtpd_reply(&s->out, 553, "5.1.7", "%s", err.text);
		return;
	}
	if (max && p->size > max) {
		smtpd_reply(&s->out, 552, "5.3.4", "the message is larger than %" PRIu64 " octets",
			max);
		free(sender);
		return;
	}
	s->request.envelope.sender = sender;
	s->request.envelope.ret = p->ret;
	s->request.envelope.envid = p->envid;
	p->envid = NULL;
	s->has_sender = true;
	smtpd_reply(&s->out, 250, "2.1.0", "Ok");
}

static void mail(struct smtpd *s, const char *argument)
{
	struct parameters p = PARAMETERS_INIT;
	struct error err = ERROR_INIT;
	const char *rest;
	char *path;

	if (s->has_sender) {
		smtpd_reply(&s->out, 503, "5.5.1", "a transaction is open: RSET first");
		return;
	}
	path = take_path(s, argument, "FROM:", &rest);
	if (!path)
		return;
	if (parameters_parse(&p, PARAMETER_OF_MAIL, rest, &err))
		take_sender(s, path, &p);
	else
		smtpd_reply_error(&s->out, &err);
	parameters_release(&p);
	free(path);
}

/* Reads the alias file, once a session. */
static bool have_aliases(struct smtpd *s, struct error *err)
{
	const char *file = config_aliases(s->params->request->config);

	if (s->has_aliases || !s->params->request->expand || !file)
		return true;
	s->has_aliases = aliases_read(&s->aliases, file, err);
	return s->has_aliases;
}

/*
 * Does the address lead somewhere?  Only names that could be aliases are looked up; the message's
 * own expansion comes later.
 */
static bool check_aliases(struct smtpd *s, const char *address, struct error *err)
{
	struct config *c = s->params->request->config;
	const char *domain = address_domain(address);
	struct envelope scratch = ENVELOPE_INIT;
	struct expansion x = EXPANSION_INIT;
	bool ok;

	if (domain && !config_is_own_host(c, domain))
		return true;
	ok = have_aliases(s, err) && envelope_add(&scratch, address, NULL, err) &&
	     expand_recipients(&scratch, s->has_aliases ? &s->aliases : NULL, c, &x, err);
	if (ok && !scratch.count && x.count && x.failures[0].error.code != EX_OK) {
		*err = x.failures[0].error;
		err->reply = 553;
		ok = false;
	}
	expansion_release(&x);
	envelope_release(&scratch);
	return ok;
}

static void take_recipient(struct smtpd *s, char *address, struct parameters *p)
{
	struct envelope *e = &s->request.envelope;
	size_t before = e->count;
	struct error err = ERROR_INIT;

	if (!envelope_add(e, address, NULL, &err)) {
		smtpd_reply(&s->out, 452, "4.5.3", "%s", err.text);
		return;
	}
	if (e->count > before) {
		e->recipients[before].notify = p->notify;
		e->recipients[before].orcpt = p->orcpt;
		p->orcpt = NULL;
	}
	smtpd_reply(&s->out, 250, "2.1.5", "Ok");
}

static void rcpt(struct smtpd *s, const char *argument)
{
	struct parameters p = PARAMETERS_INIT;
	struct error err = ERROR_INIT;
	const char *rest;
	char *path, *address = NULL;

	if (!s->has_sender) {
		smtpd_reply(&s->out, 503, "5.5.1", "MAIL first");
		return;
	}
	path = take_path(s, argument, "TO:", &rest);
	if (!path)
		return;
	if (!parse_recipient(path, &address, &err))
		smtpd_reply(&s->out, 553, "5.1.3", "%s", err.text);
	else if (!parameters_parse(&p, PARAMETER_OF_RCPT, rest, &err) ||
		 !check_aliases(s, address, &err))
		smtpd_reply_error(&s->out, &err);
	else
		take_recipient(s, address, &p);
	parameters_release(&p);
	free(address);
	free(path);
}

static void data(struct smtpd *s, const char *argument)
{
	if (*argument) {
		smtpd_reply(&s->out, 501, "5.5.4", "DATA takes no argument");
		return;
	}
	if (!s->request.envelope.count) {
		smtpd_reply(&s->out, 503, "5.5.1",
			s->has_sender ? "no valid recipients" : "MAIL first");
		return;
	}
	s->source = (struct message_source){
		.fd = -1,
		.size_max = s->params->request->config->max_message_size,
		.spool_directories = s->params->spool_directories,
	};
	message_reader_begin(&s->reader, &s->request.message, &s->source);
	s->content_error = (struct error)ERROR_INIT;
	s->lf_ends = s->lf_line;
	s->line_start = true;
	s->held = 0;
	s->state = SMTPD_CONTENT;
	smtpd_reply(&s->out, 354, NULL, "End data with <CR><LF>.<CR><LF>");
}

static void rset(struct smtpd *s, const char *argument)
{
	smtpd_reset(s);
	smtpd_reply(&s->out, 250, "2.0.0", "Ok");
}

static void noop(struct smtpd *s, const char *argument)
{
	smtpd_reply(&s->out, 250, "2.0.0", "Ok");
}

static void vrfy(struct smtpd *s, const char *argument)
{
	if (*argument)
		smtpd_reply(&s->out, 252, "2.0.0", "cannot tell before a message is sent");
	else
		smtpd_reply(&s->out, 501, "5.5.4", "an address is missing");
}

static void help(struct smtpd *s, const char *argument)
{
	smtpd_reply(&s->out, 214, "2.0.0", "HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
}

static void quit(struct smtpd *s, const char *argument)
{
	smtpd_reply(&s->out, 221, "2.0.0", "%s closes the connection", s->params->host);
	s->state = SMTPD_CLOSED;
}

static void not_here(struct smtpd *s, const char *argument)
{
	smtpd_reply(&s->out, 502, "5.5.1", "this command is not implemented");
}

static const struct {
	const char *verb;
	void (*run)(struct smtpd *s, const char *argument);
} commands[] = {
	{ "HELO", helo },
	{ "EHLO", ehlo },
	{ "MAIL", mail },
	{ "RCPT", rcpt },
	{ "DATA", data },
	{ "RSET", rset },
	{ "NOOP", noop },
	{ "VRFY", vrfy },
	{ "HELP", help },
	{ "QUIT", quit },
	{ "EXPN", not_here },
	{ "BDAT", not_here },
	{ "AUTH", not_here },
	{ "STARTTLS", not_here },
	{ "TURN", not_here },
};

static void nonsense(struct smtpd *s, const char *why)
{
	s->was_nonsense = true;
	smtpd_reply(&s->out, 500, "5.5.2", "%s", why);
}

void smtpd_command(struct smtpd *s, const char *line, size_t len)
{
	size_t verb = strcspn(line, " \t");
	char *argument;

	if (ascii_has_line_break(line, len)) {
		nonsense(s, "a CR or NUL in a command");
		return;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!ascii_equal_bytes(line, verb, commands[i].verb))
			continue;
		while (len > verb && ascii_is_blank(line[len - 1]))
			len--;
		verb += strspn(line + verb, " \t");
		argument =
			alloc_bytes(line + (verb < len ? verb : len), verb < len ? len - verb : 0);
		commands[i].run(s, argument);
		free(argument);
		return;
	}
	nonsense(s, "this is no command");
}
