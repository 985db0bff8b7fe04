/* SPDX-License-Identifier: ISC */
#include "cli/check_report.h"

#include "base/ascii.h"
#include "cli/json.h"

#include <string.h>

static const struct {
	const char *word, *glyph;
} marks[] = {
	[MARK_OK] = { "ok", "\033[32m✓\033[0m" },
	[MARK_INFO] = { "info", "\033[34m•\033[0m" },
	[MARK_WARN] = { "warn", "\033[33m!\033[0m" },
	[MARK_FAIL] = { "FAIL", "\033[31m✗\033[0m" },
};

static void add_text(struct buf *out, enum print_form form, const struct check_step *step)
{
	const char *indent = form == PRINT_COLOUR ? "  " : "     ";

	if (form == PRINT_COLOUR)
		buf_addf(out, "%s ", marks[step->mark].glyph);
	else
		buf_addf(out, "%-4s ", marks[step->mark].word);
	buf_addf(out, "%-12s%6lld ms  ", step->name, (long long)step->ms);
	buf_add_printable(out, step->detail, strlen(step->detail));
	buf_addc(out, '\n');
	if (step->hint && *step->hint)
		buf_addf(out, "%shint: %s\n", indent, step->hint);
	for (size_t i = 0; step->causes && i < step->causes->count; i++)
		buf_addf(out, "%s      %s\n", indent, step->causes->items[i]);
}

static void add_object(struct buf *out, const struct check_step *step)
{
	struct buf hint = BUF_INIT;

	buf_adds(&hint, step->hint ? step->hint : "");
	for (size_t i = 0; step->causes && i < step->causes->count; i++)
		buf_addf(&hint, "%s%s", hint.len ? "; " : "", step->causes->items[i]);
	json_begin(out);
	json_text(out, "step", step->name);
	json_bool(out, "ok", step->mark != MARK_FAIL);
	json_number(out, "ms", step->ms);
	json_text(out, "detail", step->detail);
	json_text(out, "hint", hint.len ? buf_str(&hint) : NULL);
	json_end(out);
	buf_release(&hint);
}

void check_add_step(struct buf *out, enum print_form form, const struct check_step *step)
{
	if (form == PRINT_JSON)
		add_object(out, step);
	else
		add_text(out, form, step);
}
