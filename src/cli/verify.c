/* SPDX-License-Identifier: ISC */
#include "cli/verify.h"

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/deliver.h"
#include "config/aliases.h"
#include "message/compose.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is printed, and the first recipient that leads nowhere. */
struct verdict {
	struct buf out;
	struct error *err;
	bool ok;
};

static void fail(struct verdict *v, const struct error *err)
{
	if (v->ok)
		*v->err = *err;
	v->ok = false;
}

static void add_server(struct buf *out, const struct account *a)
{
	if (a->socket) {
		buf_addf(out, "server %s", a->socket);
		return;
	}
	buf_adds(out, "server ");
	for (size_t i = 0; i < a->hosts.count; i++)
		buf_addf(out, "%s%s:%u", i ? ", " : "", a->hosts.items[i], a->port);
}

/* The sender that the account puts into the envelope. */
static char *sender_of(const struct request *r, const struct account *a)
{
	struct compose_params params = {
		.config = r->config, .caller = r->caller, .full_name = r->full_name
	};
	struct header none = HEADER_INIT, made = HEADER_INIT;
	char *sender;

	compose_for_account(&none, &r->envelope, a, &params, &made, &sender);
	header_release(&made);
	return sender;
}

static void add_address(struct verdict *v, const struct request *r, const struct outcome *o,
	const struct recipient *to)
{
	char *sender = sender_of(r, o->account);

	if (to->original && strcmp(to->original, to->address) != 0)
		buf_addf(&v->out, "%s -> ", to->original);
	buf_addf(&v->out, "%s: account %s, ", to->address, o->account->name);
	add_server(&v->out, o->account);
	buf_addf(&v->out, ", sender <%s>\n", sender);
	free(sender);
}

static void add_expansion(struct verdict *v, const struct request *r, const struct outcome *o)
{
	for (size_t i = 0; i < o->envelope.count; i++)
		add_address(v, r, o, &o->envelope.recipients[i]);
	for (size_t i = 0; i < o->expansion.count; i++) {
		const struct expansion_failure *failure = &o->expansion.failures[i];

		if (failure->error.code == EX_OK) {
			buf_addf(&v->out, "%s: dropped, as its alias says\n", failure->address);
			continue;
		}
		buf_addf(&v->out, "%s: undeliverable: %s\n", failure->address, failure->error.text);
		fail(v, &failure->error);
	}
}

/* One recipient by itself, so that what it expands to stands behind it. */
static void verify_one(struct verdict *v, const struct request *all, const struct recipient *to)
{
	struct request r = *all;
	struct outcome o = OUTCOME_INIT;
	struct error err = ERROR_INIT;

	r.envelope = (struct envelope)ENVELOPE_INIT;
	r.message = (struct message)MESSAGE_INIT;
	r.envelope.sender = alloc_string(all->envelope.sender);
	envelope_add(&r.envelope, to->address, NULL, &err);
	if (submit_prepare(&r, &o)) {
		add_expansion(v, &r, &o);
	} else {
		buf_addf(&v->out, "%s: undeliverable: %s\n", to->address, o.error.text);
		fail(v, &o.error);
	}
	envelope_release(&r.envelope);
	outcome_release(&o);
}

bool verify_print(
	const struct options *o, struct config *c, struct caller *caller, struct error *err)
{
	struct request r = REQUEST_INIT;
	struct verdict v = { .err = err };
	struct error broken;

	v.ok = request_from_options(&r, o, c, caller, err);
	for (size_t i = 0; i < r.envelope.count; i++)
		verify_one(&v, &r, &r.envelope.recipients[i]);
	if (!print_out(&v.out, &broken))
		fail(&v, &broken);
	envelope_release(&r.envelope);
	return v.ok;
}

bool aliases_check(const struct config *c, struct error *err)
{
	const char *file = c->aliases ? c->aliases : "/etc/aliases";
	struct aliases aliases = ALIASES_INIT;
	struct buf out = BUF_INIT;
	bool missing = !c->aliases && access(file, F_OK) != 0;
	size_t bad;

	if (!missing && !aliases_read(&aliases, file, err))
		return false;
	bad = aliases.problems.count;
	for (size_t i = 0; i < bad; i++)
		buf_addf(&out, "%s\n", aliases.problems.items[i]);
	buf_addf(&out, "%s: %zu aliases\n", file, aliases.count);
	aliases_release(&aliases);
	if (!print_out(&out, err))
		return false;
	return !bad || error_set(err, EX_DATAERR, NULL, "%s: %zu bad line%s", file, bad,
			       bad > 1 ? "s" : "");
}
