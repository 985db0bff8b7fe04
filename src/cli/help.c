/* SPDX-License-Identifier: ISC */
#include "cli/help.h"

#include "cli/option_table.h"
#include "cli/print.h"

#include <string.h>

enum {
	HELP_COLUMN = 24, /* where what an option does begins */
	HELP_WIDTH = 79,
};

/* Goes to the column where text stands, on a line of its own if the place is taken. */
static size_t go_to_column(struct buf *out, size_t column)
{
	if (column >= HELP_COLUMN) {
		buf_addc(out, '\n');
		column = 0;
	}
	buf_addf(out, "%*s", (int)(HELP_COLUMN - column), "");
	return HELP_COLUMN;
}

void help_add(struct buf *out, const char *name, const char *text)
{
	size_t column;

	buf_adds(out, name);
	column = go_to_column(out, strlen(name));
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH)
			column = go_to_column(out, column);
		else if (column > HELP_COLUMN)
			column++, buf_addc(out, ' ');
		buf_add(out, text, len);
		column += len;
		text += len + (text[len] == ' ');
	}
	buf_addc(out, '\n');
}

static void help_addf(struct buf *out, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void help_addf(struct buf *out, const char *text, const char *format, ...)
{
	struct buf name = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&name, format, args);
	va_end(args);
	help_add(out, buf_str(&name), text);
	buf_release(&name);
}

/* What stands between an option and its value. */
static const char *glue(const struct option_row *row)
{
	if (!row->value || *row->value == '[')
		return "";
	return row->name[1] ? "=" : " ";
}

static void add_option(struct buf *out, const struct option_row *row)
{
	help_addf(out, row->help, "  %s%s%s%s", row->name[1] ? "--" : "-", row->name, glue(row),
		row->value ? row->value : "");
	if (option_has_modes(row))
		for (const struct option_mode_row *m = option_modes; m->letter; m++)
			if (m->mode != MODE_REFUSED)
				help_addf(out, m->help, "    -b%c", m->letter);
	if (option_has_settings(row))
		for (const struct option_setting_row *s = option_settings; s->letter; s++)
			help_addf(out, s->help, "    -o%c%s, -O %s", s->letter, s->value, s->name);
}

void help_add_options(struct buf *out)
{
	struct buf ignored = BUF_INIT;

	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->effect != DOES_NOTHING)
			add_option(out, row);
		else
			buf_addf(&ignored, "-%s ", row->name);
	buf_adds(&ignored, "(accepted because Sendmail has them)");
	help_add(out, "  without effect", buf_str(&ignored));
	buf_release(&ignored);
}

bool help_print(struct error *err)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, "usage: sendmail [OPTION…] [--] [RECIPIENT…]\n\n");
	help_add_options(&out);
	return print_out(&out, err);
}
