/* SPDX-License-Identifier: ISC */
#include "base/error.h"

#include "base/ascii.h"
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* Copies what fits into size bytes, printable, never half a character. */
static void set_line(char *field, size_t size, const struct buf *raw)
{
	struct buf line = BUF_INIT;

	buf_add_printable(&line, buf_str(raw), raw->len);
	buf_cut(&line, size - 1);
	memcpy(field, buf_str(&line), line.len + 1);
	buf_release(&line);
}

static enum error_scope scope_of(int code)
{
	bool route = code == EX_NOHOST || code == EX_TEMPFAIL || code == EX_PROTOCOL ||
		     code == EX_NOPERM;

	return route ? ERROR_OF_ROUTE : ERROR_OF_MESSAGE;
}

static void fill(struct error *err, int code, const char *status, const struct buf *text)
{
	*err = (struct error){ .code = code, .scope = scope_of(code) };
	snprintf(err->status, sizeof err->status, "%s", status ? status : "");
	set_line(err->text, sizeof err->text, text);
}

bool error_set(struct error *err, int code, const char *status, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	fill(err, code, status, &text);
	buf_release(&text);
	return false;
}

bool error_set_errno(struct error *err, int code, int os_error, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	buf_addf(&text, ": %s", strerror(os_error));
	fill(err, code, NULL, &text);
	buf_release(&text);
	return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
	struct buf hint = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&hint, format, args);
	va_end(args);
	set_line(err->hint, sizeof err->hint, &hint);
	buf_release(&hint);
	return false;
}

bool error_context(struct error *err, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	buf_addf(&text, ": %s", err->text);
	set_line(err->text, sizeof err->text, &text);
	buf_release(&text);
	return false;
}

bool error_scope(struct error *err, enum error_scope scope)
{
	err->scope = scope;
	return false;
}

bool error_is_same(const struct error *a, const struct error *b)
{
	return a->code == b->code && a->scope == b->scope && a->reply == b->reply &&
	       strcmp(a->status, b->status) == 0 && strcmp(a->text, b->text) == 0 &&
	       strcmp(a->hint, b->hint) == 0;
}
