/* SPDX-License-Identifier: ISC */
#include "cli/options.h"

#include "base/ascii.h"
#include "cli/option_table.h"

#include <string.h>

/* Names that stand for a mode; any other delivers. */
static const struct {
	const char *program;
	enum options_mode mode;
} personalities[] = {
	{ "mailq", MODE_QUEUE_LIST },
	{ "newaliases", MODE_ALIASES },
};

/* The words that are still to be parsed. */
struct cursor {
	char **next; /* ends with NULL */
	bool is_send;
};

static const struct option_row *find(const struct cursor *c, const char *name, size_t len)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0 &&
			(!row->only_send || c->is_send))
			return row;
	return NULL;
}

static bool unknown(const char *word, const char *option, size_t len, struct error *err)
{
	if (ascii_is_8bit(*option))
		len = utf8_length(option, strlen(option));
	error_set(err, EX_USAGE, NULL, "unknown option '-%.*s'", (int)len, option);
	if (word[1] != '-' && word[1 + len])
		error_context(err, "'%s'", word);
	return error_hint(err, "--help lists the options");
}

/*
 * Applies an option whose value, where it takes one, is `attached` or, if that is NULL, the next
 * word.
 */
static bool with_value(struct cursor *c, const struct option_row *row, const char *attached,
	struct options *o, struct error *err)
{
	const char *dash = row->name[1] ? "--" : "-";

	if (attached || row->takes == TAKES_ATTACHED)
		return option_apply(row, o, attached ? attached : "", err);
	if (!*c->next)
		return error_set(
			err, EX_USAGE, NULL, "option '%s%s' needs a value", dash, row->name);
	return option_apply(row, o, *c->next++, err);
}

static bool parse_bundle(struct cursor *c, const char *word, struct options *o, struct error *err)
{
	bool ok = true;

	for (const char *at = word + 1; *at && ok; at++) {
		const struct option_row *row = find(c, at, 1);

		if (!row)
			return unknown(word, at, 1, err);
		if (row->takes != TAKES_NOTHING)
			return with_value(c, row, at[1] ? at + 1 : NULL, o, err);
		ok = option_apply(row, o, NULL, err);
	}
	return ok;
}

static bool parse_long(struct cursor *c, const char *word, struct options *o, struct error *err)
{
	size_t len = strcspn(word + 2, "=");
	const char *attached = word[2 + len] ? word + 2 + len + 1 : NULL;
	const struct option_row *row = len > 1 ? find(c, word + 2, len) : NULL;

	if (!row)
		return unknown(word, word + 1, len + 1, err);
	if (row->takes != TAKES_NOTHING)
		return with_value(c, row, attached, o, err);
	if (attached)
		return error_set(err, EX_USAGE, NULL, "option '--%s' takes no value", row->name);
	return option_apply(row, o, NULL, err);
}

/* Goes on behind a bad option; *err stays about the first. */
static bool parse_words(struct cursor *c, struct options *o, struct error *err)
{
	bool ok = true;

	while (*c->next && (*c->next)[0] == '-' && (*c->next)[1]) {
		const char *word = *c->next++;
		struct error other = ERROR_INIT;

		if (strcmp(word, "--") == 0)
			break;
		if (!(word[1] == '-' ? parse_long : parse_bundle)(c, word, o, ok ? err : &other))
			ok = false;
	}
	return ok;
}

static bool check_line_breaks(int argc, char **argv, struct error *err)
{
	for (int i = 1; i < argc; i++)
		if (strpbrk(argv[i], "\r\n"))
			return error_set(err, EX_DATAERR, "5.1.3",
				"a line break in the argument '%s'", argv[i]);
	return true;
}

/*
 * -q makes a run of what would be a delivery, and with -bp says what is listed; a message that
 * nobody would read is not lost unsaid.
 */
static bool check_mode(struct options *o, struct error *err)
{
	if (o->run_queue && o->mode == MODE_DELIVER)
		o->mode = MODE_QUEUE_RUN;
	if (o->mode == MODE_REFUSED || o->mode == MODE_HELP || o->mode == MODE_VERSION)
		return true;
	if (o->run_queue && o->mode != MODE_QUEUE_RUN && o->mode != MODE_QUEUE_LIST)
		return error_set(err, EX_USAGE, NULL, "option '-q' cannot go with -bs, -bi or -bv");
	if (o->mode == MODE_DELIVER || o->mode == MODE_SMTP)
		return true;
	if (o->take_recipients)
		return error_set(err, EX_USAGE, NULL,
			"option '-t' needs a message, and this mode reads none");
	if (o->recipient_count && o->mode != MODE_VERIFY)
		return error_set(err, EX_USAGE, NULL,
			"no message is read in this mode: what is '%s' for?", o->recipients[0]);
	if (!o->recipient_count && o->mode == MODE_VERIFY)
		return error_set(err, EX_USAGE, NULL, "option '-bv' needs recipients");
	return true;
}

const char *options_program(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	if (argc < 1 || !*argv[0] || (slash && !slash[1]))
		return "sendmail";
	return slash ? slash + 1 : argv[0];
}

static enum options_mode first_mode(const char *program)
{
	for (size_t i = 0; i < sizeof personalities / sizeof *personalities; i++)
		if (strcmp(program, personalities[i].program) == 0)
			return personalities[i].mode;
	return MODE_DELIVER;
}

bool options_parse(struct options *o, int argc, char **argv, struct error *err)
{
	static char *nothing[] = { NULL };
	const char *program = options_program(argc, argv);
	struct cursor c = { argc > 0 ? argv + 1 : nothing, strcmp(program, "send") == 0 };
	struct error other;
	bool ok;

	*o = (struct options)OPTIONS_INIT;
	o->mode = first_mode(program);
	o->is_send = c.is_send;
	ok = check_line_breaks(argc, argv, err);
	ok = parse_words(&c, o, ok ? err : &other) && ok;
	o->recipients = c.next;
	while (c.next[o->recipient_count])
		o->recipient_count++;
	return check_mode(o, ok ? err : &other) && ok;
}
