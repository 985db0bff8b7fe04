/* SPDX-License-Identifier: ISC */
#include "config/secret.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "config/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECRET_MAX_BYTES = 64 * 1024 };
enum { NOT_FOUND = 127 }; /* a shell's exit status where there is no such command */

/* A command that runs, and what it has printed. */
struct command {
	pid_t pid;
	int output; /* -1 after its end */
	int64_t deadline_ms;
	bool has_ended;
	bool is_lost; /* it has ended, and nobody knows how */
	int status;   /* of waitpid, when it has ended */
	bool has_line; /* the first line is whole: what follows is read and dropped */
	bool is_too_long;
};

/* The first line of what has been read; false while its end has not come. */
static bool cut_at_line_end(struct buf *b)
{
	char *newline = b->len ? memchr(b->data, '\n', b->len) : NULL;

	if (newline)
		buf_truncate(b, (size_t)(newline - b->data));
	return newline;
}

static bool finish_line(struct buf *b, bool is_too_long, struct error *err)
{
	if (b->len && b->data[b->len - 1] == '\r')
		buf_truncate(b, b->len - 1);
	if (is_too_long || b->len > SECRET_MAX_BYTES)
		return error_set(err, EX_NOPERM, NULL, "its first line is over 64 KiB");
	if (!b->len)
		return error_set(err, EX_NOPERM, NULL, "its first line is empty");
	if (memchr(b->data, '\0', b->len))
		return error_set(err, EX_NOPERM, NULL, "its first line holds a NUL byte");
	return true;
}

/*
 * Reads once, what is there; the buffer was reserved for the longest line, so that no copy is
 * left behind.
 */
static void read_output(struct command *c, struct buf *b)
{
	char block[4096];
	ssize_t n = read(c->output, block, sizeof block);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(c->output);
		c->output = -1;
	}
	if (n > 0 && !c->has_line && !c->is_too_long) {
		c->is_too_long =
			!buf_add_within(b, block, (size_t)n, SECRET_MAX_BYTES + sizeof block);
		c->has_line = cut_at_line_end(b);
		c->is_too_long |= b->len > SECRET_MAX_BYTES + 1;
	}
	explicit_bzero(block, sizeof block);
}

static void check_ended(struct command *c)
{
	pid_t pid = waitpid(c->pid, &c->status, WNOHANG);

	c->is_lost = pid < 0 && errno == ECHILD;
	c->has_ended = pid == c->pid || c->is_lost;
}

/*
 * The end of the shell counts, not of the output: a daemon that it left behind may hold that
 * open.
 */
static bool await(struct command *c, struct buf *b, struct error *err)
{
	enum { LONGEST_NAP_MS = 50 };
	int nap = 1;

	while (!c->has_ended) {
		struct pollfd p = { .fd = c->output, .events = POLLIN };
		int64_t until_ms = clock_now_ms() + nap;

		if (process_stopped())
			return error_set(err, EX_TEMPFAIL, NULL, "stopped by a signal");
		if (!clock_left_ms(c->deadline_ms))
			return error_set(err, EX_NOPERM, NULL,
				"it did not end within the account's timeout");
		if (until_ms > c->deadline_ms)
			until_ms = c->deadline_ms;
		if (process_poll(&p, 1, until_ms) > 0) {
			read_output(c, b);
			nap = 1;
		} else if (nap < LONGEST_NAP_MS) {
			nap *= 2;
		}
		check_ended(c);
	}
	for (struct pollfd p = { .fd = c->output, .events = POLLIN };
		c->output >= 0 && clock_left_ms(c->deadline_ms) && poll(&p, 1, 0) > 0;)
		read_output(c, b);
	return true;
}

/*
 * What it says on standard error is for people at a terminal: callers of sendmail take any output
 * for a failure.
 */
static void become_shell(const char *line, int output, const char *home)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	int null = open("/dev/null", O_RDWR);
	int said = isatty(STDERR_FILENO) ? STDERR_FILENO : null;
	sigset_t none;

	setpgid(0, 0);
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(said, STDERR_FILENO) < 0)
		_exit(127);
#ifdef HAVE_CLOSE_RANGE
	close_range(STDERR_FILENO + 1, ~0U, 0);
#endif
	setenv("HOME", home, 1);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static bool start(struct command *c, const char *line, const char *home, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, EX_NOPERM, errno, "cannot run it");
	c->pid = fork();
	if (c->pid == 0)
		become_shell(line, ends[1], home);
	close(ends[1]);
	c->output = ends[0];
	if (c->pid < 0) {
		error_set_errno(err, EX_NOPERM, errno, "cannot run it");
		close(ends[0]);
		return false;
	}
	setpgid(c->pid, c->pid);
	fcntl(c->output, F_SETFL, O_NONBLOCK);
	return true;
}

/* Leaves neither a process nor a zombie; but one that became another user's cannot be ended. */
static void stop(struct command *c)
{
	if (!c->has_ended && (kill(-c->pid, SIGKILL) == 0 || errno != EPERM)) {
		while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
			;
	}
	if (c->output >= 0)
		close(c->output);
}

static bool judge(const struct command *c, struct error *err)
{
	if (c->is_lost)
		return error_set(err, EX_NOPERM, NULL, "its exit status is lost");
	if (WIFSIGNALED(c->status))
		return error_set(
			err, EX_NOPERM, NULL, "it was ended by signal %d", WTERMSIG(c->status));
	if (WEXITSTATUS(c->status))
		return error_set(err, EX_NOPERM, NULL, "it exited %d%s", WEXITSTATUS(c->status),
			WEXITSTATUS(c->status) == NOT_FOUND ? ", no such command" : "");
	return true;
}

static bool run_command(
	struct buf *b, const struct account *a, struct caller *caller, struct error *err)
{
	struct command c = { .output = -1, .deadline_ms = clock_now_ms() + a->timeout_ms };
	struct sigaction wait = { .sa_handler = SIG_DFL }, before;
	const char *home = caller_home(caller);
	bool ok;

	/* With SIGCHLD ignored, as cron and others leave it, there would be no exit status. */
	sigaction(SIGCHLD, &wait, &before);
	buf_reserve(b, 2 * SECRET_MAX_BYTES);
	ok = start(&c, a->password_command, home, err);
	if (ok) {
		ok = await(&c, b, err);
		stop(&c);
		ok = ok && judge(&c, err) && finish_line(b, c.is_too_long, err);
		if (!ok)
			error_hint(err,
				"run the command by hand to see what it prints and how it exits");
	}
	sigaction(SIGCHLD, &before, NULL);
	return ok || error_context(err, "password_command");
}

/* The first line of a file, and no more than shows that it is too long; false with errno. */
static bool read_line(int fd, struct buf *b)
{
	bool is_whole = false;
	ssize_t n = 1;

	buf_reserve(b, 2 * SECRET_MAX_BYTES);
	while (!is_whole && n && b->len <= SECRET_MAX_BYTES + 1) {
		n = read(fd, b->data + b->len, SECRET_MAX_BYTES + 2 - b->len);
		if (n < 0 && errno != EINTR)
			return false;
		b->len += n > 0 ? (size_t)n : 0;
		buf_truncate(b, b->len);
		is_whole = cut_at_line_end(b);
	}
	return true;
}

/*
 * A container's secrets may be readable by all; not those of a system account that users share
 * set-id.
 */
static bool read_secret_file(
	struct buf *b, const struct account *a, struct caller *caller, struct error *err)
{
	struct stat st;
	int fd = trusted_open(a->password_file, caller->uid, &st, err);
	bool ok;

	if (fd < 0 && (err->code == EX_NOINPUT || err->code == EX_NOPERM)) {
		err->code = EX_NOPERM;
		error_hint(err,
			"write the secret into that file, readable by you alone, or name another");
		error_scope(err, ERROR_OF_ROUTE);
	}
	if (fd < 0)
		return error_context(err, "password_file");
	if (caller->set_id && a->source == SOURCE_SYSTEM &&
		!trusted_is_private(a->password_file, &st, err)) {
		close(fd);
		return error_context(err, "password_file");
	}
	ok = read_line(fd, b) || error_set_errno(err, EX_NOPERM, errno, "cannot be read");
	close(fd);
	return (ok && finish_line(b, false, err)) ||
	       error_context(err, "password_file: %s", a->password_file);
}

bool secret_is_configured(const struct account *a)
{
	return a->password || a->password_command || a->password_file;
}

static bool get(struct buf *b, const struct account *a, struct caller *caller, struct error *err)
{
	if (a->password || a->obtained) {
		buf_adds(b, a->password ? a->password : a->obtained);
		return true;
	}
	if (a->password_file)
		return read_secret_file(b, a, caller, err);
	if (a->password_command && caller->set_id && a->source == SOURCE_SYSTEM)
		return error_set(err, EX_CONFIG, NULL,
			"'password_command' of a system account would run as the caller");
	if (a->password_command)
		return run_command(b, a, caller, err);
	error_set(err, EX_CONFIG, NULL, "no secret for the login");
	return error_hint(err, "set password, password_command or password_file");
}

bool secret_get(struct secret *s, const struct account *a, struct caller *caller, struct error *err)
{
	struct buf bytes = BUF_INIT;

	if (get(&bytes, a, caller, err)) {
		buf_swap(&bytes, &s->bytes);
		buf_wipe(&bytes);
		return true;
	}
	buf_wipe(&bytes);
	return false;
}

void secret_keep(struct config *c, const struct account *a, const struct secret *s)
{
	struct account *kept = &c->accounts[a - c->accounts];

	alloc_wipe(kept->obtained);
	kept->obtained = alloc_bytes(s->bytes.data, s->bytes.len);
}

void secret_release(struct secret *s)
{
	buf_wipe(&s->bytes);
}
