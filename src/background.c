/* SPDX-License-Identifier: ISC */
#include "background.h"

#include "queue/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Becomes a grandchild, for which nobody has to wait.  True there only: no other child returns. */
static bool leave_caller(void)
{
	pid_t child = fork();
	int null;

	if (child > 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	if (child != 0)
		return false;
	setsid();
	if (fork() != 0)
		_exit(0);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (null > 2)
		close(null);
	if (chdir("/") < 0)
		_exit(0);
	return true;
}

static void run_and_exit(const struct run_params *params)
{
	struct error err = ERROR_INIT;

	run_queue(params, &err);
	_exit(0);
}

void background_run(struct request *r, const struct outcome *o)
{
	struct run_params params = { .config = r->config,
		.caller = r->self,
		.extent = RUN_DUE,
		.id = o->queue_id,
		.is_last = true };

	if (leave_caller())
		run_and_exit(&params);
}

/* The connection is the child's: what is said here on the way out must not reach it. */
static void disown(struct session *session)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0)
		dup3(null, session->stream.fd, O_CLOEXEC);
	close(null >= 0 ? null : session->stream.fd);
	session_abort(session);
}

void background_flush(struct request *r, const struct account *a, struct session *session)
{
	struct run_params params = {
		.config = r->config,
		.caller = r->self,
		.extent = RUN_DUE,
		.account = a->name,
		.own_only = true,
		.session = session,
	};

	if (leave_caller())
		run_and_exit(&params);
	disown(session);
}
