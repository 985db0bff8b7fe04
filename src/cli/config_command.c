/* SPDX-License-Identifier: ISC */
#include "cli/config_command.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "cli/import.h"
#include "cli/import_draft.h"
#include "cli/print.h"
#include "cli/queue_command.h"
#include "cli/words.h"
#include "config/config.h"
#include "config/settings.h"
#include "net/tls_check.h"
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

enum { COMMENT_COLUMN = 40 }; /* where the origin of a key begins */

static void add_setting(struct buf *out, const char *key, const char *value, const char *origin)
{
	const char *quote = draft_needs_quotes(value) ? "\"" : "";
	struct buf line = BUF_INIT;

	buf_addf(&line, "%s = %s%s%s", key, quote, value, quote);
	buf_addf(&line, "%*s; %s",
		line.len < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - line.len) : 1, "", origin);
	buf_add_printable(out, line.data, line.len);
	buf_addc(out, '\n');
	buf_release(&line);
}

/* A key that a file or a preset has set. */
static void add_key(struct buf *out, const struct config_key *key)
{
	struct buf origin = BUF_INIT;

	if (key->line)
		buf_addf(&origin, "%s:%u", key->file, key->line);
	else
		buf_addf(&origin, "provider %s", key->file);
	add_setting(out, key->key, key->value ? key->value : "***", buf_str(&origin));
	buf_release(&origin);
}

/*
 * What a key that nobody has set comes to where that is not the table's default; NULL: it is, or
 * there is no value.  To be freed.
 */
static char *found_value(struct config *c, const struct account *a, const struct setting *s)
{
	struct buf number = BUF_INIT;

	if (a && strcmp(s->name, "port") == 0) {
		buf_addf(&number, "%u", a->port);
		return buf_detach(&number);
	}
	if (a)
		return NULL;
	if (strcmp(s->name, "domain") == 0)
		return alloc_string(config_domain(c));
	if (strcmp(s->name, "hostname") == 0)
		return alloc_string(config_hostname(c));
	if (ascii_starts_with(s->name, "retry_") && c->retry_min_s == c->retry_max_s) {
		buf_addf(&number, "%llds", (long long)c->retry_min_s);
		return buf_detach(&number);
	}
	if (strcmp(s->name, "queue_dir") == 0)
		return alloc_string(c->queue_dir);
	if (strcmp(s->name, "state_dir") == 0)
		return alloc_string(c->state_dir);
	return NULL;
}

static void add_section(struct buf *out, struct config *c, const struct account *a)
{
	enum setting_scope scope = a ? SETTING_ACCOUNT : SETTING_GLOBAL;
	const char *section = a ? a->name : "sendoff";

	buf_addf(out, "%s[%s]\n", out->len ? "\n" : "", section);
	for (const struct setting *s = settings; s->name; s++) {
		const struct config_key *key =
			s->scope == scope ? config_find_key(c, section, s->name) : NULL;
		char *found = NULL;

		if (s->scope != scope)
			continue;
		if (!key)
			found = found_value(c, a, s);
		if (key)
			add_key(out, key);
		else if (s->fallback || found)
			add_setting(out, s->name, found ? found : s->fallback, "default");
		free(found);
	}
}

static bool show(struct config *c, struct error *err)
{
	struct buf out = BUF_INIT;

	add_section(&out, c, NULL);
	for (size_t i = 0; i < c->count; i++)
		add_section(&out, c, &c->accounts[i]);
	return print_out(&out, err);
}

static bool no_file(struct caller *caller, struct error *err)
{
	char *directory = caller_config_directory(caller);

	error_set(err, EX_CONFIG, NULL, "no configuration file");
	error_hint(err, "run 'sendoff setup', or write %s/sendoff.ini", directory);
	free(directory);
	return false;
}

static bool print_files(const struct config *c, struct caller *caller, struct error *err)
{
	struct buf out = BUF_INIT;

	if (!c->files.count)
		return no_file(caller, err);
	for (size_t i = 0; i < c->files.count; i++)
		buf_addf(&out, "%s\n", c->files.items[i]);
	return print_out(&out, err);
}

/* A problem that GnuTLS finds with a key, where that stands. */
static void add_problem(struct strlist *problems, const struct config *c, const struct account *a,
	const char *key, const struct error *err)
{
	const struct config_key *k = config_find_key(c, a->name, key);
	struct buf line = BUF_INIT;

	if (k && k->line)
		buf_addf(&line, "%s:%u: ", k->file, k->line);
	buf_addf(&line, "account '%s': %s", a->name, err->text);
	if (*err->hint)
		buf_addf(&line, " (%s)", err->hint);
	strlist_take(problems, buf_detach(&line));
}

static void lint_tls(const struct config *c, const struct account *a, struct strlist *problems)
{
	struct error err = ERROR_INIT;

	if (!tls_check_priority(a->tls_priority, &err))
		add_problem(problems, c, a, "tls_priority", &err);
	if (!tls_check_certificate(a->tls_cert, a->tls_key, &err))
		add_problem(problems, c, a, "tls_cert", &err);
	if (!tls_check_trust(a->tls_trust, &err))
		add_problem(problems, c, a, "tls_trust", &err);
}

/* All that is wrong with the accounts as a whole and with what they say of TLS. */
static void lint_accounts(const struct config *c, struct strlist *problems)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < c->count; i++)
		lint_tls(c, &c->accounts[i], problems);
	if (c->files.count && !c->count && !problems->count &&
		!config_choose(c, NULL, NULL, &err))
		strlist_add(problems, err.text);
}

static bool lint(const struct command_call *call, struct error *err)
{
	static const struct word none[] = { { NULL, NULL, NULL } };
	struct strlist problems = STRLIST_INIT;
	struct config c = CONFIG_INIT;
	struct buf out = BUF_INIT;
	bool ok;

	if (!words_parse(none, call->argc, call->argv, err))
		return false;
	config_lint(&c, call->caller, call->config_file, &problems);
	lint_accounts(&c, &problems);
	for (size_t i = 0; i < problems.count; i++)
		buf_addf(&out, "%s\n", problems.items[i]);
	for (size_t i = 0; i < c.files.count && !problems.count; i++)
		buf_addf(&out, "%s: no problems\n", c.files.items[i]);
	ok = print_out(&out, err);
	if (ok && c.queue_dir)
		queue_warn_if_overdue(&c, call->caller);
	if (ok && problems.count)
		ok = error_set(err, EX_CONFIG, NULL, "%zu problem%s", problems.count,
			problems.count > 1 ? "s" : "");
	else if (ok && !c.files.count)
		ok = no_file(call->caller, err);
	strlist_release(&problems);
	config_release(&c);
	return ok;
}

static bool import(struct caller *caller, char *const *paths, size_t count, struct error *err)
{
	struct buf out = BUF_INIT;
	bool has_secret = false;
	struct error warning;

	if (!count) {
		error_set(err, EX_USAGE, NULL, "config import: a file is missing");
		return error_hint(err, "sendoff config --help");
	}
	if (!caller_drop_rights(caller, err) ||
		!import_files(caller, paths, count, &out, &has_secret, err) ||
		!print_out(&out, err)) {
		buf_wipe(&out);
		return false;
	}
	if (has_secret) {
		error_set(&warning, EX_OK, NULL, "the configuration holds a password");
		error_hint(&warning, "keep it in a file of mode 600");
		outcome_print_error(&warning, NULL);
	}
	return true;
}

static bool print(const struct command_call *call, struct error *err)
{
	struct config c = CONFIG_INIT;
	bool paths = false, ok;
	const struct word words[] = { { "--path", NULL, &paths }, { NULL, NULL, NULL } };

	ok = words_parse(words, call->argc, call->argv, err) &&
	     config_load(&c, call->caller, call->config_file, NULL, err) &&
	     (paths ? print_files(&c, call->caller, err) : show(&c, err));
	config_release(&c);
	return ok;
}

bool config_command(const struct command_call *call, int *status, struct error *err)
{
	struct command_call c = *call;
	const char *what = words_take_first(&c.argc, &c.argv);

	if (!what || strcmp(what, "show") == 0)
		return print(&c, err);
	if (strcmp(what, "lint") == 0)
		return lint(&c, err);
	if (strcmp(what, "import") == 0)
		return import(call->caller, c.argv + 1, (size_t)c.argc - 1, err);
	error_set(err, EX_USAGE, NULL, "config: unknown word '%s'", what);
	return error_hint(err, "sendoff config --help");
}
