/* SPDX-License-Identifier: ISC */
#include "cli/check.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Those of the step that is being reported. */
static unsigned long take_round_trips(struct check *c)
{
	unsigned long turns = c->session.stream.turns, count = c->round_trips;

	count += turns > c->turns ? turns - c->turns : 0;
	c->turns = turns;
	c->round_trips = 0;
	c->all_round_trips += count;
	return count;
}

void check_say(struct check *c, enum check_mark mark, const char *step, int64_t ms,
	const char *hint, const char *format, ...)
{
	int64_t now_ms = clock_now_ms();
	struct check_step line = { .mark = mark,
		.name = step,
		.ms = ms < 0 ? now_ms - c->said_ms : ms,
		.hint = hint };
	struct buf detail = BUF_INIT, out = BUF_INIT;
	unsigned long round_trips = take_round_trips(c);
	va_list args;

	c->said_ms = now_ms;
	va_start(args, format);
	buf_vaddf(&detail, format, args);
	va_end(args);
	if (round_trips)
		buf_addf(&detail, " (%lu round trip%s)", round_trips, round_trips > 1 ? "s" : "");
	line.detail = buf_str(&detail);
	line.causes = mark == MARK_FAIL ? &c->causes : NULL;
	check_add_step(&out, c->params->form, &line);
	file_write_all(STDOUT_FILENO, out.data, out.len);
	buf_release(&detail);
	buf_release(&out);
}

void check_say_total(struct check *c, int64_t ms)
{
	take_round_trips(c);
	check_say(c, MARK_OK, "total", ms, NULL, "%lu round trips", c->all_round_trips);
}

bool check_fail(struct check *c, const char *step, int64_t ms, const struct error *err)
{
	check_add_causes(c, step, err);
	check_say(c, MARK_FAIL, step, ms, err->hint, "%s", err->text);
	if (c->status == EX_OK)
		c->status = err->code;
	strlist_release(&c->causes);
	return false;
}

int check_run(const struct check_params *p)
{
	struct check c = { .params = p, .session = SESSION_INIT, .said_ms = clock_now_ms() };

	if (check_files(&c) && !p->offline && check_server(&c))
		check_domain(&c);
	session_close(&c.session);
	secret_release(&c.secret);
	config_release(&c.config);
	free(c.sender);
	return c.status;
}

bool check_command(const struct command_call *call, int *status, struct error *err)
{
	struct check_params p = {
		.caller = call->caller, .file = call->config_file, .form = print_form()
	};
	bool json = false;
	const struct word words[] = {
		{ "-a", &p.account, NULL },
		{ "--account", &p.account, NULL },
		{ "--rcpt", &p.rcpt, NULL },
		{ "--vrfy", &p.vrfy, NULL },
		{ "--server-help", NULL, &p.server_help },
		{ "--offline", NULL, &p.offline },
		{ "--json", NULL, &json },
		{ NULL, NULL, NULL },
	};

	if (!words_parse(words, call->argc, call->argv, err))
		return false;
	if (json)
		p.form = PRINT_JSON;
	*status = check_run(&p);
	return true;
}
