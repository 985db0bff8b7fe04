/* SPDX-License-Identifier: ISC */
/*
 * The table of settings: one row for each key, which drives parsing, defaults,
 * `config show`, the hint for an unknown key and the check that the manual
 * page names them all.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/buf.h"
#include "config/caller.h"

#include <stdbool.h>
#include <stddef.h>

/* The struct that a setting is a member of: struct config or struct account. */
enum setting_scope { SETTING_GLOBAL, SETTING_ACCOUNT };

/* How its value is written and kept; config/convert.c has a row for each. */
enum setting_kind {
	SETTING_TEXT,
	SETTING_WORD, /* one of setting.words, kept as its index in an enum */
	SETTING_YES_NO,
	SETTING_NAME,     /* an account's */
	SETTING_PROVIDER,
	SETTING_ADDRESS,  /* a mail address or local name */
	SETTING_SENDER,   /* an address with %U and %H */
	SETTING_DOMAIN,
	SETTING_HOST,
	SETTING_HOSTS,
	SETTING_PORT,
	SETTING_COUNT,
	SETTING_SECONDS,
	SETTING_MILLISECONDS,
	SETTING_SIZE,
	SETTING_PATH,
	SETTING_TRUST,
	SETTING_FINGERPRINTS,
	SETTING_CERTIFICATE, /* a path or pkcs11: URL */
	SETTING_MECHANISMS,
	SETTING_SECRET,
	SETTING_COMMAND,
	SETTING_PATTERNS,
	SETTING_IP_ADDRESS,
	SETTING_PROXY,
	SETTING_NOTIFY,
	SETTING_RETURN,
	SETTING_LOG,
	SETTING_KINDS
};

struct setting {
	const char *name;
	enum setting_scope scope;
	enum setting_kind kind;
	size_t offset;
	/* the default as it would be written; NULL: none, or found out later */
	const char *fallback;
	const char *help;	   /* one line */
	const char *const *words; /* of a SETTING_WORD, ends with NULL */
};

extern const struct setting settings[]; /* ends with a NULL name */

/* NULL if there is none of that name. */
const struct setting *setting_find(enum setting_scope scope, const char *name);

/* The name most like an unknown one, for "did you mean"; NULL if none is near. */
const char *setting_nearest(enum setting_scope scope, const char *name);

/* Would this value, shown to others, give a secret away? */
bool setting_is_secret(const struct setting *s, const char *value);

/*
 * Converts a value into the setting's member of *object; "" unsets what may be unset.  False: the
 * value is wrong, and *why gets what it must be ("must be yes or no"), without the value itself.
 */
bool setting_convert(const struct setting *s, void *object, const char *value,
	struct caller *caller, struct buf *why);

/* Sets the member back to its default; frees what it owned. */
void setting_unset(const struct setting *s, void *object);

/* Gives all members of a scope their defaults; frees what they own. */
void settings_default(enum setting_scope scope, void *object);
void settings_release(enum setting_scope scope, void *object);

#endif
