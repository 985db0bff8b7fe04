/* SPDX-License-Identifier: ISC */
#include "cli/verify.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "cli/deliver.h"
#include "cli/print.h"
#include "config/aliases.h"
#include "message/compose.h"

#include <stdlib.h>
#include <string.h>

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

static void say(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a line, made printable. */
static void say(struct verdict *v, const char *format, ...)
{
	struct buf line = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vaddf(&line, format, args);
	va_end(args);
	buf_add_printable(&v->out, buf_str(&line), line.len);
	buf_addc(&v->out, '\n');
	buf_release(&line);
}

static void add_server(struct buf *out, const struct account *a)
{
	if (a->socket)
		buf_adds(out, a->socket);
	for (size_t i = 0; !a->socket && i < a->hosts.count; i++) {
		buf_adds(out, i ? ", " : "");
		buf_add_host_port(out, a->hosts.items[i], a->port);
	}
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
	bool is_changed = to->original && strcmp(to->original, to->address) != 0;
	char *sender = sender_of(r, o->account);
	struct buf server = BUF_INIT;

	add_server(&server, o->account);
	say(v, "%s%s%s: account %s, server %s, sender <%s>", is_changed ? to->original : "",
		is_changed ? " -> " : "", to->address, o->account->name, buf_str(&server), sender);
	buf_release(&server);
	free(sender);
}

static void add_expansion(struct verdict *v, const struct request *r, const struct outcome *o)
{
	for (size_t i = 0; i < o->envelope.count; i++)
		add_address(v, r, o, &o->envelope.recipients[i]);
	for (size_t i = 0; i < o->expansion.count; i++) {
		const struct expansion_failure *failure = &o->expansion.failures[i];

		if (failure->error.code == EX_OK) {
			say(v, "%s: dropped, as its alias says", failure->address);
			continue;
		}
		say(v, "%s: undeliverable: %s", failure->address, failure->error.text);
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
		say(v, "%s: undeliverable: %s", to->address, o.error.text);
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
	const char *file = config_aliases(c);
	struct aliases aliases = ALIASES_INIT;
	struct buf out = BUF_INIT;
	size_t bad;

	if (file && !aliases_read(&aliases, file, err))
		return false;
	bad = aliases.problems.count;
	for (size_t i = 0; i < bad; i++)
		buf_addf(&out, "%s\n", aliases.problems.items[i]);
	buf_addf(&out, "%s: %zu aliases\n", file ? file : "/etc/aliases", aliases.count);
	aliases_release(&aliases);
	if (!print_out(&out, err))
		return false;
	return !bad || error_set(err, EX_DATAERR, NULL, "%s: %zu bad line%s", file, bad,
			       bad > 1 ? "s" : "");
}
