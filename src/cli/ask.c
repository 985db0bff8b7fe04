/* SPDX-License-Identifier: ISC */
#include "cli/ask.h"

#include "base/ascii.h"
#include "base/file.h"
#include "base/process.h"

#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool ask_has_person(void)
{
	return isatty(STDIN_FILENO);
}

static void show(const char *text)
{
	file_write_all(STDERR_FILENO, text, strlen(text));
}

void ask_tell(const char *format, ...)
{
	struct buf line = BUF_INIT;
	va_list args;

	if (!ask_has_person())
		return;
	va_start(args, format);
	buf_vaddf(&line, format, args);
	va_end(args);
	buf_addc(&line, '\n');
	show(buf_str(&line));
	buf_release(&line);
}

/* An octet at a time: what follows belongs to the next question.  False: the input is over. */
static bool read_line(struct buf *line)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;

	buf_reserve(line, ASK_LINE_MAX + 1);
	for (;;) {
		if (process_poll(&p, 1, INT64_MAX) < 0 || read(STDIN_FILENO, &c, 1) != 1)
			return line->len > 0 && !process_stopped();
		if (c == '\n')
			return true;
		if (!buf_add_within(line, &c, 1, ASK_LINE_MAX))
			return false;
	}
}

static bool no_answer(const char *option, struct error *err)
{
	error_set(err, EX_USAGE, NULL,
		process_stopped() ? "interrupted" : "setup: no answer, and no '%s'", option);
	return process_stopped() ? false
				 : error_hint(err, "every answer can be given as an option: "
						   "sendoff setup --help");
}

static void trim(struct buf *line)
{
	size_t blanks = strspn(buf_str(line), " \t\r");

	buf_remove(line, 0, blanks);
	while (line->len && strchr(" \t\r", line->data[line->len - 1]))
		buf_truncate(line, line->len - 1);
}

bool ask(struct buf *answer, const char *question, const char *usual, const char *option,
	struct error *err)
{
	struct buf prompt = BUF_INIT;
	bool ok = false;

	buf_truncate(answer, 0);
	if (ask_has_person()) {
		buf_addf(&prompt, usual ? "%s [%s]: " : "%s: ", question, usual);
		show(buf_str(&prompt));
		ok = read_line(answer);
		trim(answer);
	} else {
		ok = usual != NULL;
	}
	buf_release(&prompt);
	if (ok && !answer->len && usual)
		buf_adds(answer, usual);
	return (ok && answer->len) || no_answer(option, err);
}

bool ask_secret(struct buf *answer, const char *question, const char *option, struct error *err)
{
	struct termios usual, silent;
	bool has_person = ask_has_person() && tcgetattr(STDIN_FILENO, &usual) == 0;
	bool ok;

	if (has_person) {
		silent = usual;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
		show(question);
		show(" (not shown): ");
	}
	ok = read_line(answer);
	if (has_person) {
		tcsetattr(STDIN_FILENO, TCSADRAIN, &usual);
		show("\n");
	}
	if (answer->len && answer->data[answer->len - 1] == '\r')
		buf_truncate(answer, answer->len - 1);
	return (ok && answer->len) || no_answer(option, err);
}

bool ask_yes(const char *question)
{
	struct buf answer = BUF_INIT;
	bool yes;

	if (!ask_has_person())
		return false;
	show(question);
	show(" [y/N]: ");
	yes = read_line(&answer) && ascii_lower(*buf_str(&answer)) == 'y';
	buf_release(&answer);
	return yes;
}
