/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "base/log.h"
#include "base/process.h"
#include "cli/command.h"
#include "cli/deliver.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/queue_command.h"
#include "cli/screen.h"
#include "cli/smtpd.h"
#include "cli/smtpd_reply.h"
#include "cli/verify.h"
#include "cli/version.h"
#include "outcome.h"
#include "queue/store.h"

#include <string.h>

/* One call of the program under any of sendmail's names. */
struct call {
	struct options options;
	struct config config;
	struct caller caller;
	struct error failure; /* what the command line, then the configuration, had to say */
};

/* The status of what reports by an error. */
static int status_of(bool ok, const struct error *err)
{
	if (!ok)
		outcome_print_error(err, NULL);
	return ok ? EX_OK : err->code;
}

static int run_deliver(struct call *c)
{
	return deliver(&c->options, &c->config, &c->caller, &c->failure);
}

/* A client that speaks SMTP is told in SMTP what is wrong. */
static int run_smtp(struct call *c)
{
	struct strlist directories = STRLIST_INIT;
	struct request request = REQUEST_INIT;
	struct smtpd_params params = { .request = &request,
		.host = config_own_name(&c->config),
		.spool_directories = &directories,
		.submit = submit };
	struct buf line = BUF_INIT;
	int status;

	if (c->failure.code != EX_OK) {
		smtpd_reply(&line, 554, "5.3.5", "%s", c->failure.text);
		print_out(&line, &c->failure);
		return c->failure.code;
	}
	request_from_options(&request, &c->options, &c->config, &c->caller, &c->failure);
	envelope_release(&request.envelope);
	store_spool_directories(&directories, &c->config);
	process_catch_stop();
	status = smtpd_run(&params);
	strlist_release(&directories);
	return status;
}

static int run_verify(struct call *c)
{
	return status_of(
		verify_print(&c->options, &c->config, &c->caller, &c->failure), &c->failure);
}

static int run_aliases(struct call *c)
{
	return status_of(aliases_check(&c->config, &c->failure), &c->failure);
}

static int run_queue_list(struct call *c)
{
	return status_of(
		queue_print(&c->config, &c->caller, c->options.filters, &c->failure), &c->failure);
}

static int run_queue_run(struct call *c)
{
	struct screen screen;
	struct run_params run = {
		.config = &c->config,
		.caller = &c->caller,
		.extent = RUN_ALL,
		.account = c->options.account,
		.trace = screen_trace(&screen, c->options.verbose, false),
	};

	if (run.account && !config_choose(&c->config, run.account, NULL, &c->failure))
		return status_of(false, &c->failure);
	memcpy(run.filters, c->options.filters, sizeof run.filters);
	return queue_run_command(&run, c->options.interval_s);
}

static int run_help(struct call *c)
{
	return status_of(help_print(&c->failure), &c->failure);
}

static int run_version(struct call *c)
{
	return status_of(version_print(&c->failure), &c->failure);
}

static int run_refused(struct call *c)
{
	return status_of(false, &c->failure);
}

enum configuration { NOT_READ, HELPFUL, NEEDED };

static const struct mode {
	int (*run)(struct call *c);
	enum configuration configuration;
	/* a message has to be read, or a client answered, before the failure is told */
	bool takes_failure;
} modes[] = {
	[MODE_DELIVER] = { run_deliver, NEEDED, true },
	[MODE_SMTP] = { run_smtp, NEEDED, true },
	[MODE_QUEUE_LIST] = { run_queue_list, NEEDED, false },
	[MODE_QUEUE_RUN] = { run_queue_run, NEEDED, false },
	[MODE_ALIASES] = { run_aliases, HELPFUL, false },
	[MODE_VERIFY] = { run_verify, NEEDED, false },
	[MODE_HELP] = { run_help, NOT_READ, false },
	[MODE_VERSION] = { run_version, NOT_READ, false },
	[MODE_REFUSED] = { run_refused, NOT_READ, true },
};

static bool load(struct call *c, struct error *err)
{
	bool is_queue = c->options.mode == MODE_QUEUE_LIST || c->options.mode == MODE_QUEUE_RUN;
	bool (*loader)(struct config *, struct caller *, const char *, const char *,
		struct error *) = is_queue ? config_load_queue : config_load;

	return loader(&c->config, &c->caller, c->options.config_file, c->options.account, err);
}

static void configure(struct call *c, enum configuration configuration)
{
	struct error err = ERROR_INIT;

	if (configuration == NOT_READ)
		return;
	if (load(c, &err))
		log_open(c->config.log);
	else if (configuration == NEEDED && c->failure.code == EX_OK)
		c->failure = err;
}

static int run_mode(struct call *c)
{
	const struct mode *mode = &modes[c->options.mode];

	configure(c, mode->configuration);
	if (c->failure.code != EX_OK && !mode->takes_failure)
		return status_of(false, &c->failure);
	return mode->run(c);
}

static int sendmail_main(int argc, char **argv)
{
	struct call call = { 0 };
	int status;

	caller_init(&call.caller);
	options_parse(&call.options, argc, argv, &call.failure);
	if (call.options.tag)
		log_tag(call.options.tag);
	status = run_mode(&call);
	config_release(&call.config);
	caller_release(&call.caller);
	return status;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int status = EX_OK;

	process_prepare();
	if (strcmp(options_program(argc, argv), "sendoff") != 0)
		return sendmail_main(argc, argv);
	if (!command_run(argc, argv, sendmail_main, &status, &err))
		status = status_of(false, &err);
	return status;
}
