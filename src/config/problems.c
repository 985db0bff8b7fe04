/* SPDX-License-Identifier: ISC */
#include "config/problems.h"

#include "base/buf.h"

void problem_add(struct problems *p, const char *file, unsigned line, const char *format, ...)
{
	struct error err = ERROR_INIT;
	struct buf text = BUF_INIT;
	va_list args;

	buf_adds(&text, file);
	if (line)
		buf_addf(&text, ":%u", line);
	buf_adds(&text, ": ");
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	error_set(&err, EX_CONFIG, NULL, "%s", buf_str(&text));
	problem_add_error(p, &err);
	buf_release(&text);
}

void problem_add_error(struct problems *p, const struct error *err)
{
	struct buf line = BUF_INIT;

	if (!p->count++)
		p->first = *err;
	if (!p->lines)
		return;
	buf_adds(&line, err->text);
	if (*err->hint)
		buf_addf(&line, " (%s)", err->hint);
	strlist_take(p->lines, buf_detach(&line));
}
