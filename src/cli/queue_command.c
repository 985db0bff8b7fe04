/* SPDX-License-Identifier: ISC */
#include "cli/queue_command.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/units.h"
#include "cli/print.h"
#include "cli/queue_change.h"
#include "cli/queue_list.h"
#include "cli/screen.h"
#include "cli/words.h"
#include "outcome.h"
#include "queue/overdue.h"

#include <stdio.h>
#include <string.h>

static bool usage(struct error *err, const char *what, const char *word)
{
	error_set(err, EX_USAGE, NULL, "queue: %s '%s'", what, word);
	return error_hint(err, "sendoff queue --help");
}

void queue_warn_if_overdue(struct config *c, struct caller *caller)
{
	struct error warning;

	if (queue_is_overdue(c, caller, &warning))
		outcome_print_error(&warning, NULL);
}

static bool print_list(
	struct config *c, struct caller *caller, const struct queue_view *view, struct error *err)
{
	struct buf out = BUF_INIT;
	bool ok = queue_list(c, caller, view, &out, err) && print_out(&out, err);

	if (ok && view->form != PRINT_JSON)
		queue_warn_if_overdue(c, caller);
	buf_release(&out);
	return ok;
}

bool queue_print(struct config *c, struct caller *caller, const struct queue_filter *filters,
	struct error *err)
{
	struct queue_view view = { .form = print_form(), .filters = filters };

	return print_list(c, caller, &view, err);
}

int queue_run_command(const struct run_params *run, int64_t interval_s)
{
	struct run_params each = *run;
	struct error err = ERROR_INIT;
	int64_t next_ms;
	bool ok;

	process_catch_stop();
	each.is_last = !interval_s;
	do {
		next_ms = clock_now_ms() + interval_s * 1000;
		ok = run_queue(&each, &err);
		if (!ok)
			outcome_print_error(&err, NULL);
	} while (interval_s && process_poll(NULL, 0, next_ms) == 0);
	if (interval_s)
		return EX_OK;
	if (process_stopped())
		return EX_TEMPFAIL;
	return ok ? EX_OK : err.code;
}

static bool list(struct config *c, const struct command_call *call, struct error *err)
{
	struct queue_view view = { .form = print_form() };
	bool json = false;
	const struct word words[] = { { "--json", NULL, &json }, { NULL, NULL, NULL } };

	if (!words_parse(words, call->argc, call->argv, err))
		return false;
	if (json)
		view.form = PRINT_JSON;
	return print_list(c, call->caller, &view, err);
}

static bool run(struct config *c, const struct command_call *call, int *status, struct error *err)
{
	struct screen screen;
	struct run_params params = {
		.config = c, .caller = call->caller, .trace = screen_trace(&screen, false, true)
	};
	const char *every = NULL;
	bool all = false;
	const struct word words[] = { { "--all", NULL, &all },
		{ "--account", &params.account, NULL }, { "--every", &every, NULL },
		{ NULL, NULL, NULL } };
	int64_t interval = 0;

	if (!words_parse(words, call->argc, call->argv, err))
		return false;
	if (every && (!units_duration(every, 60, &interval) || !interval))
		return usage(err, "bad interval", every);
	if (params.account && !config_choose(c, params.account, NULL, err))
		return false;
	params.extent = all ? RUN_ALL : RUN_DUE;
	*status = queue_run_command(&params, interval);
	return true;
}

typedef bool change_function(
	struct config *c, struct caller *caller, const char *id, struct error *err);

/* One id after another; the first error decides the status. */
static int change(struct config *c, const struct command_call *call, change_function *work)
{
	struct error err = ERROR_INIT;
	int status = EX_OK;

	for (int i = 1; i < call->argc; i++)
		if (!work(c, call->caller, call->argv[i], &err)) {
			outcome_print_error(&err, NULL);
			status = status ? status : err.code;
		}
	return status;
}

static const struct {
	const char *name;
	change_function *work;
	int ids_max;
} changes[] = {
	{ "show", queue_show, 1 },
	{ "remove", queue_remove, INT32_MAX },
	{ "hold", queue_hold, INT32_MAX },
	{ "release", queue_release, INT32_MAX },
};

/* What the word says; NULL: the list. */
static bool do_word(struct config *c, const char *word, const struct command_call *call,
	int *status, struct error *err)
{
	if (!word || strcmp(word, "list") == 0)
		return list(c, call, err);
	if (strcmp(word, "run") == 0)
		return run(c, call, status, err);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		if (strcmp(word, changes[i].name) != 0)
			continue;
		if (call->argc < 2)
			return usage(err, "an ID is missing behind", word);
		if (call->argc - 1 > changes[i].ids_max)
			return usage(err, "one ID is wanted behind", word);
		*status = change(c, call, changes[i].work);
		return true;
	}
	return usage(err, "unknown word", word);
}

bool queue_command(const struct command_call *call, int *status, struct error *err)
{
	struct command_call c = *call;
	const char *word = words_take_first(&c.argc, &c.argv);
	struct config config = CONFIG_INIT;
	bool ok;

	if (!config_load_queue(&config, call->caller, call->config_file, NULL, err))
		return false;
	log_open(config.log);
	ok = do_word(&config, word, &c, status, err);
	config_release(&config);
	return ok;
}
