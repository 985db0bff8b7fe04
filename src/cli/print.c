/* SPDX-License-Identifier: ISC */
#include "cli/print.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum print_form print_form(void)
{
	const char *plain = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(plain && *plain) ? PRINT_COLOUR : PRINT_TEXT;
}

bool print_bytes(const char *data, size_t len, struct error *err)
{
	return file_write_all(STDOUT_FILENO, data, len) || errno == EPIPE ||
	       error_set_errno(err, EX_IOERR, errno, "standard output cannot be written");
}

bool print_out(struct buf *b, struct error *err)
{
	bool ok = print_bytes(b->data, b->len, err);

	buf_release(b);
	return ok;
}
