/* SPDX-License-Identifier: ISC */
#include "config/sandbox.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/file.h"
#include "base/landlock.h"
#include "base/log.h"
#include "config/aliases.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What resolver, name service, TLS and clock read, wherever a system keeps it; what is not there
 * costs one look.
 */
static const struct landlock_rule usual[] = {
	{ "/usr", LANDLOCK_READ_BELOW },
	{ "/lib", LANDLOCK_READ_BELOW },
	{ "/lib64", LANDLOCK_READ_BELOW },
	{ "/proc", LANDLOCK_READ_BELOW },
	{ "/dev/null", LANDLOCK_WRITE },
	{ "/etc/ssl", LANDLOCK_READ_BELOW },
	{ "/etc/pki", LANDLOCK_READ_BELOW },
	{ "/etc/ca-certificates", LANDLOCK_READ_BELOW },
	{ "/etc/crypto-policies", LANDLOCK_READ_BELOW },
	{ "/etc/gnutls", LANDLOCK_READ_BELOW },
	{ "/var/lib/ca-certificates", LANDLOCK_READ_BELOW },
	{ "/etc/resolv.conf", LANDLOCK_READ },
	{ "/etc/nsswitch.conf", LANDLOCK_READ },
	{ "/etc/hosts", LANDLOCK_READ },
	{ "/etc/host.conf", LANDLOCK_READ },
	{ "/etc/gai.conf", LANDLOCK_READ },
	{ "/etc/passwd", LANDLOCK_READ },
	{ "/etc/group", LANDLOCK_READ },
	{ "/etc/mailname", LANDLOCK_READ },
	{ "/etc/localtime", LANDLOCK_READ },
	{ "/etc/ld.so.cache", LANDLOCK_READ },
	{ "/run/systemd", LANDLOCK_READ_BELOW },
	{ "/var/lib/sss", LANDLOCK_READ_BELOW },
	/* Where what is re-encoded is spooled, if not in the queue's directory or $TMPDIR. */
	{ "/var/tmp", LANDLOCK_OWN },
	{ "/tmp", LANDLOCK_OWN },
};

enum { USUAL = sizeof usual / sizeof *usual, OF_CONFIG = 5, OF_ACCOUNT = 5 };

struct rules {
	struct landlock_rule *list;
	size_t count;
};

static void add(struct rules *r, const char *path, enum landlock_use use)
{
	if (path && *path == '/')
		r->list[r->count++] = (struct landlock_rule){ path, use };
}

/* The account after this one that the process may still use; a itself comes first. */
static const struct account *next_account(const struct config *c, const struct account *a,
	const struct account *at, enum sandbox_scope scope)
{
	const struct account *next;

	if (scope == SANDBOX_ALL)
		return at + 1 < c->accounts + c->count ? at + 1 : NULL;
	next = config_account(c, at->fallback);
	return next != a ? next : NULL;
}

static const struct account *first_account(
	const struct config *c, const struct account *a, enum sandbox_scope scope)
{
	return scope == SANDBOX_ALL ? c->accounts : a;
}

static bool is_token(const char *path)
{
	return path && ascii_starts_with(path, "pkcs11:");
}

static bool uses_kerberos(const struct account *a)
{
	return strlist_has(&a->auth, "gssapi");
}

const char *sandbox_reason(
	const struct config *c, const struct account *a, enum sandbox_scope scope)
{
	if (c->sandbox == SANDBOX_OFF)
		return "sandbox = off";
	if (scope == SANDBOX_NONE)
		return "the process serves many messages, while the network may change";
	if (!landlock_is_there())
		return "no Landlock: the kernel is older than Linux 5.19, or a filter forbids it";
	for (const struct account *each = first_account(c, a, scope); each;
		each = next_account(c, a, each, scope)) {
		if (each->password_command && each != a)
			return "the password_command of another account may have to run";
		if (uses_kerberos(each))
			return "Kerberos opens files of its own";
		if (is_token(each->tls_cert) || is_token(each->tls_key))
			return "pkcs11: modules open files of their own";
	}
	return NULL;
}

bool sandbox_waits(const struct account *a)
{
	return a->password_command && !a->obtained;
}

static void add_account(struct rules *r, const struct account *a)
{
	add(r, a->tls_trust, LANDLOCK_READ);
	add(r, a->tls_cert, LANDLOCK_READ);
	add(r, a->tls_key, LANDLOCK_READ);
	add(r, a->password_file, LANDLOCK_READ);
	add(r, a->senders, LANDLOCK_READ);
}

static void add_included(struct strlist *files, const struct strlist *members)
{
	static const char mark[] = ":include:";
	enum { MOST = 100, AT = sizeof mark - 1 };

	for (size_t i = 0; i < members->count && files->count < MOST; i++) {
		const char *member = members->items[i];

		if (ascii_starts_with(member, mark) && !strlist_has(files, member + AT))
			strlist_add(files, member + AT);
	}
}

/*
 * The files that the alias file includes, and those that they include: a report to a local sender
 * may need them.
 */
static void find_included(struct strlist *files, const char *path)
{
	struct aliases a = ALIASES_INIT;
	struct error ignored = ERROR_INIT;

	if (!aliases_read(&a, path, &ignored))
		return;
	for (size_t i = 0; i < a.count; i++)
		add_included(files, &a.entries[i].members);
	aliases_release(&a);
	for (size_t i = 0; i < files->count; i++) {
		struct strlist members = STRLIST_INIT, problems = STRLIST_INIT;

		if (aliases_include(&members, files->items[i], &problems, &ignored))
			add_included(files, &members);
		strlist_release(&members);
		strlist_release(&problems);
	}
}

/* What is made lazily has to be there before: afterwards nobody could make it. */
static void make_files(const struct config *c, const struct account *a)
{
	if ((a->tls != TLS_OFF || a->user || a->connections) && access(c->state_dir, F_OK) < 0)
		file_make_directories(c->state_dir, 0700);
	log_make();
}

bool sandbox_begin(const struct config *c, const struct account *a, enum sandbox_scope scope)
{
	const char *aliases = config_aliases(c);
	struct strlist lists = STRLIST_INIT;
	struct rules r = { 0 };
	bool ok;

	if (sandbox_is_on() || sandbox_waits(a) || sandbox_reason(c, a, scope))
		return sandbox_is_on();
	make_files(c, a);
	if (aliases)
		find_included(&lists, aliases);
	r.list = alloc_zero(
		USUAL + OF_CONFIG + OF_ACCOUNT * (c->count + 1) + lists.count, sizeof *r.list);
	memcpy(r.list, usual, sizeof usual);
	r.count = USUAL;
	add(&r, aliases, LANDLOCK_READ);
	for (size_t i = 0; i < lists.count; i++)
		add(&r, lists.items[i], LANDLOCK_READ);
	add(&r, secure_getenv("TMPDIR"), LANDLOCK_OWN);
	add(&r, c->queue_dir, LANDLOCK_OWN);
	add(&r, c->state_dir, LANDLOCK_OWN);
	add(&r, c->log, LANDLOCK_WRITE);
	for (const struct account *each = first_account(c, a, scope); each;
		each = next_account(c, a, each, scope))
		add_account(&r, each);
	ok = landlock_enter(r.list, r.count);
	free(r.list);
	strlist_release(&lists);
	return ok;
}

bool sandbox_is_on(void)
{
	return landlock_is_entered();
}
