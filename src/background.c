/* SPDX-License-Identifier: ISC */
#include "background.h"

#include "queue/runner.h"

#include <fcntl.h>
#include <unistd.h>

/* True in the child only. */
static bool leave_caller(void)
{
	int null;

	if (fork() != 0)
		return false;
	setsid();
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (null > 2)
		close(null);
	return chdir("/") == 0;
}

void background_run(struct request *r, const struct outcome *o)
{
	struct run_params params = {
		.config = r->config, .caller = r->caller, .extent = RUN_ALL, .id = o->queue_id
	};
	struct run_summary summary;
	struct error err = ERROR_INIT;

	if (!leave_caller())
		return;
	run_queue(&params, &summary, &err);
	_exit(0);
}
