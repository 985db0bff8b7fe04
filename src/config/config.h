/* SPDX-License-Identifier: ISC */
/*
 * The configuration as the program uses it: the files found, checked, merged
 * and converted; every key a typed member.  sendoff.ini(5) describes the keys,
 * config/settings.c is the table of them.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/error.h"
#include "base/strlist.h"
#include "config/caller.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_mode { TLS_STARTTLS, TLS_IMPLICIT, TLS_OFF };
enum from_override { OVERRIDE_LOCAL, OVERRIDE_YES, OVERRIDE_NO };
enum queue_mode { QUEUE_AUTO, QUEUE_YES, QUEUE_NO };
enum delivery { DELIVERY_INTERACTIVE, DELIVERY_BACKGROUND, DELIVERY_QUEUE };
enum pipeconnect { PIPECONNECT_NO, PIPECONNECT_AUTO };
enum sandbox_mode { SANDBOX_AUTO, SANDBOX_OFF };

/* Which file an account or a key comes from. */
enum config_source { SOURCE_DEFAULT, SOURCE_PROVIDER, SOURCE_SYSTEM, SOURCE_USER };

/* One account.  Strings are NULL where a key is not set and has no default. */
struct account {
	char *name; /* the section's, lower case */
	enum config_source source; /* of the last file that has the section, at this line */
	char *file;
	unsigned line;
	char *provider;
	struct strlist hosts;
	unsigned port; /* resolved: 587, 465, 25 by tls where the key is not set */
	enum tls_mode tls;
	bool tls_verify;
	char *tls_trust; /* NULL: the system's store */
	struct strlist tls_fingerprints; /* SHA-256, 64 lower-case hex digits each */
	char *tls_name;
	char *tls_cert, *tls_key, *tls_priority;
	bool tls_resume;
	/* mechanism names in lower case, in order; empty: auto; "none" alone: no AUTH */
	struct strlist auth;
	char *user;
	/* at most one; read by config/secret.h only */
	char *password, *password_command, *password_file;
	/* what password_command printed, where it cannot run again: secret_keep() */
	char *obtained;
	char *from; /* %U and %H still in it: account_from() */
	enum from_override from_override;
	char *full_name;
	struct strlist match;
	char *fallback;
	char *senders;
	unsigned connections; /* 0: no limit */
	int64_t timeout_ms;
	char *source_address;
	char *proxy;
	char *socket;
	enum pipeconnect pipeconnect;
	bool require_tls;
	char *dsn_notify, *dsn_return;
};

/* Where one key that is set was written; for config show and lint. */
struct config_key {
	char *section, *key, *value; /* value NULL for what must not be shown */
	char *file;    /* the provider's name for SOURCE_PROVIDER */
	unsigned line; /* from 1; 0 for SOURCE_PROVIDER */
	enum config_source source;
};

struct config {
	/* [sendoff] */
	char *account;
	char *aliases; /* NULL: see config_aliases() */
	char *adminaddr;
	char *domain;	/* NULL: see config_domain() */
	char *hostname; /* NULL: see config_hostname() */
	enum queue_mode queue;
	char *queue_dir; /* always set after config_load */
	uint64_t queue_max;
	char *state_dir; /* always set after config_load */
	enum delivery delivery;
	int64_t retry_min_s, retry_max_s, expire_s, delay_after_s;
	uint64_t max_message_size; /* 0: no limit */
	char *log;
	char *postmaster;
	enum sandbox_mode sandbox;

	struct account *accounts; /* in the order of the files */
	size_t count;
	struct config_key *keys;
	size_t key_count;
	struct strlist files; /* those read, in order */
	/* the user's or -C's file where one is in use, absolute: the queue is that user's own */
	char *user_file;
	char *domain_found, *host_found; /* what the functions below found out */
};

#define CONFIG_INIT { 0 }

/*
 * Reads the usual files, or only `file` (-C; NULL: $SENDOFF_CONFIG, then the usual ones), checks
 * owners, modes, every key and value.  The first problem is the error: EX_CONFIG with
 * "file:line: ", or EX_NOPERM for a system file that cannot be read.  No file at all is no
 * error: count is 0 then.  `wanted` (-a or NULL) matters in a set-id process only, which uses
 * one file alone: the user's where that has the account in use, and then all rights that the
 * caller lacks are gone for good.
 */
bool config_load(struct config *c, struct caller *caller, const char *file, const char *wanted,
	struct error *err);

/*
 * The system's file alone, never a user's: for the runner of the system's queue, also where that
 * is root with a file of their own.
 */
bool config_load_system(struct config *c, struct caller *caller, struct error *err);

/*
 * For what works on the queue: as config_load, but for root, unless a file is named, the
 * system's file alone where there is one.
 */
bool config_load_queue(struct config *c, struct caller *caller, const char *file,
	const char *wanted, struct error *err);

/*
 * As config_load, for people: goes on after a problem and adds each as "file:line: text" to
 * problems; looks into the alias file and at the password files too.
 */
void config_lint(
	struct config *c, struct caller *caller, const char *file, struct strlist *problems);

void config_release(struct config *c);

/* The path of a file that was named on the command line, from the root.  To be freed. */
char *config_absolute_path(const char *path);

/*
 * Where a key was written ("sendoff" or an account's name, both lower case); NULL: it is not
 * set.
 */
const struct config_key *config_find_key(
	const struct config *c, const char *section, const char *key);

/* The account of that name (without case); NULL if there is none. */
const struct account *config_account(const struct config *c, const char *name);

/*
 * The account for a message: `wanted` (-a) if not NULL; else by `match` against `sender`, the
 * completed address ("" for the null sender, which matches nothing; NULL: none known), most
 * specific first; else the default.  NULL with EX_CONFIG in *err when there is none.
 */
const struct account *config_choose(
	const struct config *c, const char *wanted, const char *sender, struct error *err);

/*
 * `from` with %U and %H filled in, else `user` where that is an address, else the login where that
 * is one, else login@domain.  To be freed.
 */
char *account_from(const struct account *a, struct config *c, struct caller *caller);

/* The alias file: `aliases`, else /etc/aliases; NULL where that is not there. */
const char *config_aliases(const struct config *c);

/*
 * Completes bare addresses: `domain`, else /etc/mailname's first word, else the host's full
 * name.  Found out once.
 */
const char *config_domain(struct config *c);

/*
 * The host's own full name ("box.example.org"): its name where that has a dot, else what
 * /etc/hosts has for it, else the short name.  The network is not asked.  What local addresses
 * may carry.
 */
const char *config_host(struct config *c);

/* What we call ourselves to others: `hostname`, else the host's own name. */
const char *config_own_name(struct config *c);

/* Is this domain "localhost" or the host's own name, full or short? */
bool config_is_own_host(struct config *c, const char *domain);

/*
 * `hostname`, else the host's name where it has a dot, else NULL: the caller then uses an
 * address literal.
 */
const char *config_hostname(struct config *c);

#endif
