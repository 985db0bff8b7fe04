/* SPDX-License-Identifier: ISC */
/*
 * What the formats of `sendoff config import` have in common: each is a table
 * that says what becomes of a key, parsers for its files, and a function for
 * what more than one key decides.
 */
#ifndef CLI_IMPORT_FORMAT_H
#define CLI_IMPORT_FORMAT_H

#include "cli/import_draft.h"
#include "cli/import_source.h"

enum import_effect {
	IMPORT_ACCOUNT, /* the same value for the account's key `ours` */
	IMPORT_GLOBAL,  /* for that of [sendoff] */
	IMPORT_LATER,   /* finish() looks at it */
	IMPORT_SILENT,  /* sendoff is like that anyway, or it is not about sending mail on */
	IMPORT_LOST,    /* no equivalent; `ours` says why, or what to do instead */
};

struct import_row {
	const char *key;
	enum import_effect effect;
	const char *ours;
};

/* What will be an account. */
struct import_section {
	char *name;
	struct import_values values;
	bool is_alias; /* no account: another one's name for the default */
};

enum { IMPORT_MAX_SECTIONS = 200 };

struct import {
	const struct import_format *format;
	struct import_section *sections;
	size_t count, alloc;
	struct import_values common; /* holds for each section */
	struct import_values logins; /* of a second file: names, hosts or users, with theirs */
	struct draft draft;
};

struct import_name {
	const char *name; /* the file's; NULL ends */
	bool (*parse)(struct import *im, const struct import_file *f, struct error *err);
};

struct import_format {
	const char *program;
	const struct import_row *rows;   /* ends with a NULL key */
	const struct import_name *names; /* names[0] is the one that content is recognised for */
	bool (*is_one_of)(const struct import_file *f); /* NULL: the rows tell */
	void (*finish)(
		struct import *im, const struct import_section *s, struct draft_section *account);
	bool knows_all_keys; /* of the program: one that is not in rows is worth a note */
};

extern const struct import_format import_msmtp, import_ssmtp, import_dma, import_nullmailer,
	import_esmtp, import_postfix;

/* Adds an empty section, good until the next is added; NULL (EX_DATAERR): there are too many. */
struct import_section *import_add_section(
	struct import *im, const char *name, const struct import_file *f, struct error *err);

/*
 * Parses lines `KEY VALUE` and `KEY=VALUE` (with '=' for the separator) into v; what stands
 * alone has the value "yes".
 */
void import_pairs(struct import_values *v, const struct import_file *f, char separator);

/* Sets host and port from HOST, HOST:PORT or [HOST]:PORT. */
void import_set_server(struct draft_section *account, const char *server, const char *default_port);

/* Sets user and password where both are there. */
void import_set_login(struct draft_section *account, const char *user, const char *password);

/*
 * For programs whose sender is the caller at the domain, once that is set, and that never put
 * one in another's place.
 */
void import_set_sender(struct draft_section *account);

/*
 * For programs that put this address (%U and %H in it) in place of every sender, though not in
 * the From field.
 */
void import_force_sender(struct import *im, struct draft_section *account, const char *address);

/* Sets the alias file, unless it is the one that sendoff takes by itself where it exists. */
void import_set_aliases(struct import *im, const char *path);

/* For programs that read no alias file, or not for mail that is sent on. */
void import_set_no_aliases(struct import *im);

/* For programs that deliver to users of the machine. */
void import_note_local_users(struct import *im, struct draft_section *account);

/* For programs that keep every message until it is sent; leaves `delivery` where it is set. */
void import_set_queue(struct import *im);

#endif
