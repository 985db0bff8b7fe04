/* SPDX-License-Identifier: ISC */
#include "cli/deliver.h"

#include "base/alloc.h"
#include "base/process.h"
#include "cli/dry_run.h"
#include "cli/screen.h"
#include "message/address.h"
#include "outcome.h"
#include "queue/store.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One word of the command line is an address list; one that holds nobody is a mistake. */
static bool add_recipients(struct envelope *e, const char *word, struct error *err)
{
	struct mailboxes list = MAILBOXES_INIT;
	bool ok = mailboxes_parse(&list, word, strlen(word), err);

	if (ok && (!list.count || list.nulls))
		ok = error_set(err, EX_DATAERR, "5.1.3", "recipient '%s': no address", word);
	for (size_t i = 0; i < list.count && ok; i++) {
		char *address = mailbox_address(&list.items[i]);

		ok = envelope_add(e, address, NULL, err);
		free(address);
	}
	mailboxes_release(&list);
	return ok;
}

bool request_from_options(struct request *r, const struct options *o, struct config *c,
	struct caller *caller, struct error *err)
{
	r->config = c;
	r->caller = r->self = caller;
	r->account = o->account;
	r->full_name = o->full_name;
	r->take_recipients = o->take_recipients;
	r->expand = !o->no_expand;
	r->delivery = o->has_delivery ? o->delivery : c->delivery;
	r->error_mode = o->error_mode;
	r->notify = o->notify;
	r->envelope.ret = o->ret;
	r->envelope.envid = alloc_string(o->envid);
	if (o->sender) {
		r->envelope.sender = address_parse_sender(o->sender, err);
		if (!r->envelope.sender)
			return error_context(err, "sender");
	}
	for (size_t i = 0; i < o->recipient_count; i++)
		if (!add_recipients(&r->envelope, o->recipients[i], err))
			return false;
	return true;
}

/* Lets the writer finish, so that it does not die of SIGPIPE. */
static void drain_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char block[16384];
	ssize_t n = isatty(STDIN_FILENO) ? 0 : 1;

	while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN))) {
		poll(&input, 1, -1);
		n = read(STDIN_FILENO, block, sizeof block);
	}
}

/*
 * Reads the message from standard input to its end.  *failure, if one is known already, is kept:
 * the input is then read for its writer's sake alone.
 */
static bool request_read(struct request *r, const struct options *o,
	const struct strlist *directories, struct error *failure)
{
	struct message_source source = {
		.fd = STDIN_FILENO,
		.dot_ends = !o->ignore_dots,
		.drain = !isatty(STDIN_FILENO),
		.size_max = r->config->max_message_size,
		.spool_directories = directories,
	};

	if (failure->code != EX_OK) {
		drain_input();
		return false;
	}
	return message_read(&r->message, &source, failure);
}

/* What is known to fail before the message is read: nobody types one in vain. */
static bool request_check(const struct request *r, struct error *err)
{
	/* Else the message's From has a say in it; the log likes to know the size. */
	bool is_chosen = isatty(STDIN_FILENO) && (r->account || !r->config->count);

	return (r->take_recipients || request_has_recipients(r, err)) &&
	       (!is_chosen || config_choose(r->config, r->account, NULL, err));
}

int deliver(const struct options *o, struct config *c, struct caller *caller, struct error *failure)
{
	struct request request = REQUEST_INIT;
	struct outcome outcome = OUTCOME_INIT;
	struct strlist directories = STRLIST_INIT;
	struct error err = ERROR_INIT;
	struct screen screen;
	bool ok;
	int status;

	request.trace = screen_trace(&screen, o->verbose, o->is_send);
	ok = request_from_options(&request, o, c, caller, &err) &&
	     request_check(&request, &err);
	if (!ok && failure->code == EX_OK)
		*failure = err;
	store_spool_directories(&directories, c);
	if (!request_read(&request, o, &directories, failure)) {
		outcome.error = *failure;
		outcome_log(&outcome, &request);
	} else if (o->dry_run) {
		dry_run_print(&request, o->offers, &outcome.error);
	} else {
		process_catch_stop();
		request.sandbox = SANDBOX_ACCOUNT;
		submit(&request, &outcome);
	}
	screen_clear(&screen);
	outcome_print(&outcome, o->error_mode);
	status = outcome_exit(&outcome, o->error_mode);
	outcome_release(&outcome);
	request_release(&request);
	strlist_release(&directories);
	return status;
}
