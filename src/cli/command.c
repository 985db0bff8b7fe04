/* SPDX-License-Identifier: ISC */
#include "cli/command.h"

#include "cli/check.h"
#include "cli/config_command.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/queue_command.h"
#include "cli/setup.h"
#include "cli/version.h"

#include <string.h>

static const struct command {
	const char *name;
	/* NULL: send */
	bool (*run)(const struct command_call *call, int *status, struct error *err);
	/* of a set-id process: it works on the system's configuration or queue */
	bool keeps_rights;
	const char *usage; /* what follows the name */
	const char *help;
} commands[] = {
	{ "send", NULL, true, "[--dry-run [--offers=LIST]] [OPTION…] [RECIPIENT…]",
		"send a message from standard input, as sendmail does" },
	{ "setup", setup_command, false,
		"[--address ADDR] [--host HOST] [--port PORT] [--tls MODE]",
		"ask for a mail address and make a configuration that works, tried before it is "
		"written" },
	{ "setup", setup_command, false,
		"[--user NAME] [--password-command CMD] [--queue] [--force]",
		"what is given is not asked for; without a terminal the secret is a line of "
		"standard input" },
	{ "check", check_command, true, "[-a ACCOUNT] [--offline] [--json]",
		"try the configuration step by step, and say what to do about the first that "
		"fails" },
	{ "check", check_command, true, "[--rcpt ADDR] [--vrfy ADDR] [--server-help]",
		"ask the server about a recipient, about an address, for its help" },
	{ "queue", queue_command, true, "[list] [--json]", "the queued messages" },
	{ "queue", queue_command, true, "run [--all] [--account ACCOUNT] [--every INTERVAL]",
		"try what is due, or everything" },
	{ "queue", queue_command, true, "show ID", "one message" },
	{ "queue", queue_command, true, "remove|hold|release ID…",
		"drop messages, keep them from being tried, let them go again" },
	{ "config", config_command, true, "[show]",
		"the configuration in effect, and where each key was written" },
	{ "config", config_command, true, "--path", "the files that it was read from" },
	{ "config", config_command, true, "lint", "every problem of these files" },
	{ "config", config_command, true, "import FILE…",
		"a configuration made from that of msmtp, ssmtp, dma, nullmailer, esmtp or "
		"Postfix" },
	{ NULL },
};

static void add_command(struct buf *out, const struct command *c)
{
	struct buf name = BUF_INIT;

	buf_addf(&name, "  sendoff %s %s", c->name, c->usage);
	help_add(out, buf_str(&name), c->help);
	buf_release(&name);
}

static bool help_of_all(struct error *err)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "usage: sendoff COMMAND [-C FILE] …\n\n");
	for (const struct command *c = commands; c->name; c++)
		add_command(&out, c);
	buf_adds(&out, "\n");
	help_add(&out, "  -C FILE", "configuration file, in place of the usual ones");
	help_add(&out, "  --help", "this help; of a command: sendoff COMMAND --help");
	help_add(&out, "  --version", "versions of sendoff and its libraries");
	return print_out(&out, err);
}

static bool help_of_command(const char *name, struct error *err)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "usage:\n");
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			add_command(&out, c);
	return print_out(&out, err);
}

/* Takes -C FILE out of argv, wherever it stands before "--"; *wants_help: --help is there. */
static bool take_common(struct command_call *c, bool *wants_help, struct error *err)
{
	int kept = 1;
	int i = 1;

	for (; i < c->argc && strcmp(c->argv[i], "--") != 0; i++) {
		char *word = c->argv[i];

		*wants_help = *wants_help || strcmp(word, "--help") == 0;
		if (strncmp(word, "-C", 2) != 0)
			c->argv[kept++] = word;
		else if (word[2])
			c->config_file = word + 2;
		else if (++i < c->argc)
			c->config_file = c->argv[i];
		else
			return error_set(err, EX_USAGE, NULL, "option '-C' needs a value");
	}
	while (i < c->argc)
		c->argv[kept++] = c->argv[i++];
	c->argv[kept] = NULL;
	c->argc = kept;
	return true;
}

static bool run(
	const struct command *command, int argc, char **argv, int *status, struct error *err)
{
	struct caller caller = CALLER_INIT;
	struct command_call c = { .caller = &caller, .argc = argc, .argv = argv };
	bool wants_help = false;
	bool ok;

	caller_init(&caller);
	ok = (command->keeps_rights || caller_drop_rights(&caller, err)) &&
	     take_common(&c, &wants_help, err);
	if (ok)
		ok = wants_help ? help_of_command(command->name, err)
				: command->run(&c, status, err);
	caller_release(&caller);
	return ok;
}

bool command_run(
	int argc, char **argv, int (*send)(int argc, char **argv), int *status, struct error *err)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *c = commands;

	*status = EX_OK;
	if (!name) {
		error_set(err, EX_USAGE, NULL, "a command is missing");
		return error_hint(err, "sendoff --help lists the commands");
	}
	if (strcmp(name, "--help") == 0)
		return help_of_all(err);
	if (strcmp(name, "--version") == 0)
		return version_print(err);
	while (c->name && strcmp(c->name, name) != 0)
		c++;
	if (!c->name) {
		error_set(err, EX_USAGE, NULL, "unknown command '%s'", name);
		return error_hint(err, "sendoff --help lists the commands");
	}
	if (c->run)
		return run(c, argc - 1, argv + 1, status, err);
	*status = send(argc - 1, argv + 1);
	return true;
}
