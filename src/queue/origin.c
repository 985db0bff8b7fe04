/* SPDX-License-Identifier: ISC */
#include "queue/origin.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

struct origin {
	char *file;
	struct config *config; /* NULL: error says why */
	struct error error;
};

char *origin_file(const struct config *c, struct caller *caller)
{
	struct buf usual = BUF_INIT;
	char *directory, *file = NULL;

	if (!c->user_file)
		return NULL;
	directory = caller_config_directory(caller);
	buf_addf(&usual, "%s/sendoff.ini", directory);
	if (strcmp(buf_str(&usual), c->user_file) != 0)
		file = alloc_string(c->user_file);
	free(directory);
	buf_release(&usual);
	return file;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool origin_is(const struct config *c, struct caller *caller, const struct entry *e)
{
	char *file = origin_file(c, caller);
	bool is_it = is_same(file, e->config_file);

	free(file);
	return is_it;
}

char *origin_sender(const struct entry *e, struct config *c, struct caller *caller)
{
	const struct account *a = e->account ? config_account(c, e->account) : NULL;
	struct caller owner = CALLER_INIT;
	char *from;

	if (e->envelope.sender || !a || !origin_is(c, caller, e))
		return alloc_string(e->envelope.sender);
	if (e->uid == caller->uid)
		return account_from(a, c, caller);
	caller_init_uid(&owner, e->uid);
	from = account_from(a, c, &owner);
	caller_release(&owner);
	return from;
}

void origins_init(struct origins *o, struct config *current, struct caller *caller)
{
	*o = (struct origins){
		.current = current, .caller = caller, .current_file = origin_file(current, caller)
	};
}

bool origins_is_current(const struct origins *o, const char *file)
{
	return is_same(file, o->current_file);
}

static struct origin *read_origin(struct origins *o, const char *file)
{
	struct config *config = alloc_zero(1, sizeof *config);
	struct origin *origin;

	o->read = alloc_grow(o->read, o->count + 1, sizeof *o->read);
	origin = &o->read[o->count++];
	*origin = (struct origin){ .file = alloc_string(file) };
	if (!file)
		unsetenv("SENDOFF_CONFIG"); /* it named the current one */
	if (config_load_queue(config, o->caller, file, NULL, &origin->error)) {
		origin->config = config;
	} else {
		config_release(config);
		free(config);
	}
	return origin;
}

struct config *origins_find(struct origins *o, const char *file, struct error *err)
{
	struct origin *origin = NULL;

	if (origins_is_current(o, file))
		return o->current;
	for (size_t i = 0; i < o->count && !origin; i++)
		if (is_same(file, o->read[i].file))
			origin = &o->read[i];
	if (!origin)
		origin = read_origin(o, file);
	if (!origin->config)
		*err = origin->error;
	return origin->config;
}

void origins_release(struct origins *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->read[i].file);
		if (o->read[i].config)
			config_release(o->read[i].config);
		free(o->read[i].config);
	}
	free(o->read);
	free(o->current_file);
	*o = (struct origins){ 0 };
}
