/* SPDX-License-Identifier: ISC */
#include "config/settings.h"

#include "base/ascii.h"
#include "config/config.h"

#include <string.h>

static const char *const queue_words[] = { "auto", "yes", "no", NULL };
static const char *const delivery_words[] = { "interactive", "background", "queue", NULL };
static const char *const sandbox_words[] = { "auto", "off", NULL };
static const char *const tls_words[] = { "starttls", "implicit", "off", NULL };
static const char *const override_words[] = { "local", "yes", "no", NULL };
static const char *const pipeconnect_words[] = { "no", "auto", NULL };

#define GLOBAL(name, kind, member, fallback, help, words) \
	{ name, SETTING_GLOBAL, kind, offsetof(struct config, member), fallback, help, words }
#define ACCOUNT(name, kind, member, fallback, help, words) \
	{ name, SETTING_ACCOUNT, kind, offsetof(struct account, member), fallback, help, words }

const struct setting settings[] = {
	/* clang-format off */
	GLOBAL("account", SETTING_NAME, account, NULL,
		"default account (default: the only one, else 'default')", NULL),
	GLOBAL("aliases", SETTING_PATH, aliases, NULL,
		"alias file (default: /etc/aliases where it exists; /dev/null: none)", NULL),
	GLOBAL("adminaddr", SETTING_ADDRESS, adminaddr, NULL,
		"gets the mail for local names that no alias knows", NULL),
	GLOBAL("domain", SETTING_DOMAIN, domain, NULL,
		"completes bare addresses (default: /etc/mailname, else the host's full "
		"name)", NULL),
	GLOBAL("hostname", SETTING_HOST, hostname, NULL,
		"name said in EHLO (default: the host's full name, else an address literal)", NULL),
	GLOBAL("queue", SETTING_WORD, queue, "auto",
		"keep and retry what cannot be sent now", queue_words),
	GLOBAL("queue_dir", SETTING_PATH, queue_dir, NULL, "where queued messages lie", NULL),
	GLOBAL("queue_max", SETTING_SIZE, queue_max, "1G",
		"what one user may keep in a system queue", NULL),
	GLOBAL("state_dir", SETTING_PATH, state_dir, NULL,
		"where TLS tickets and account troubles are kept", NULL),
	GLOBAL("delivery", SETTING_WORD, delivery, "interactive",
		"when to deliver, where the caller does not say", delivery_words),
	GLOBAL("retry_min", SETTING_SECONDS, retry_min_s, "5m",
		"time to the first retry; it doubles from there", NULL),
	GLOBAL("retry_max", SETTING_SECONDS, retry_max_s, "4h",
		"longest time between two tries", NULL),
	GLOBAL("expire", SETTING_SECONDS, expire_s, "5d",
		"after this long a message goes back to its sender", NULL),
	GLOBAL("delay_after", SETTING_SECONDS, delay_after_s, "4h",
		"when a delay is reported that was to be reported", NULL),
	GLOBAL("max_message_size", SETTING_SIZE, max_message_size, "0",
		"largest message taken (0: no limit)", NULL),
	GLOBAL("log", SETTING_LOG, log, "syslog", "syslog, stderr, none or a file", NULL),
	GLOBAL("postmaster", SETTING_ADDRESS, postmaster, NULL,
		"gets reports for local senders without an alias", NULL),
	GLOBAL("sandbox", SETTING_WORD, sandbox, "auto",
		"confine the process where the kernel can", sandbox_words),

	ACCOUNT("provider", SETTING_PROVIDER, provider, NULL,
		"preset for host, port, tls and auth", NULL),
	ACCOUNT("host", SETTING_HOSTS, hosts, NULL, "submission servers, tried in order", NULL),
	ACCOUNT("port", SETTING_PORT, port, NULL,
		"TCP port (default: 587; 465 with tls = implicit, 25 with tls = off)", NULL),
	ACCOUNT("tls", SETTING_WORD, tls, "starttls", "how the connection is encrypted", tls_words),
	ACCOUNT("tls_verify", SETTING_YES_NO, tls_verify, "yes", "check who the server is", NULL),
	ACCOUNT("tls_trust", SETTING_TRUST, tls_trust, "system",
		"CA certificates to trust: system or a PEM file", NULL),
	ACCOUNT("tls_fingerprint", SETTING_FINGERPRINTS, tls_fingerprints, NULL,
		"SHA-256 pins of the certificate or its public key", NULL),
	ACCOUNT("tls_name", SETTING_HOST, tls_name, NULL,
		"name to check and to send as SNI (default: host)", NULL),
	ACCOUNT("tls_cert", SETTING_CERTIFICATE, tls_cert, NULL,
		"client certificate, PEM file or pkcs11: URL", NULL),
	ACCOUNT("tls_key", SETTING_CERTIFICATE, tls_key, NULL,
		"its private key, PEM file or pkcs11: URL", NULL),
	ACCOUNT("tls_priority", SETTING_TEXT, tls_priority, NULL,
		"GnuTLS priority string (default: the system's policy, TLS 1.2 or newer)", NULL),
	ACCOUNT("tls_resume", SETTING_YES_NO, tls_resume, "yes",
		"keep TLS session tickets in state_dir", NULL),
	ACCOUNT("auth", SETTING_MECHANISMS, auth, "auto",
		"SASL mechanisms in order of preference, auto or none", NULL),
	ACCOUNT("user", SETTING_TEXT, user, NULL, "name to log in with (default: no login)", NULL),
	ACCOUNT("password", SETTING_SECRET, password, NULL, "the password or access token", NULL),
	ACCOUNT("password_command", SETTING_COMMAND, password_command, NULL,
		"shell command that prints it", NULL),
	ACCOUNT("password_file", SETTING_PATH, password_file, NULL,
		"file whose first line it is", NULL),
	ACCOUNT("from", SETTING_SENDER, from, NULL,
		"sender where the caller gives none; %U user, %H host (default: user, else "
		"%U@domain)", NULL),
	ACCOUNT("from_override", SETTING_WORD, from_override, "local",
		"which senders `from` replaces", override_words),
	ACCOUNT("full_name", SETTING_TEXT, full_name, NULL,
		"name for a From field that has to be made", NULL),
	ACCOUNT("match", SETTING_PATTERNS, match, NULL,
		"senders that this account is chosen for", NULL),
	ACCOUNT("fallback", SETTING_NAME, fallback, NULL,
		"account to try when this one cannot be reached", NULL),
	ACCOUNT("senders", SETTING_PATH, senders, NULL,
		"file that says who may use which sender", NULL),
	ACCOUNT("connections", SETTING_COUNT, connections, "0",
		"connections at once from here (0: no limit)", NULL),
	ACCOUNT("timeout", SETTING_MILLISECONDS, timeout_ms, "60s",
		"for connecting, each reply and a write that stands still", NULL),
	ACCOUNT("source_address", SETTING_IP_ADDRESS, source_address, NULL,
		"own address to connect from", NULL),
	ACCOUNT("proxy", SETTING_PROXY, proxy, NULL, "SOCKS5 proxy, socks5://host:port", NULL),
	ACCOUNT("socket", SETTING_PATH, socket, NULL,
		"Unix socket to connect to instead of a host", NULL),
	ACCOUNT("pipeconnect", SETTING_WORD, pipeconnect, "no",
		"Exim's early pipelining where it was offered last time", pipeconnect_words),
	ACCOUNT("require_tls", SETTING_YES_NO, require_tls, "no",
		"ask the server for REQUIRETLS (RFC 8689)", NULL),
	ACCOUNT("dsn_notify", SETTING_NOTIFY, dsn_notify, NULL,
		"when to report, where -N does not say (RFC 3461)", NULL),
	ACCOUNT("dsn_return", SETTING_RETURN, dsn_return, NULL,
		"what a report returns, where -R does not say: full or hdrs", NULL),
	{ NULL, SETTING_GLOBAL, SETTING_TEXT, 0, NULL, NULL, NULL },
	/* clang-format on */
};

const struct setting *setting_find(enum setting_scope scope, const char *name)
{
	for (const struct setting *s = settings; s->name; s++)
		if (s->scope == scope && strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Characters to insert, delete, replace or exchange with their neighbour (Damerau's distance). */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	size_t rows[3][LONGEST + 1], n = strlen(a), m = strlen(b);
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
				last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[m];
}

/* "username" for "user": too far to count as a slip, and meant all the same. */
static const char *beginning_of(enum setting_scope scope, const char *name)
{
	for (const struct setting *s = settings; s->name; s++)
		if (s->scope == scope && ascii_starts_with(name, s->name))
			return s->name;
	return NULL;
}

const char *setting_nearest(enum setting_scope scope, const char *name)
{
	const char *nearest = NULL;
	size_t best = strlen(name) / 3 + 1;

	for (const struct setting *s = settings; s->name; s++) {
		size_t d = s->scope == scope ? distance(name, s->name) : best + 1;

		if (d < best || (d == best && !nearest)) {
			nearest = s->name;
			best = d;
		}
	}
	return nearest ? nearest : beginning_of(scope, name);
}

bool setting_is_secret(const struct setting *s, const char *value)
{
	switch (s->kind) {
	case SETTING_SECRET:
		return true;
	case SETTING_PROXY:
		return strchr(value, '@');
	case SETTING_CERTIFICATE:
		return strstr(value, "pin-value=");
	default:
		return false;
	}
}
