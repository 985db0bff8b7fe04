/* SPDX-License-Identifier: ISC */
#include "message/expand.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/log.h"
#include "message/address.h"
#include "message/compose.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* The aliases and files that one recipient has led through so far. */
struct step {
	const struct step *above;
	const struct alias *alias; /* NULL: a file */
	const char *file;
	unsigned level;
};

struct walk {
	const struct aliases *aliases;
	struct config *config;
	struct expansion *expansion;
	struct envelope out;
	const struct recipient *recipient; /* the one being expanded */
	unsigned number;                   /* its number, from 1 */
	unsigned *done; /* by alias: the number of the recipient that it was last expanded for */
	unsigned steps, warnings;
	bool dropped; /* a member was /dev/null */
	bool failed;  /* listed already */
	struct error *err;
};

static bool walk_member(struct walk *w, const char *member, const struct step *step);

static void add_failure(struct walk *w, const struct error *error)
{
	struct expansion *x = w->expansion;

	x->failures = alloc_more(x->failures, x->count, &x->alloc, sizeof *x->failures);
	x->failures[x->count++] =
		(struct expansion_failure){ alloc_string(w->recipient->address), *error };
}

/* Who owns a list that is included could fill a log that is not theirs. */
static bool may_warn(struct walk *w)
{
	return w->warnings++ < EXPAND_WARNINGS_MAX;
}

/*
 * Takes note of what is wrong, the first of it as the recipient's failure.  Always true: the
 * others are served.
 */
static bool fail(struct walk *w, const struct error *error)
{
	if (may_warn(w))
		log_line(LOG_WARNING, "%s: %s", w->recipient->address, error->text);
	if (!w->failed)
		add_failure(w, error);
	w->failed = true;
	return true;
}

static bool fail_step(struct walk *w, const struct step *step, const char *status, const char *what)
{
	struct error error = ERROR_INIT;

	if (step && step->alias)
		error_set(&error, EX_NOUSER, status, "alias '%s' %s", step->alias->name, what);
	else
		error_set(&error, EX_NOUSER, status, "'%s' %s",
			step ? step->file : w->recipient->address, what);
	return fail(w, &error);
}

/* What ORCPT is to say when the address has changed. */
static char *original_of(struct walk *w, const char *address)
{
	const struct recipient *r = w->recipient;
	char *original;

	if (r->original)
		return alloc_string(r->original);
	original = compose_complete(r->address, w->config);
	if (address_equal(original, address))
		alloc_free(&original);
	return original;
}

/* An address that nothing more is to be done to. */
static bool add_address(struct walk *w, const char *address)
{
	size_t count = w->out.count;
	char *original;
	bool ok;

	if (strlen(address) + 2 > ADDRESS_PATH_MAX)
		return error_set(w->err, EX_DATAERR, "5.1.3",
			"malformed address '%.200s': longer than %d octets", address,
			ADDRESS_PATH_MAX);
	original = original_of(w, address);
	ok = envelope_add(&w->out, address, original, w->err);
	free(original);
	if (ok && w->out.count > count) {
		w->out.recipients[count].orcpt = alloc_string(w->recipient->orcpt);
		w->out.recipients[count].notify = w->recipient->notify;
	}
	return ok;
}

/*
 * A local name that no alias knows (is_known: it knows it by itself) gets `domain`, or goes to
 * adminaddr.
 */
static bool add_local(struct walk *w, const char *local, bool is_known)
{
	const char *domain = config_domain(w->config);
	struct error error = ERROR_INIT;
	struct buf address = BUF_INIT;
	bool ok;

	buf_adds(&address, w->config->adminaddr && !is_known ? w->config->adminaddr : local);
	if (!address_domain(address.data) && (w->config->adminaddr || strchr(domain, '.')))
		buf_addf(&address, "@%s", domain);
	if (address_domain(address.data)) {
		ok = add_address(w, address.data);
	} else {
		error_set(&error, EX_NOUSER, "5.1.1",
			"'%s' is a local name, and no alias says whose", local);
		error_hint(&error, "set `adminaddr` (an address for such mail) or `domain` (to "
				   "complete it with) in "
				   "[sendoff]");
		ok = fail(w, &error);
	}
	buf_release(&address);
	return ok;
}

static const struct alias *find_alias(const struct walk *w, const char *name)
{
	const struct alias *alias = w->aliases ? aliases_find(w->aliases, name) : NULL;

	return alias || !w->aliases ? alias : aliases_find(w->aliases, "default");
}

static bool is_above(const struct step *step, const struct alias *alias)
{
	while (step && step->alias != alias)
		step = step->above;
	return step != NULL;
}

static bool is_file_above(const struct step *step, const char *file)
{
	while (step && (!step->file || strcmp(step->file, file) != 0))
		step = step->above;
	return step != NULL;
}

/* The alias that the member stands in, behind any files that it includes. */
static const struct alias *nearest_alias(const struct step *step)
{
	while (step && !step->alias)
		step = step->above;
	return step ? step->alias : NULL;
}

static bool walk_members(struct walk *w, const struct strlist *members, const struct step *step)
{
	if (step->level > EXPAND_LEVELS_MAX)
		return fail_step(w, step, "5.4.6", "lies more than 20 levels deep");
	if (!members->count)
		return fail_step(w, step, "5.1.1", "leads nowhere: it has no members");
	for (size_t i = 0; i < members->count; i++)
		if (!walk_member(w, members->items[i], step))
			return false;
	return true;
}

static bool walk_alias(
	struct walk *w, const struct alias *alias, const char *local, const struct step *step)
{
	struct step below = { step, alias, NULL, step ? step->level + 1 : 1 };
	unsigned *done = &w->done[alias - w->aliases->entries];

	if (alias == nearest_alias(step))
		return add_local(w, local, true);
	if (is_above(step, alias))
		return fail_step(w, &below, "5.4.6", "leads back to itself");
	if (*done == w->number)
		return true;
	*done = w->number;
	return walk_members(w, &alias->members, &below);
}

/* Local names are looked up; every other address is what it is. */
static bool walk_address(struct walk *w, const char *address, const struct step *step)
{
	const char *domain = address_domain(address);
	const struct alias *alias;
	char *name, *local;
	bool ok;

	if (domain && !config_is_own_host(w->config, domain))
		return add_address(w, address);
	local = alloc_bytes(address, domain ? (size_t)(domain - address) - 1 : strlen(address));
	name = address_local_name(address);
	alias = find_alias(w, name);
	ok = alias ? walk_alias(w, alias, local, step) : add_local(w, local, false);
	free(name);
	free(local);
	return ok;
}

/* final: nothing in it is looked up any more. */
static bool walk_list(struct walk *w, const char *list, bool final, const struct step *step)
{
	struct mailboxes m = MAILBOXES_INIT;
	struct error error = ERROR_INIT;
	bool ok = true;

	if (!mailboxes_parse(&m, list, strlen(list), &error)) {
		error.code = EX_NOUSER;
		ok = fail(w, &error);
	} else if (!m.count) {
		ok = fail_step(w, step, "5.1.1", "leads nowhere: a member of it names nobody");
	}
	for (size_t i = 0; ok && i < m.count; i++) {
		char *address = mailbox_address(&m.items[i]);

		if (!final)
			ok = walk_address(w, address, step);
		else if (m.items[i].domain)
			ok = add_address(w, address);
		else
			ok = add_local(w, address, true);
		free(address);
	}
	mailboxes_release(&m);
	return ok;
}

static bool walk_include(struct walk *w, const char *file, const struct step *step)
{
	struct step below = { step, NULL, file, step->level + 1 };
	struct strlist members = STRLIST_INIT, problems = STRLIST_INIT;
	struct error error = ERROR_INIT;
	bool ok;

	if (is_file_above(step, file))
		return fail_step(w, &below, "5.4.6", "includes itself");
	if (aliases_include(&members, file, &problems, &error)) {
		ok = walk_members(w, &members, &below);
	} else {
		error.code = EX_NOUSER;
		ok = fail(w, &error);
	}
	for (size_t i = 0; i < problems.count && may_warn(w); i++)
		log_line(LOG_WARNING, "%s", problems.items[i]);
	strlist_release(&problems);
	strlist_release(&members);
	return ok;
}

/* What stands behind the colon of an alias, or on a line of an included file. */
static bool walk_member(struct walk *w, const char *member, const struct step *step)
{
	if (++w->steps > EXPAND_STEPS_MAX)
		return error_set(w->err, EX_DATAERR, "5.4.6",
			"the aliases expand to more than %d members", EXPAND_STEPS_MAX);
	if (ascii_starts_with(member, ":include:"))
		return walk_include(w, member + strlen(":include:"), step);
	if (*member == '|')
		return fail_step(
			w, step, "5.7.1", "names a command: mail is not given to commands");
	if (strcmp(member, "/dev/null") == 0) {
		w->dropped = true;
		return true;
	}
	if (*member == '/' && !strchr(member, '@'))
		return fail_step(w, step, "5.7.1", "names a file: mail is not written to files");
	return walk_list(w, member + (*member == '\\'), *member == '\\', step);
}

/*
 * One line a recipient that an alias or adminaddr made another; completing a name is not worth
 * one.
 */
static void log_expansion(const struct walk *w, size_t from)
{
	struct buf line = BUF_INIT;

	for (size_t i = from; i < w->out.count && line.len < 2048; i++)
		buf_addf(&line, "%s%s", i > from ? ", " : "", w->out.recipients[i].address);
	if (!line.len)
		buf_adds(&line, w->dropped ? "/dev/null" : "nobody new");
	log_line(LOG_INFO, "%s expands to %s", w->recipient->address, line.data);
	buf_release(&line);
}

static bool walk_recipient(struct walk *w, const struct recipient *r)
{
	const struct error dropped = { .code = EX_OK,
		.text = "dropped: an alias sends it to /dev/null" };
	size_t count = w->out.count;

	w->recipient = r;
	w->number++;
	w->dropped = w->failed = false;
	if (!walk_address(w, r->address, NULL))
		return false;
	if (w->dropped && w->out.count == count && !w->failed)
		add_failure(w, &dropped);
	if (w->dropped || w->out.count != count + 1 || w->out.recipients[count].original)
		log_expansion(w, count);
	return true;
}

static void take_recipients(struct envelope *to, struct envelope *from)
{
	struct envelope old = *to;

	from->sender = old.sender;
	from->envid = old.envid;
	from->ret = old.ret;
	old.sender = old.envid = NULL;
	envelope_release(&old);
	*to = *from;
	*from = (struct envelope)ENVELOPE_INIT;
}

bool expand_recipients(struct envelope *e, const struct aliases *aliases, struct config *c,
	struct expansion *x, struct error *err)
{
	struct walk w = {
		.aliases = aliases, .config = c, .expansion = x, .out = ENVELOPE_INIT, .err = err
	};
	bool ok = true;

	w.done = alloc_zero(aliases ? aliases->count + 1 : 1, sizeof *w.done);
	for (size_t i = 0; aliases && i < aliases->problems.count; i++)
		log_line(LOG_WARNING, "%s", aliases->problems.items[i]);
	for (size_t i = 0; ok && i < e->count; i++)
		ok = walk_recipient(&w, &e->recipients[i]);
	if (ok)
		take_recipients(e, &w.out);
	envelope_release(&w.out);
	free(w.done);
	return ok;
}

void expansion_release(struct expansion *x)
{
	for (size_t i = 0; i < x->count; i++)
		free(x->failures[i].address);
	free(x->failures);
	*x = (struct expansion)EXPANSION_INIT;
}
