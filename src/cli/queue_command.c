/* SPDX-License-Identifier: ISC */
#include "cli/queue_command.h"

#include "base/clock.h"
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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const struct error *err)
{
	outcome_print_error(err, NULL);
	return err->code;
}

static int usage(const char *what, const char *word)
{
	struct error err;

	error_set(&err, EX_USAGE, NULL, "queue: %s '%s'", what, word);
	error_hint(&err, "sendoff queue --help");
	return fail(&err);
}

void queue_warn_if_overdue(struct config *c, struct caller *caller)
{
	struct error warning;

	if (queue_is_overdue(c, caller, &warning))
		outcome_print_error(&warning, NULL);
}

static int print_list(struct config *c, struct caller *caller, const struct queue_view *view)
{
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;

	if (!queue_list(c, caller, view, &out, &err)) {
		buf_release(&out);
		return fail(&err);
	}
	if (!print_out(&out, &err))
		return fail(&err);
	if (view->form != PRINT_JSON)
		queue_warn_if_overdue(c, caller);
	return EX_OK;
}

int queue_print(
	struct config *c, struct caller *caller, const struct queue_filter *filters)
{
	struct queue_view view = { .form = print_form(), .filters = filters };

	return print_list(c, caller, &view);
}

/* False: the process was asked to stop. */
static bool pause_until(int64_t deadline_ms)
{
	return process_poll(NULL, 0, deadline_ms) == 0;
}

int queue_run_command(const struct run_params *run, int64_t interval_s)
{
	struct run_params each = *run;
	struct error err = ERROR_INIT;

	process_catch_stop();
	each.is_last = !interval_s;
	for (;;) {
		int64_t next_ms = clock_now_ms() + interval_s * 1000;
		bool ok = run_queue(&each, &err);

		if (!ok)
			outcome_print_error(&err, NULL);
		if (!interval_s && process_stopped())
			return EX_TEMPFAIL;
		if (!interval_s)
			return ok ? EX_OK : err.code;
		if (process_stopped() || !pause_until(next_ms))
			return EX_OK;
	}
}

static int list(struct config *c, struct caller *caller, int argc, char **argv)
{
	struct queue_view view = { .form = print_form() };
	struct error err = ERROR_INIT;
	bool json = false;
	const struct word words[] = { { "--json", NULL, &json }, { NULL, NULL, NULL } };

	if (!words_parse(words, argc, argv, &err))
		return fail(&err);
	if (json)
		view.form = PRINT_JSON;
	return print_list(c, caller, &view);
}

static int run(struct config *c, struct caller *caller, int argc, char **argv)
{
	struct screen screen;
	struct run_params params = {
		.config = c, .caller = caller, .trace = screen_trace(&screen, false, true)
	};
	const char *every = NULL;
	bool all = false;
	const struct word words[] = { { "--all", NULL, &all },
		{ "--account", &params.account, NULL }, { "--every", &every, NULL },
		{ NULL, NULL, NULL } };
	struct error err = ERROR_INIT;
	int64_t interval = 0;

	if (!words_parse(words, argc, argv, &err))
		return fail(&err);
	if (every && (!units_duration(every, 60, &interval) || !interval))
		return usage("bad interval", every);
	if (params.account && !config_choose(c, params.account, NULL, &err))
		return fail(&err);
	params.extent = all ? RUN_ALL : RUN_DUE;
	return queue_run_command(&params, interval);
}

typedef bool change_function(
	struct config *c, struct caller *caller, const char *id, struct error *err);

/* One id after another; the first error decides the status. */
static int change(
	struct config *c, struct caller *caller, int argc, char **argv, change_function *work)
{
	struct error err = ERROR_INIT;
	int status = EX_OK;

	for (int i = 0; i < argc; i++)
		if (!work(c, caller, argv[i], &err)) {
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

int queue_command(struct config *c, struct caller *caller, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (argc < 2 || word[0] == '-')
		return list(c, caller, argc, argv);
	argv[1] = argv[0]; /* the name that mistakes are told of */
	if (strcmp(word, "list") == 0)
		return list(c, caller, argc - 1, argv + 1);
	if (strcmp(word, "run") == 0)
		return run(c, caller, argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		if (strcmp(word, changes[i].name) != 0)
			continue;
		if (argc < 3 || argc - 2 > changes[i].ids_max)
			return usage(
				argc < 3 ? "an ID is missing behind" : "one ID is wanted behind",
				word);
		return change(c, caller, argc - 2, argv + 2, changes[i].work);
	}
	return usage("unknown word", word);
}
