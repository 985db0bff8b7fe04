/* SPDX-License-Identifier: ISC */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface (include/uapi/linux/landlock.h): older headers lack the later bits, or
 * are not there.
 */
#ifndef SYS_landlock_create_ruleset /* of Alpha, MIPS and x32 the headers have to say it */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum {
	ASK_VERSION = 1,
	RULE_PATH_BENEATH = 1,
	ABI_REFER = 2,
	ABI_TRUNCATE = 3,
};

#define EXECUTE    (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE  (UINT64_C(1) << 2)
#define READ_DIR   (UINT64_C(1) << 3)
#define CHANGES    (UINT64_C(0x3ff) << 4) /* remove and make of every kind, and REFER */
#define TRUNCATE   (UINT64_C(1) << 14)

struct ruleset {
	uint64_t handled_access_fs;
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

static bool is_entered;

static long version(void)
{
	static long found = -2;

	if (found == -2)
		found = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, ASK_VERSION);
	return found;
}

bool landlock_is_there(void)
{
	return version() >= ABI_REFER;
}

static bool add(int ruleset, const struct landlock_rule *rule, uint64_t handled)
{
	static const uint64_t uses[] = {
		[LANDLOCK_READ] = READ_FILE,
		[LANDLOCK_READ_BELOW] = READ_FILE | READ_DIR,
		[LANDLOCK_WRITE] = READ_FILE | WRITE_FILE | TRUNCATE,
		[LANDLOCK_OWN] = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | CHANGES,
	};
	struct path_beneath beneath = { .allowed_access = uses[rule->use] & handled };
	bool ok;

	beneath.parent_fd = open(rule->path, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return true;
	/* EINVAL: a file where a directory should be, for which nothing is lost. */
	ok = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &beneath, 0) == 0 ||
	     errno == EINVAL;
	close(beneath.parent_fd);
	return ok;
}

bool landlock_enter(const struct landlock_rule *rules, size_t count)
{
	struct ruleset attributes = {
		.handled_access_fs = EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | CHANGES,
	};
	int ruleset;
	bool ok = true;

	if (!landlock_is_there())
		return false;
	if (version() >= ABI_TRUNCATE)
		attributes.handled_access_fs |= TRUNCATE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < count && ok; i++)
		ok = add(ruleset, &rules[i], attributes.handled_access_fs);
	ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	     syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	is_entered = is_entered || ok;
	return ok;
}

bool landlock_is_entered(void)
{
	return is_entered;
}
