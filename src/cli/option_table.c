/* SPDX-License-Identifier: ISC */
#include "cli/option_table.h"

#include "base/ascii.h"
#include "base/units.h"

#include <string.h>

enum { ENVID_MAX = 100 }; /* RFC 3461 section 4.4 */

static option_setter set_mode, set_queue;
static option_setter set_setting, set_named, set_body, set_notify, set_return, set_envid;
static option_setter set_dots, set_error_mode, set_delivery, set_verbose;

#define FLAG(member)          SETS_FLAG, offsetof(struct options, member), NULL, NULL
#define TEXT(member, shown)   SETS_TEXT, offsetof(struct options, member), NULL, shown
#define MODE(mode)            SETS_MODE, mode, NULL, NULL
#define CALL(function, shown) CALLS, 0, function, shown
#define NOTHING(shown)        DOES_NOTHING, 0, NULL, shown

/* clang-format off */
const struct option_row option_rows[] = {
	{ "t", TAKES_NOTHING, FLAG(take_recipients),
		"recipients from To, Cc and Bcc, besides those given" },
	{ "i", TAKES_NOTHING, FLAG(ignore_dots), "a line of one dot does not end the message" },
	{ "f", TAKES_VALUE, TEXT(sender, "ADDR"),
		"envelope sender; '' or '<>' is the null sender" },
	{ "r", TAKES_VALUE, TEXT(sender, "ADDR"), "the same as -f" },
	{ "F", TAKES_VALUE, TEXT(full_name, "NAME"),
		"full name, for a From field that has to be made" },
	{ "b", TAKES_VALUE, CALL(set_mode, "MODE"), "what to do:" },
	{ "I", TAKES_NOTHING, MODE(MODE_ALIASES), "the same as -bi" },
	{ "q", TAKES_ATTACHED, CALL(set_queue, "[INTERVAL]"),
		"run the queue now, once or every INTERVAL (-q15m); -qISTRING, -qRSTRING, "
		"-qSSTRING: only messages whose id, recipient or sender contains STRING "
		"(-q!I…: does not contain it)" },
	{ "o", TAKES_VALUE, CALL(set_setting, "X[VALUE]"),
		"settings; letters not listed do nothing:" },
	{ "O", TAKES_VALUE, CALL(set_named, "NAME=VALUE"), "the same by their long names" },
	{ "e", TAKES_VALUE, CALL(set_error_mode, "MODE"), "the same as -oe" },
	{ "B", TAKES_VALUE, CALL(set_body, "TYPE"),
		"body type: 7BIT or 8BITMIME; found out anyway" },
	{ "N", TAKES_VALUE, CALL(set_notify, "WHEN"),
		"ask for reports: never, or some of success,failure,delay" },
	{ "R", TAKES_VALUE, CALL(set_return, "PART"), "what a report returns: full or hdrs" },
	{ "V", TAKES_VALUE, CALL(set_envid, "ID"), "envelope id that a report repeats" },
	{ "v", TAKES_NOTHING, FLAG(verbose), "show the dialogue with the server on stderr" },
	{ "C", TAKES_VALUE, TEXT(config_file, "FILE"),
		"configuration file, in place of the usual ones" },
	{ "a", TAKES_VALUE, TEXT(account, "ACCOUNT"), "use this account" },
	{ "account", TAKES_VALUE, TEXT(account, "ACCOUNT"), "the same" },
	{ "n", TAKES_NOTHING, FLAG(no_expand), "no alias expansion" },
	{ "L", TAKES_VALUE, TEXT(tag, "TAG"), "tag of the lines in syslog" },
	{ "A", TAKES_VALUE, NOTHING("X"), NULL },
	{ "D", TAKES_VALUE, NOTHING("FILE"), NULL },
	{ "G", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "M", TAKES_VALUE, NOTHING("ID"), NULL },
	{ "U", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "X", TAKES_VALUE, NOTHING("FILE"), NULL },
	{ "c", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "d", TAKES_ATTACHED, NOTHING("[X]"), NULL },
	{ "h", TAKES_VALUE, NOTHING("N"), NULL },
	{ "m", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "p", TAKES_VALUE, NOTHING("PROTOCOL"), NULL },
	{ "s", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "x", TAKES_NOTHING, NOTHING(NULL), NULL },
	{ "dry-run", TAKES_NOTHING, FLAG(dry_run),
		"print what would go to a server; send nothing (sendoff send)",
		true },
	{ "offers", TAKES_VALUE, TEXT(offers, "LIST"),
		"with --dry-run: what that server offers, as 8BITMIME,SMTPUTF8,CHUNKING", true },
	{ "help", TAKES_NOTHING, MODE(MODE_HELP), "this help" },
	{ "version", TAKES_NOTHING, MODE(MODE_VERSION),
		"versions of sendoff and its libraries" },
	{ NULL },
};

const struct option_mode_row option_modes[] = {
	{ 'm', MODE_DELIVER, "deliver a message from standard input (the default)" },
	{ 'a', MODE_DELIVER, "the same" },
	{ 's', MODE_SMTP, "be an SMTP server on standard input and output" },
	{ 'p', MODE_QUEUE_LIST, "list the queue (as mailq)" },
	{ 'i', MODE_ALIASES, "check the alias file (as newaliases)" },
	{ 'v', MODE_VERIFY, "show where each recipient would go; send nothing" },
	{ 'd', MODE_REFUSED,
		"use -bs to take mail and -q, from a timer, to run the queue: sendoff is no "
		"daemon" },
	{ 'D', MODE_REFUSED,
		"use -bs to take mail and -q15m to run the queue: sendoff is no daemon" },
	{ 't', MODE_REFUSED,
		"use -bv to see where an address goes, 'sendoff check' to test the configuration" },
	{ 'h', MODE_REFUSED, "use 'sendoff check' to test the way to the server" },
	{ 'H', MODE_REFUSED, "use 'sendoff check' to test the way to the server" },
	{ 'P', MODE_REFUSED, "use -bp to list the queue" },
	{ 0 },
};

const struct option_setting_row option_settings[] = {
	{ 'i', "IgnoreDots", set_dots, "", "as -i; with false or 0 behind it: not" },
	{ 'e', "ErrorMode", set_error_mode, "MODE",
		"errors: p print, m or w mail to the sender, e mail and exit 0, q exit status "
		"only" },
	{ 'd', "DeliveryMode", set_delivery, "MODE",
		"i now, b in the background, q or d queue only" },
	{ 'v', "Verbose", set_verbose, "", "as -v" },
	{ 0 },
};
/* clang-format on */

static bool set_mode(struct options *o, const char *value, struct error *err)
{
	for (const struct option_mode_row *m = option_modes; m->letter; m++) {
		if (value[0] != m->letter || value[1])
			continue;
		o->mode = m->mode;
		if (o->mode != MODE_REFUSED)
			return true;
		error_set(err, EX_USAGE, NULL, "option '-b%s' is not supported", value);
		return error_hint(err, "%s", m->help);
	}
	o->mode = MODE_REFUSED;
	error_set(err, EX_USAGE, NULL, "unknown option '-b%s'", value);
	return error_hint(err, "use -bm, -bs, -bp, -bi or -bv");
}

/* [!]I…, [!]R…, [!]S… of -q; false without an error: it is none of them. */
static bool set_filter(struct options *o, const char *value)
{
	static const char letters[] = "IRS"; /* in the order of enum queue_part */
	bool negated = *value == '!';
	const char *letter = value[negated] ? strchr(letters, value[negated]) : NULL;

	if (!letter || !value[negated + 1])
		return false;
	o->filters[letter - letters] = (struct queue_filter){ value + negated + 1, negated };
	return true;
}

static bool set_queue(struct options *o, const char *value, struct error *err)
{
	o->run_queue = true;
	if (!*value || strcmp(value, "f") == 0 || set_filter(o, value) ||
		units_duration(value, 60, &o->interval_s))
		return true;
	error_set(err, EX_USAGE, NULL, "bad value in option '-q%s'", value);
	return error_hint(err, "-q, -q15m, -qISTRING, -qRSTRING or -qSSTRING");
}

static bool set_dots(struct options *o, const char *value, struct error *err)
{
	o->ignore_dots = !*value || !strchr("fFnN0", *value);
	return true;
}

static bool set_verbose(struct options *o, const char *value, struct error *err)
{
	o->verbose = !*value || !strchr("fFnN0", *value);
	return true;
}

/* Letters that are no mode change nothing, as in Sendmail. */
static bool set_error_mode(struct options *o, const char *value, struct error *err)
{
	static const struct {
		char letter;
		enum error_mode mode;
	} modes[] = { { 'p', ERRORS_PRINT }, { 'm', ERRORS_MAIL }, { 'w', ERRORS_MAIL },
		{ 'e', ERRORS_MAIL_EXIT_0 }, { 'q', ERRORS_QUIET } };

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (*value == modes[i].letter)
			o->error_mode = modes[i].mode;
	return true;
}

static bool set_delivery(struct options *o, const char *value, struct error *err)
{
	static const struct {
		char letter;
		enum delivery delivery;
	} modes[] = { { '\0', DELIVERY_INTERACTIVE }, { 'i', DELIVERY_INTERACTIVE },
		{ 'b', DELIVERY_BACKGROUND }, { 'q', DELIVERY_QUEUE }, { 'd', DELIVERY_QUEUE } };

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (*value != modes[i].letter)
			continue;
		o->delivery = modes[i].delivery;
		o->has_delivery = true;
		return true;
	}
	return error_set(err, EX_USAGE, NULL, "unknown delivery mode '%s'", value);
}

static bool set_setting(struct options *o, const char *value, struct error *err)
{
	for (const struct option_setting_row *s = option_settings; s->letter; s++)
		if (*value == s->letter)
			return s->call(o, value + 1, err);
	return true;
}

static bool set_named(struct options *o, const char *value, struct error *err)
{
	size_t len = strcspn(value, "=");
	const char *behind = value + len + (value[len] == '=');

	while (len && ascii_is_blank(value[len - 1]))
		len--;
	while (ascii_is_blank(*behind))
		behind++;
	for (const struct option_setting_row *s = option_settings; s->letter; s++)
		if (ascii_equal_bytes(value, len, s->name))
			return s->call(o, behind, err);
	return true;
}

static bool set_body(struct options *o, const char *value, struct error *err)
{
	if (ascii_equal(value, "7BIT") || ascii_equal(value, "8BITMIME"))
		return true;
	return error_set(err, EX_USAGE, NULL, "bad body type '%s' in option '-B'", value);
}

static bool set_notify(struct options *o, const char *value, struct error *err)
{
	if (envelope_parse_notify(value, &o->notify))
		return true;
	return error_set(err, EX_USAGE, NULL, "bad value '%s' in option '-N'", value);
}

static bool set_return(struct options *o, const char *value, struct error *err)
{
	if (envelope_parse_return(value, &o->ret))
		return true;
	return error_set(err, EX_USAGE, NULL, "bad value '%s' in option '-R'", value);
}

static bool set_envid(struct options *o, const char *value, struct error *err)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (ascii_is_control(value[i]) || ascii_is_8bit(value[i]))
			len = 0;
	if (len == 0 || len > ENVID_MAX)
		return error_set(err, EX_USAGE, NULL, "bad value '%s' in option '-V'", value);
	o->envid = value;
	return true;
}

bool option_has_modes(const struct option_row *row)
{
	return row->call == set_mode;
}

bool option_has_settings(const struct option_row *row)
{
	return row->call == set_setting;
}

bool option_apply(
	const struct option_row *row, struct options *o, const char *value, struct error *err)
{
	char *base = (char *)o;

	switch (row->effect) {
	case SETS_FLAG:
		*(bool *)(void *)(base + row->target) = true;
		return true;
	case SETS_TEXT:
		*(const char **)(void *)(base + row->target) = value;
		return true;
	case SETS_MODE:
		o->mode = (enum options_mode)row->target;
		return true;
	case CALLS:
		return row->call(o, value, err);
	case DOES_NOTHING:
		break;
	}
	return true;
}
