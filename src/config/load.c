/* SPDX-License-Identifier: ISC */
#include "config/load.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "config/ini.h"
#include "config/provider.h"
#include "config/settings.h"
#include "config/trusted.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct load {
	struct config *config;
	struct caller *caller;
	struct problems *problems;
	const char *file;	   /* the one being read */
	enum config_source source;
	bool has_secret;	   /* in this file */
	bool is_denied;		   /* the system file may not be read */
	struct error denial;
};

static const char *const secret_keys[] = { "password", "password_command", "password_file" };

enum { SECRET_KEYS = sizeof secret_keys / sizeof *secret_keys };

static struct account *find_account(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->accounts[i].name, name) == 0)
			return &c->accounts[i];
	return NULL;
}

static void begin_account(struct load *l, const struct ini_entry *e)
{
	struct config *c = l->config;
	struct account *a = find_account(c, e->section);

	if (!a) {
		c->accounts = alloc_grow(c->accounts, c->count + 1, sizeof *c->accounts);
		a = &c->accounts[c->count++];
		*a = (struct account){ .name = alloc_string(e->section) };
		settings_default(SETTING_ACCOUNT, a);
	}
	free(a->file);
	a->file = alloc_string(l->file);
	a->line = e->line;
	a->source = l->source;
}

static void release_key(struct config_key *k)
{
	free(k->section);
	free(k->key);
	free(k->value);
	free(k->file);
}

static void forget_key(struct config *c, const char *section, const char *key)
{
	for (size_t i = 0; i < c->key_count; i++)
		if (strcmp(c->keys[i].key, key) == 0 && strcmp(c->keys[i].section, section) == 0) {
			release_key(&c->keys[i]);
			c->keys[i] = c->keys[--c->key_count];
			return;
		}
}

/* Puts the key's origin in the place of an earlier file's. */
static void record(struct load *l, const struct ini_entry *e, bool is_secret)
{
	struct config *c = l->config;

	forget_key(c, e->section, e->key);
	c->keys = alloc_grow(c->keys, c->key_count + 1, sizeof *c->keys);
	c->keys[c->key_count++] = (struct config_key){
		.section = alloc_string(e->section),
		.key = alloc_string(e->key),
		.value = is_secret ? NULL : alloc_string(e->value),
		.file = alloc_string(l->file),
		.line = e->line,
		.source = l->source,
	};
}

/*
 * One kind of secret takes the place of another that an earlier file set; in one file there is
 * room for one.
 */
static void displace_secrets(struct load *l, struct account *a, const struct ini_entry *e)
{
	for (size_t i = 0; i < SECRET_KEYS; i++) {
		const struct config_key *k = config_find_key(l->config, e->section, secret_keys[i]);
		const struct setting *s = setting_find(SETTING_ACCOUNT, secret_keys[i]);

		if (!k || strcmp(e->key, secret_keys[i]) == 0)
			continue;
		if (strcmp(k->file, l->file) == 0)
			problem_add(l->problems, l->file, e->line,
				"'%s' beside '%s' on line %u: an account has one secret", e->key,
				k->key, k->line);
		setting_unset(s, a);
		forget_key(l->config, e->section, secret_keys[i]);
	}
}

static void unknown_key(struct load *l, const struct ini_entry *e, enum setting_scope scope)
{
	bool is_global = scope == SETTING_GLOBAL;
	enum setting_scope other = is_global ? SETTING_ACCOUNT : SETTING_GLOBAL;
	const char *place = is_global ? "an account's section" : "section [sendoff]";
	const char *nearest = setting_nearest(scope, e->key);
	const char *elsewhere = nearest ? NULL : setting_nearest(other, e->key);

	if (setting_find(other, e->key))
		problem_add(l->problems, l->file, e->line, "'%s' belongs in %s", e->key, place);
	else if (nearest)
		problem_add(l->problems, l->file, e->line, "unknown key '%s' (did you mean '%s'?)",
			e->key, nearest);
	else if (elsewhere)
		problem_add(l->problems, l->file, e->line,
			"unknown key '%s' (did you mean '%s' in %s?)", e->key, elsewhere, place);
	else
		problem_add(l->problems, l->file, e->line, "unknown key '%s'", e->key);
}

static bool is_secret_key(const char *key)
{
	for (size_t i = 0; i < SECRET_KEYS; i++)
		if (strcmp(key, secret_keys[i]) == 0)
			return true;
	return false;
}

/*
 * In a set-id process a place in the caller's home would let that caller redirect a system
 * account.
 */
static bool is_callers_place(const struct load *l, const struct setting *s, const char *value)
{
	bool is_file = s->kind == SETTING_PATH || s->kind == SETTING_TRUST ||
		       s->kind == SETTING_CERTIFICATE || s->kind == SETTING_LOG;

	return l->caller->set_id && l->source == SOURCE_SYSTEM && is_file &&
	       ascii_starts_with(value, "~/");
}

static void apply(struct load *l, const struct ini_entry *e)
{
	bool is_global = strcmp(e->section, "sendoff") == 0;
	enum setting_scope scope = is_global ? SETTING_GLOBAL : SETTING_ACCOUNT;
	struct account *a = is_global ? NULL : find_account(l->config, e->section);
	const struct setting *s = setting_find(scope, e->key);
	void *object = is_global ? (void *)l->config : a;
	struct buf why = BUF_INIT;
	bool is_secret;

	if (!s) {
		unknown_key(l, e, scope);
		return;
	}
	is_secret = setting_is_secret(s, e->value);
	l->has_secret |= is_secret;
	if (e->has_comment && (is_secret || s->kind == SETTING_COMMAND))
		problem_add(l->problems, l->file, e->line,
			"no comment may stand on the line of '%s': put the value in quotes, the "
			"comment on a line of its own",
			e->key);
	if (is_callers_place(l, s, e->value))
		problem_add(l->problems, l->file, e->line,
			"'%s' would lie in the home of whoever calls the set-id program", e->key);
	if (is_secret_key(e->key))
		displace_secrets(l, a, e);
	record(l, e, is_secret); /* a bad one too: it is not missing */
	if (!e->is_bad && !setting_convert(s, object, e->value, l->caller, &why))
		problem_add(l->problems, l->file, e->line, "'%s' %s", e->key, buf_str(&why));
	buf_release(&why);
}

static void apply_all(struct load *l, const struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_entry *e = &ini->entries[i];

		if (e->key)
			apply(l, e);
		else if (strcmp(e->section, "sendoff") != 0)
			begin_account(l, e);
	}
}

/*
 * What an unreadable file means depends on whose it is: the system's may be there for others,
 * and a home that is closed to the caller (a daemon's) has no file of theirs.
 */
static void cannot_read(struct load *l, const struct error *why, bool must_exist)
{
	struct error err = *why;

	if (err.code == EX_NOINPUT && !must_exist)
		return;
	if (err.code == EX_NOPERM && l->source == SOURCE_USER && !must_exist &&
		access(l->file, F_OK) < 0)
		return;
	if (err.code == EX_NOPERM && l->source == SOURCE_SYSTEM) {
		l->is_denied = true;
		l->denial = err;
		return;
	}
	err.code = EX_CONFIG;
	error_scope(&err, ERROR_OF_MESSAGE);
	problem_add_error(l->problems, &err);
}

static void read_file(struct load *l, const char *path, enum config_source source, bool must_exist)
{
	struct error err = ERROR_INIT;
	struct ini ini = INI_INIT;
	struct buf text = BUF_INIT;
	struct stat st;

	l->file = path;
	l->source = source;
	l->has_secret = false;
	if (!trusted_read(&text, path, l->caller->uid, INI_MAX_BYTES, &st, &err)) {
		cannot_read(l, &err, must_exist);
		buf_wipe(&text);
		return;
	}
	strlist_add(&l->config->files, path);
	if (source == SOURCE_USER)
		l->config->user_file = alloc_string(path);
	ini_parse(&ini, path, &text, l->problems);
	buf_wipe(&text);
	apply_all(l, &ini);
	ini_release(&ini);
	if (l->has_secret && !trusted_is_private(path, &st, &err))
		problem_add_error(l->problems, &err);
}

/* The system's file is out of reach: no harm where the user's has an account. */
static void settle_denial(struct load *l)
{
	if (!l->is_denied || l->config->count)
		return;
	error_scope(&l->denial, ERROR_OF_MESSAGE);
	if (!l->caller->set_id)
		error_hint(&l->denial,
			"this process lacks the group that may read it: the program is not "
			"set-group-ID (make install-setgid), or that has no effect here "
			"(NoNewPrivileges, nosuid mount, container)");
	problem_add_error(l->problems, &l->denial);
}

static void apply_provider(struct load *l, struct account *a)
{
	const struct provider *p = a->provider ? provider_find(a->provider) : NULL;
	struct buf why = BUF_INIT;

	for (const struct setting *s = settings; p && s->name; s++) {
		const char *value = s->scope == SETTING_ACCOUNT ? provider_value(p, s->name) : NULL;
		struct ini_entry e = {
			.section = a->name, .key = (char *)s->name, .value = (char *)value
		};

		if (!value || config_find_key(l->config, a->name, s->name))
			continue;
		setting_convert(s, a, value, l->caller, &why);
		l->source = SOURCE_PROVIDER;
		l->file = p->name;
		record(l, &e, false);
	}
	buf_release(&why);
}

static void complete_account(struct load *l, struct account *a)
{
	static const unsigned ports[] = {
		[TLS_STARTTLS] = 587, [TLS_IMPLICIT] = 465, [TLS_OFF] = 25
	};

	apply_provider(l, a);
	if (!a->port)
		a->port = ports[a->tls];
	if (a->tls_fingerprints.count)
		a->tls_verify = true; /* a pin is there to be checked */
}

/*
 * The queue belongs to the configuration: what a user's file or -C names lies in that user's
 * own.
 */
static bool uses_system_directories(
	const struct config *c, const struct caller *caller, const char *queue)
{
	if (c->user_file)
		return false;
	return caller->uid == 0 || caller->set_id || access(queue, W_OK) == 0;
}

/*
 * Where a user's file is in use, what the system's says of its own directories is not for that
 * user's queue.
 */
static bool is_directory_set(const struct config *c, const char *key)
{
	const struct config_key *k = config_find_key(c, "sendoff", key);

	return k && (k->source == SOURCE_USER || !c->user_file);
}

static void complete_directories(
	struct config *c, struct caller *caller, const struct load_files *f)
{
	bool is_system = uses_system_directories(c, caller, f->system_queue);
	char *state = is_system ? alloc_string(f->system_state) : caller_state_directory(caller);
	struct buf queue = BUF_INIT;

	if (is_system)
		buf_adds(&queue, f->system_queue);
	else
		buf_addf(&queue, "%s/queue", state);
	if (!is_directory_set(c, "queue_dir")) {
		forget_key(c, "sendoff", "queue_dir");
		free(c->queue_dir);
		c->queue_dir = buf_detach(&queue);
	}
	if (!is_directory_set(c, "state_dir")) {
		forget_key(c, "sendoff", "state_dir");
		free(c->state_dir);
		c->state_dir = alloc_string(state);
	}
	buf_release(&queue);
	free(state);
}

static void replace_default(struct config *c, const char *account)
{
	forget_key(c, "sendoff", "account");
	free(c->account);
	c->account = alloc_string(account);
	ascii_lower_string(c->account);
}

/* Of the two waits between tries the one that nobody wrote gives way. */
static void settle_waits(struct config *c)
{
	if (c->retry_max_s >= c->retry_min_s)
		return;
	if (!config_find_key(c, "sendoff", "retry_max"))
		c->retry_max_s = c->retry_min_s;
	else if (!config_find_key(c, "sendoff", "retry_min"))
		c->retry_min_s = c->retry_max_s;
}

void load_config(struct config *c, struct caller *caller, const struct load_files *f,
	struct problems *p)
{
	struct load l = { .config = c, .caller = caller, .problems = p };

	settings_default(SETTING_GLOBAL, c);
	if (f->system)
		read_file(&l, f->system, SOURCE_SYSTEM, false);
	if (f->user)
		read_file(&l, f->user, SOURCE_USER, f->user_must_exist);
	settle_denial(&l);
	if (f->account)
		replace_default(c, f->account);
	for (size_t i = 0; i < c->count; i++)
		complete_account(&l, &c->accounts[i]);
	complete_directories(c, caller, f);
	settle_waits(c);
	check_config(c, caller, p);
}

void config_release(struct config *c)
{
	for (size_t i = 0; i < c->count; i++) {
		settings_release(SETTING_ACCOUNT, &c->accounts[i]);
		alloc_wipe(c->accounts[i].obtained);
		free(c->accounts[i].name);
		free(c->accounts[i].file);
	}
	for (size_t i = 0; i < c->key_count; i++)
		release_key(&c->keys[i]);
	settings_release(SETTING_GLOBAL, c);
	free(c->accounts);
	free(c->keys);
	strlist_release(&c->files);
	free(c->user_file);
	free(c->domain_found);
	free(c->host_found);
	*c = (struct config)CONFIG_INIT;
}
