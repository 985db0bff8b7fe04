/* SPDX-License-Identifier: ISC */
#include "cli/dry_run.h"

#include "base/alloc.h"
#include "cli/print.h"
#include "message/compose.h"
#include "message/content.h"
#include "smtp/path.h"

#include <stdlib.h>
#include <string.h>

static bool parse_offers(struct capabilities *c, const char *offers, struct error *err)
{
	const char *unknown;

	if (!offers || capabilities_from_names(c, offers, &unknown))
		return true;
	return error_set(err, EX_USAGE, NULL, "unknown capability '%.*s' in option '--offers'",
		(int)strcspn(unknown, ","), unknown);
}

static bool print_envelope(const struct session *s, const struct envelope *e,
	const struct content *c, struct error *err)
{
	struct buf out = BUF_INIT;
	bool ok = path_mail(&out, s, e, c, err);

	for (size_t i = 0; i < e->count && ok; i++) {
		buf_adds(&out, "\r\n");
		ok = path_rcpt(&out, s, &e->recipients[i], c->needs_utf8, err);
	}
	buf_adds(&out, "\r\n\r\n");
	if (ok)
		return print_out(&out, err);
	buf_release(&out);
	return false;
}

static bool print_body(const struct spool *body, struct error *err)
{
	const char *data;
	uint64_t at = 0;
	ssize_t n;

	for (; (n = spool_look(body, at, &data, err)) > 0; at += (uint64_t)n)
		if (!print_bytes(data, (size_t)n, err))
			return false;
	return n == 0;
}

static bool print_for_account(
	struct request *r, struct outcome *o, unsigned offers, struct error *err)
{
	struct compose_params params = {
		.config = r->config, .caller = r->caller, .full_name = r->full_name
	};
	struct session_params session_params = {
		.account = o->account, .config = r->config, .caller = r->caller
	};
	struct session session = SESSION_INIT;
	struct header header = HEADER_INIT;
	struct content content = CONTENT_INIT;
	char *sender = compose_sender(&r->envelope, o->account, &params);
	bool ok;

	session.params = &session_params;
	session.capabilities.offers = offers;
	compose_message(&r->message, sender, &params);
	free(sender);
	alloc_free(&o->envelope.sender);
	compose_for_account(&r->message.header, &r->envelope, o->account, &params, &header,
		&o->envelope.sender);
	ok = content_render(&content, &r->message, &header, &o->envelope, offers, err) &&
	     print_envelope(&session, &o->envelope, &content, err) &&
	     print_out(&content.header, err) && print_body(content.body, err);
	content_release(&content);
	header_release(&header);
	return ok;
}

/* False: an alias leads nowhere, as sending would have told. */
static bool all_lead_somewhere(const struct expansion *x, struct error *err)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->failures[i].error.code != EX_OK) {
			*err = x->failures[i].error;
			return false;
		}
	return true;
}

bool dry_run_print(struct request *r, const char *offers, struct error *err)
{
	struct capabilities capabilities = CAPABILITIES_INIT;
	struct outcome outcome = OUTCOME_INIT;
	bool ok = parse_offers(&capabilities, offers, err);

	if (ok && !submit_prepare(r, &outcome)) {
		*err = outcome.error;
		ok = false;
	}
	if (ok && outcome.envelope.count)
		ok = print_for_account(r, &outcome, capabilities.offers, err);
	ok = ok && all_lead_somewhere(&outcome.expansion, err);
	capabilities_release(&capabilities);
	outcome_release(&outcome);
	return ok;
}
