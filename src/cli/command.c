/* SPDX-License-Identifier: ISC */
#include "cli/command.h"

#include "base/log.h"
#include "cli/check.h"
#include "cli/config_command.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/queue_command.h"
#include "cli/setup.h"
#include "cli/version.h"
#include "config/config.h"

#include <string.h>

/* One call of a command; argv[0] is its name, -C is taken out. */
struct call {
	int argc;
	char **argv;
	const char *config_file;
	struct caller caller;
};

static bool call_check(struct call *c, int *status, struct error *err)
{
	return check_command(&c->caller, c->config_file, c->argc, c->argv, status, err);
}

static bool call_setup(struct call *c, int *status, struct error *err)
{
	return setup_command(&c->caller, c->config_file, c->argc, c->argv, status, err);
}

static bool call_config(struct call *c, int *status, struct error *err)
{
	return config_command(&c->caller, c->config_file, c->argc, c->argv, err);
}

static bool call_queue(struct call *c, int *status, struct error *err)
{
	struct config config = CONFIG_INIT;

	if (!config_load_queue(&config, &c->caller, c->config_file, NULL, err))
		return false;
	log_open(config.log);
	*status = queue_command(&config, &c->caller, c->argc, c->argv);
	config_release(&config);
	return true;
}

static const struct command {
	const char *name;
	bool (*run)(struct call *c, int *status, struct error *err); /* NULL: send */
	/* of a set-id process: it works on the system's configuration or queue */
	bool keeps_rights;
	const char *usage; /* what follows the name */
	const char *help;
} commands[] = {
	{ "send", NULL, true, "[--dry-run [--offers=LIST]] [OPTION…] [RECIPIENT…]",
		"send a message from standard input, as sendmail does" },
	{ "setup", call_setup, false, "[--address ADDR] [--host HOST] [--port PORT] [--tls MODE]",
		"ask for a mail address and make a configuration that works, tried before it is "
		"written" },
	{ "setup", call_setup, false, "[--user NAME] [--password-command CMD] [--queue] [--force]",
		"what is given is not asked for; without a terminal the secret is a line of "
		"standard input" },
	{ "check", call_check, true, "[-a ACCOUNT] [--offline] [--json]",
		"try the configuration step by step, and say what to do about the first that "
		"fails" },
	{ "check", call_check, true, "[--rcpt ADDR] [--vrfy ADDR] [--server-help]",
		"ask the server about a recipient, about an address, for its help" },
	{ "queue", call_queue, true, "[list] [--json]", "the queued messages" },
	{ "queue", call_queue, true, "run [--all] [--account ACCOUNT] [--every INTERVAL]",
		"try what is due, or everything" },
	{ "queue", call_queue, true, "show ID", "one message" },
	{ "queue", call_queue, true, "remove|hold|release ID…",
		"drop messages, keep them from being tried, let them go again" },
	{ "config", call_config, true, "[show]",
		"the configuration in effect, and where each key was written" },
	{ "config", call_config, true, "--path", "the files that it was read from" },
	{ "config", call_config, true, "lint", "every problem of these files" },
	{ "config", call_config, true, "import FILE…",
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
static bool take_common(struct call *c, bool *wants_help, struct error *err)
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
	struct call c = { .argc = argc, .argv = argv, .caller = CALLER_INIT };
	bool wants_help = false;
	bool ok;

	caller_init(&c.caller);
	ok = (command->keeps_rights || caller_drop_rights(&c.caller, err)) &&
	     take_common(&c, &wants_help, err);
	if (ok)
		ok = wants_help ? help_of_command(command->name, err)
				: command->run(&c, status, err);
	caller_release(&c.caller);
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
