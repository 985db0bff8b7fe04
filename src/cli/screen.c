/* SPDX-License-Identifier: ISC */
#include "cli/screen.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/units.h"

#include <unistd.h>

enum {
	BAR_WIDTH = 30,
	REDRAW_MS = 100, /* the bar is drawn no more often */
};

void screen_add_bar(struct buf *out, uint64_t done, uint64_t size)
{
	uint64_t part = size ? done : 1, whole = size ? size : 1;

	buf_addc(out, '[');
	for (unsigned i = 0; i < BAR_WIDTH; i++)
		buf_addc(out, i < part * BAR_WIDTH / whole ? '#' : ' ');
	buf_addf(out, "] %3u%%  ", (unsigned)(part * 100 / whole));
	units_add_size(out, done);
	buf_adds(out, " of ");
	units_add_size(out, size);
}

void screen_clear(struct screen *s)
{
	if (s->drawn_ms)
		file_write_all(STDERR_FILENO, "\r\033[K", 4);
	s->drawn_ms = 0;
}

static void show_line(void *context, char direction, const char *text, size_t len)
{
	struct screen *s = context;
	struct buf line = BUF_INIT;

	screen_clear(s);
	buf_addf(&line, "%c ", direction);
	buf_add_printable(&line, text, len);
	buf_addc(&line, '\n');
	file_write_all(STDERR_FILENO, line.data, line.len);
	buf_release(&line);
}

static void show_progress(void *context, uint64_t done, uint64_t size)
{
	struct screen *s = context;
	int64_t now_ms = clock_now_ms();
	struct buf line = BUF_INIT;

	if (size < s->size_min || now_ms < s->patient_until_ms)
		return;
	if (s->drawn_ms && done < size && now_ms < s->drawn_ms + REDRAW_MS)
		return;
	buf_addc(&line, '\r');
	screen_add_bar(&line, done, size);
	buf_adds(&line, "\033[K");
	file_write_all(STDERR_FILENO, line.data, line.len);
	buf_release(&line);
	s->drawn_ms = now_ms;
	if (done >= size)
		screen_clear(s);
}

const struct session_trace *screen_trace(struct screen *s, bool verbose, bool for_people)
{
	bool has_bar = (verbose || for_people) && isatty(STDERR_FILENO);

	*s = (struct screen){
		.trace = { .line = verbose ? show_line : NULL,
			.progress = has_bar ? show_progress : NULL,
			.context = s },
		.size_min = verbose ? SCREEN_LARGE : 0,
		.patient_until_ms = verbose ? 0 : clock_now_ms() + SCREEN_PATIENCE_MS,
	};
	return verbose || has_bar ? &s->trace : NULL;
}
