/* SPDX-License-Identifier: ISC */
#include "cli/check.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/log.h"
#include "config/aliases.h"
#include "config/sandbox.h"
#include "config/senders.h"
#include "queue/overdue.h"
#include "queue/slot.h"
#include "queue/store.h"
#include "smtp/mechanism.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_files(struct check *c)
{
	struct error err = ERROR_INIT;
	struct buf names = BUF_INIT;

	if (!config_load(&c->config, c->params->caller, c->params->file, c->params->account, &err))
		return check_fail(c, "files", -1, &err);
	log_open(c->config.log);
	for (size_t i = 0; i < c->config.files.count; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", c->config.files.items[i]);
	check_say(c, c->config.files.count ? MARK_OK : MARK_WARN, "files", -1, NULL, "%s",
		names.len ? buf_str(&names) : "no configuration file");
	buf_release(&names);
	return true;
}

static void add_way(struct buf *out, const struct account *a)
{
	static const char *const words[] = {
		[TLS_STARTTLS] = "starttls", [TLS_IMPLICIT] = "implicit", [TLS_OFF] = "off"
	};

	if (a->socket)
		buf_addf(out, "socket %s", a->socket);
	for (size_t i = 0; !a->socket && i < a->hosts.count; i++) {
		buf_adds(out, i ? ", " : "");
		buf_add_host_port(out, a->hosts.items[i], a->port);
	}
	if (a->proxy)
		buf_adds(out, " through the proxy");
	buf_addf(out, ", tls = %s, %s%s", words[a->tls],
		mechanism_is_wanted(a) ? "login as " : "no login",
		mechanism_is_wanted(a) ? (a->user ? a->user : "the certificate says") : "");
}

/*
 * Early pipelining (pipeconnect) would mix the steps, and the fetched secret spares a second run
 * of password_command: the account as it is tried differs from the configuration's in these.
 */
static bool choose_account(struct check *c)
{
	struct error err = ERROR_INIT;
	const struct account *a = config_choose(&c->config, c->params->account, NULL, &err);
	struct buf way = BUF_INIT;

	if (!a)
		return check_fail(c, "account", -1, &err);
	c->account = *a;
	c->account.pipeconnect = PIPECONNECT_NO;
	c->sender = account_from(a, &c->config, c->params->caller);
	add_way(&way, a);
	check_say(c, a->tls_verify || a->tls == TLS_OFF ? MARK_OK : MARK_WARN, "account", -1,
		a->tls_verify ? NULL
			      : "tls_verify = no: whoever answers gets the login; "
				"tls_fingerprint is as easy and safe",
		"%s: %s, sender <%s>", a->name, buf_str(&way), c->sender);
	buf_release(&way);
	return true;
}

/* Bad lines do not keep the others from working: they are warnings. */
static void look_at_aliases(struct check *c)
{
	const char *file = config_aliases(&c->config);
	struct aliases aliases = ALIASES_INIT;
	struct error err = ERROR_INIT;

	if (!file)
		check_say(c, MARK_OK, "aliases", -1, NULL, "no alias file");
	else if (!aliases_read(&aliases, file, &err))
		check_say(c, MARK_WARN, "aliases", -1, err.hint, "%s", err.text);
	else
		check_say(c, MARK_OK, "aliases", -1, NULL, "%s: %zu aliases", file, aliases.count);
	for (size_t i = 0; i < aliases.problems.count; i++)
		check_say(c, MARK_WARN, "aliases", -1, NULL, "%s", aliases.problems.items[i]);
	aliases_release(&aliases);
}

/* Can the directory be made: may its nearest parent that is there be written? */
static bool can_be_made(const char *path)
{
	char *parent = alloc_string(path), *slash;
	bool can;

	while ((slash = strrchr(parent, '/')) && slash > parent && access(parent, F_OK) < 0)
		*slash = '\0';
	can = access(slash > parent ? parent : "/", W_OK | X_OK) == 0;
	free(parent);
	return can;
}

static void look_at_queue(struct check *c)
{
	struct store s = STORE_INIT;
	struct error err = ERROR_INIT;

	if (!queue_is_on(&c->config)) {
		check_say(c, MARK_OK, "queue", -1, NULL, "off: what cannot be sent at once fails");
		return;
	}
	if (access(c->config.queue_dir, F_OK) < 0 && !can_be_made(c->config.queue_dir))
		check_say(c, MARK_WARN, "queue", -1,
			"make that directory, or set queue_dir to another",
			"%s is not there and cannot be made", c->config.queue_dir);
	else if (access(c->config.queue_dir, F_OK) < 0)
		check_say(c, MARK_OK, "queue", -1, NULL, "on: %s, made when it is needed",
			c->config.queue_dir);
	else if (store_open(&s, &c->config, c->params->caller, STORE_EXISTING, &err))
		check_say(c, MARK_OK, "queue", -1, NULL, "on: %s", c->config.queue_dir);
	else
		check_say(c, MARK_WARN, "queue", -1, err.hint, "%s", err.text);
	store_close(&s);
	if (queue_is_overdue(&c->config, c->params->caller, &err))
		check_say(c, MARK_WARN, "queue", -1, err.hint, "%s", err.text);
}

static bool look_at_senders(struct check *c)
{
	struct caller *caller = c->params->caller;
	struct error err = ERROR_INIT;

	if (!c->account.senders)
		return true;
	if (!senders_are_good(&c->account, caller, &err) ||
		!senders_allow(&c->account, caller, c->sender, &err))
		return check_fail(c, "senders", -1, &err);
	check_say(c, MARK_OK, "senders", -1, NULL, "%s: %s may send as <%s>%s",
		c->account.senders, caller_login(caller), c->sender,
		caller->uid ? "" : ", as root may as anybody");
	return true;
}

static void look_at_connections(struct check *c)
{
	int held = slot_count(&c->account, &c->config);

	if (held < 0)
		check_say(c, MARK_WARN, "connections", -1,
			"let state_dir be a directory that can be written",
			"connections = %u has no effect: %s cannot be written",
			c->account.connections, c->config.state_dir);
	else if (c->account.connections)
		check_say(c, MARK_OK, "connections", -1, NULL,
			"at most %u at once from here, %d in use now", c->account.connections,
			held);
}

/* Checking itself is not confined: it looks at more than a message needs. */
static void look_at_sandbox(struct check *c)
{
	const struct account *a = config_account(&c->config, c->account.name);
	const char *reason = sandbox_reason(&c->config, a, SANDBOX_ACCOUNT);

	check_say(c, MARK_OK, "sandbox", -1, NULL, "%s%s",
		reason ? "off: " : "on while a message is sent", reason ? reason : "");
}

static const char *source_of_secret(const struct account *a)
{
	return a->password ? "password" : a->password_file ? "password_file" : "password_command";
}

static bool fetch_secret(struct check *c)
{
	struct account *a = &c->account;
	struct error err = ERROR_INIT;

	if (!mechanism_is_wanted(a) || !secret_is_configured(a)) {
		check_say(c, MARK_OK, "secret", -1, NULL, "none");
		return true;
	}
	if (!secret_get(&c->secret, a, c->params->caller, &err))
		return check_fail(c, "secret", -1, &err);
	check_say(c, MARK_OK, "secret", -1, NULL, "from %s", source_of_secret(a));
	a->password = c->secret.bytes.data;
	a->password_command = a->password_file = NULL;
	return true;
}

bool check_files(struct check *c)
{
	if (!read_files(c) || !choose_account(c))
		return false;
	look_at_aliases(c);
	look_at_queue(c);
	look_at_sandbox(c);
	look_at_connections(c);
	if (!look_at_senders(c))
		return false;
	return fetch_secret(c);
}
