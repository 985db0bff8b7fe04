/* SPDX-License-Identifier: ISC */
#include "queue/reach.h"

#include "base/log.h"
#include "base/process.h"
#include "queue/trouble.h"

#include <syslog.h>

void reach_init(struct reach *r, const struct run_params *run, struct config *config,
	const struct account *own, struct session *session)
{
	*r = (struct reach){
		.run = run,
		.config = config,
		.own = own,
		.account = own,
		.own_session = SESSION_INIT,
		.slot = SLOT_INIT,
	};
	r->session = session ? session : &r->own_session;
	reach_note_route(r);
}

void reach_note_route(struct reach *r)
{
	if (r->session->stream.fd >= 0)
		route_note(&r->route, r->session);
}

void reach_note_refusal(struct reach *r, const struct error *refusal)
{
	if (r->session->stream.fd < 0 && trouble_is_refused_login(refusal))
		trouble_note(r->account, r->config, r->run->caller, refusal);
}

/* A connection to this account, unless it has to wait. */
static bool open_account(struct reach *r, struct error *err)
{
	if (r->run->extent == RUN_DUE &&
		trouble_waits(r->account, r->config, r->run->caller, err))
		return false;
	if (!slot_take(&r->slot, r->account, r->config, err))
		return false;
	r->is_tried = true;
	r->params = (struct session_params){
		.account = r->account,
		.config = r->config,
		.caller = r->run->caller,
		.trace = r->run->trace,
		.sandbox = r->sandbox,
	};
	if (session_open(r->session, &r->params, err)) {
		route_note(&r->route, r->session);
		trouble_forget(r->account, r->config);
		return true;
	}
	route_note(&r->route, r->session);
	slot_release(&r->slot);
	reach_note_refusal(r, err);
	return false;
}

bool reach_open(struct reach *r, struct error *err)
{
	if (r->session->stream.fd >= 0)
		return true;
	r->account = r->own;
	if (open_account(r, err))
		return true;
	r->trouble = *err;
	while (err->scope == ERROR_OF_ROUTE && r->account->fallback && !process_stopped()) {
		log_line(LOG_WARNING, "account %s: %s; falling back to %s", r->account->name,
			err->text, r->account->fallback);
		r->account = config_account(r->config, r->account->fallback);
		if (open_account(r, err))
			return true;
	}
	r->account = r->own;
	*err = r->trouble;
	return false;
}

void reach_close(struct reach *r)
{
	session_close(r->session);
	slot_release(&r->slot);
}
