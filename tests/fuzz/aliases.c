/* SPDX-License-Identifier: ISC */
/* An alias file, and what some names become by it. */
#include "config/aliases.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "fuzz.h"
#include "message/expand.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int descriptor = -1; /* of a file without a name, used again and again */

static const char *file_of(const uint8_t *data, size_t size)
{
	static char path[64];

	if (descriptor < 0)
		descriptor = memfd_create("aliases", MFD_CLOEXEC);
	fuzz_require(fchmod(descriptor, 0600) == 0 && ftruncate(descriptor, 0) == 0 &&
			     lseek(descriptor, 0, SEEK_SET) == 0 && file_write_all(descriptor, data, size),
		"a file can be made");
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	return path;
}

static void check(const struct aliases *a)
{
	for (size_t i = 0; i < a->count; i++) {
		fuzz_require(i == 0 || strcmp(a->entries[i - 1].name, a->entries[i].name) < 0,
			"names are sorted and stand once");
		fuzz_require(aliases_find(a, a->entries[i].name) == &a->entries[i], "a name is found");
	}
}

static void expand(const struct aliases *a)
{
	static const char *const names[] = { "root", "postmaster", "a", "A@localhost", "x@example.org" };
	struct config config = CONFIG_INIT;
	struct envelope envelope = ENVELOPE_INIT;
	struct expansion expansion = EXPANSION_INIT;
	struct error err = ERROR_INIT;

	config.domain = alloc_string("example.org");
	config.host_found = alloc_string("box.example.org");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		envelope_add(&envelope, names[i], NULL, &err);
	if (expand_recipients(&envelope, a, &config, &expansion, &err))
		for (size_t i = 0; i < envelope.count; i++)
			fuzz_require(strchr(envelope.recipients[i].address, '@') != NULL,
				"what is left has a domain");
	expansion_release(&expansion);
	envelope_release(&envelope);
	config_release(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = file_of(data, size);
	struct aliases aliases = ALIASES_INIT;
	struct strlist members = STRLIST_INIT, problems = STRLIST_INIT;
	struct error err = ERROR_INIT;

	log_open("none");
	if (aliases_read(&aliases, path, &err)) {
		check(&aliases);
		expand(&aliases);
	} else {
		fuzz_require(err.code == EX_DATAERR && size > ALIASES_MAX_BYTES,
			"only a file over the limit is refused");
	}
	aliases_include(&members, path, &problems, &err);
	strlist_release(&members);
	strlist_release(&problems);
	aliases_release(&aliases);
	return 0;
}
