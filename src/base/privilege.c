/* SPDX-License-Identifier: ISC */
#include "base/privilege.h"

#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * What a caller's own password_command may need once the rights are gone, and the zone of the
 * Date field.  glibc itself refuses a TZ that leads out of its directory.  A name that ends in
 * '_' stands for all that begin so.
 */
static const char *const kept[] = {
	/* clang-format off */
	"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "GNUPGHOME", "GPG_TTY", "HOME", "LANG", "LC_",
	"LOGNAME", "NO_COLOR", "PASSWORD_STORE_DIR", "SHELL", "SSH_AUTH_SOCK", "TERM", "TZ", "USER",
	"WAYLAND_DISPLAY", "XDG_RUNTIME_DIR",
	/* clang-format on */
};

bool privilege_was_raised(void)
{
	return geteuid() != getuid() || getegid() != getgid() || getauxval(AT_SECURE);
}

static bool is_kept(const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		size_t wanted = strlen(kept[i]);
		bool is_prefix = kept[i][wanted - 1] == '_';

		if (strncmp(variable, kept[i], wanted) == 0 && (is_prefix || len == wanted))
			return true;
	}
	return false;
}

/* PATH is the one that every shell has by itself. */
static void clean_environment(void)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char **end = environ;

	for (char **each = environ; each && *each; each++)
		if (is_kept(*each))
			*end++ = *each;
		else if (strncmp(*each, "PATH=", sizeof "PATH=" - 1) == 0)
			*end++ = path;
	if (end)
		*end = NULL;
}

/* Before Linux 5.9 no call closes all of them; what a caller leaves open has a low number. */
static void close_others(void)
{
	enum { LOW = 1024 };

#ifdef HAVE_CLOSE_RANGE
	if (close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
#endif
	for (int fd = STDERR_FILENO + 1; fd < LOW; fd++)
		close(fd);
}

void privilege_protect(void)
{
	struct rlimit core;

	/* A core handler that reads from a pipe asks for no limit, but for this. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
	close_others();
	if (privilege_was_raised())
		clean_environment();
}

bool privilege_suspend(struct privileges *held)
{
	*held = (struct privileges){ .uid = geteuid(), .gid = getegid() };
	if (setegid(getgid()) == 0 && seteuid(getuid()) == 0)
		return true;
	privilege_resume(held);
	return false;
}

/* Where it fails the process has less than it had, and will be told so at the next file. */
void privilege_resume(const struct privileges *held)
{
	if (seteuid(held->uid) < 0 || setegid(held->gid) < 0)
		return;
}
