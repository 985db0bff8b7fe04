/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static struct {
	char *where; /* NULL: syslog */
	char tag[64];
} the_log = { .tag = "sendoff" };

void log_open(const char *where)
{
	free(the_log.where);
	the_log.where = strcmp(where, "syslog") == 0 ? NULL : alloc_string(where);
}

void log_tag(const char *tag)
{
	struct buf line = BUF_INIT;

	buf_add_printable(&line, tag, strlen(tag));
	for (size_t i = 0; i < line.len; i++)
		if (strchr(" \"=:[]\\", line.data[i]))
			line.data[i] = '?';
	buf_cut(&line, sizeof the_log.tag - 1);
	memcpy(the_log.tag, buf_str(&line), line.len + 1);
	buf_release(&line);
}

static void to_syslog(int priority, const char *line)
{
	openlog(the_log.tag, LOG_PID, LOG_MAIL);
	syslog(priority, "%s", line);
	closelog();
}

static int open_file(void)
{
	return open(the_log.where,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

void log_make(void)
{
	int fd = the_log.where && *the_log.where == '/' ? open_file() : -1;

	if (fd >= 0)
		close(fd);
}

/* Did a full disk, or the limit of somebody's process, cut the last line? */
static bool ends_amid_line(void)
{
	struct stat st;
	char last;
	int fd = file_open_regular(AT_FDCWD, the_log.where, O_RDONLY, &st);
	bool is_cut;

	if (fd < 0)
		return false;
	is_cut = st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
	close(fd);
	return is_cut;
}

static void to_file(const char *line)
{
	struct buf record = BUF_INIT;
	time_t now = time(NULL);
	struct tm tm;
	char date[32];
	int fd = open_file();

	if (fd < 0)
		return;
	if (ends_amid_line())
		buf_addc(&record, '\n');
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &tm));
	buf_addf(&record, "%s %s[%ld]: %s\n", date, the_log.tag, (long)getpid(), line);
	file_write_all(fd, record.data, record.len);
	close(fd);
	buf_release(&record);
}

static void to_stderr(const char *line)
{
	struct buf record = BUF_INIT;

	buf_addf(&record, "%s: %s\n", the_log.tag, line);
	file_write_all(STDERR_FILENO, record.data, record.len);
	buf_release(&record);
}

void log_line(int priority, const char *format, ...)
{
	struct buf raw = BUF_INIT, line = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&raw, format, args);
	va_end(args);
	buf_add_printable(&line, buf_str(&raw), raw.len);
	buf_cut(&line, LOG_TEXT_MAX);
	if (!the_log.where)
		to_syslog(priority, buf_str(&line));
	else if (strcmp(the_log.where, "stderr") == 0)
		to_stderr(buf_str(&line));
	else if (strcmp(the_log.where, "none") != 0)
		to_file(buf_str(&line));
	buf_release(&raw);
	buf_release(&line);
}
