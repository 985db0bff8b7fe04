/* SPDX-License-Identifier: ISC */
#include "config/settings.h"

#include "base/alloc.h"
#include "base/file.h"
#include "config/config.h"
#include "config/provider.h"

#include <fcntl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct caller caller;

static int set_home(void **state)
{
	(void)state;
	caller.looked_up = true;
	caller.home = alloc_string("/home/me");
	caller.login = alloc_string("me");
	caller.full_name = alloc_string("");
	return 0;
}

static int forget_home(void **state)
{
	(void)state;
	caller_release(&caller);
	return 0;
}

static void add_list(struct buf *b, const struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		buf_addf(b, "%s%s", i ? "," : "", l->items[i]);
}

/* A member as text, so that one table can hold every kind. */
static void show(struct buf *b, const struct setting *s, const void *object)
{
	const char *member = (const char *)object + s->offset;

	switch (s->kind) {
	case SETTING_WORD:
		buf_adds(b, s->words[*(const unsigned *)(const void *)member]);
		break;
	case SETTING_YES_NO:
		buf_adds(b, *(const bool *)member ? "yes" : "no");
		break;
	case SETTING_PORT:
	case SETTING_COUNT:
		buf_addf(b, "%u", *(const unsigned *)(const void *)member);
		break;
	case SETTING_SECONDS:
	case SETTING_MILLISECONDS:
	case SETTING_SIZE:
		buf_addf(b, "%lld", (long long)*(const int64_t *)(const void *)member);
		break;
	case SETTING_HOSTS:
	case SETTING_FINGERPRINTS:
	case SETTING_MECHANISMS:
	case SETTING_PATTERNS:
		add_list(b, (const struct strlist *)(const void *)member);
		break;
	default: {
		char *const *string = (char *const *)(const void *)member;

		buf_adds(b, *string ? *string : "(null)");
	}
	}
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define LOWER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COLONS \
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define BASE64 "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8"

/* expected NULL: it is refused. */
static const struct {
	enum setting_scope scope;
	const char *key, *value, *expected;
} rows[] = {
	{ SETTING_GLOBAL, "account", "Work", "work" },
	{ SETTING_GLOBAL, "account", "", NULL },
	{ SETTING_GLOBAL, "aliases", "/etc/my aliases", "/etc/my aliases" },
	{ SETTING_GLOBAL, "aliases", "~/aliases", "/home/me/aliases" },
	{ SETTING_GLOBAL, "aliases", "aliases", NULL },
	{ SETTING_GLOBAL, "aliases", "~root/aliases", NULL },
	{ SETTING_GLOBAL, "aliases", "~", NULL },
	{ SETTING_GLOBAL, "aliases", "", NULL },
	{ SETTING_GLOBAL, "aliases", "/a\x01", NULL },
	{ SETTING_GLOBAL, "adminaddr", "me@example.org", "me@example.org" },
	{ SETTING_GLOBAL, "adminaddr", "", "(null)" },
	{ SETTING_GLOBAL, "adminaddr", "a@b, c@d", NULL },
	{ SETTING_GLOBAL, "adminaddr", "Me <a@b>", NULL },
	{ SETTING_GLOBAL, "adminaddr", "a@b\x01", NULL },
	{ SETTING_GLOBAL, "domain", "example.org", "example.org" },
	{ SETTING_GLOBAL, "domain", "b\xc3\xbc" "cher.example", "b\xc3\xbc" "cher.example" },
	{ SETTING_GLOBAL, "domain", "@example.org", NULL },
	{ SETTING_GLOBAL, "domain", ".example.org", NULL },
	{ SETTING_GLOBAL, "domain", "a b", NULL },
	{ SETTING_GLOBAL, "hostname", "box.example.org", "box.example.org" },
	{ SETTING_GLOBAL, "hostname", "[192.0.2.1]", "[192.0.2.1]" },
	{ SETTING_GLOBAL, "hostname", "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },
	{ SETTING_GLOBAL, "hostname", "[x]", NULL },
	{ SETTING_GLOBAL, "hostname", "[", NULL },
	{ SETTING_GLOBAL, "hostname", "a b", NULL },
	{ SETTING_GLOBAL, "queue", "YES", "yes" },
	{ SETTING_GLOBAL, "queue", "no", "no" },
	{ SETTING_GLOBAL, "queue", "auto", "auto" },
	{ SETTING_GLOBAL, "queue", "on", NULL },
	{ SETTING_GLOBAL, "queue", "", NULL },
	{ SETTING_GLOBAL, "queue_dir", "/q", "/q" },
	{ SETTING_GLOBAL, "queue_dir", "q", NULL },
	{ SETTING_GLOBAL, "queue_max", "20M", "20971520" },
	{ SETTING_GLOBAL, "queue_max", "1T", NULL },
	{ SETTING_GLOBAL, "state_dir", "~/s", "/home/me/s" },
	{ SETTING_GLOBAL, "state_dir", "./s", NULL },
	{ SETTING_GLOBAL, "delivery", "background", "background" },
	{ SETTING_GLOBAL, "delivery", "now", NULL },
	{ SETTING_GLOBAL, "retry_min", "1h30m", "5400" },
	{ SETTING_GLOBAL, "retry_min", "90", "90" },
	{ SETTING_GLOBAL, "retry_min", "0", NULL },
	{ SETTING_GLOBAL, "retry_min", "5 m", NULL },
	{ SETTING_GLOBAL, "retry_min", "-5m", NULL },
	{ SETTING_GLOBAL, "retry_max", "1d", "86400" },
	{ SETTING_GLOBAL, "retry_max", "1y", NULL },
	{ SETTING_GLOBAL, "expire", "2w", "1209600" },
	{ SETTING_GLOBAL, "expire", "never", NULL },
	{ SETTING_GLOBAL, "delay_after", "4h", "14400" },
	{ SETTING_GLOBAL, "delay_after", "", NULL },
	{ SETTING_GLOBAL, "max_message_size", "0", "0" },
	{ SETTING_GLOBAL, "max_message_size", "512K", "524288" },
	{ SETTING_GLOBAL, "max_message_size", "512KB", NULL },
	{ SETTING_GLOBAL, "log", "syslog", "syslog" },
	{ SETTING_GLOBAL, "log", "STDERR", "stderr" },
	{ SETTING_GLOBAL, "log", "none", "none" },
	{ SETTING_GLOBAL, "log", "/var/log/Mail", "/var/log/Mail" },
	{ SETTING_GLOBAL, "log", "mail.log", NULL },
	{ SETTING_GLOBAL, "postmaster", "pm@example.org", "pm@example.org" },
	{ SETTING_GLOBAL, "postmaster", "a b", NULL },
	{ SETTING_GLOBAL, "sandbox", "off", "off" },
	{ SETTING_GLOBAL, "sandbox", "yes", NULL },

	{ SETTING_ACCOUNT, "provider", "Gmail", "Gmail" },
	{ SETTING_ACCOUNT, "provider", "gmial", NULL },
	{ SETTING_ACCOUNT, "host", "a.example.org, 192.0.2.1 ,[::1],fe80::1%eth0",
		"a.example.org,192.0.2.1,[::1],fe80::1%eth0" },
	{ SETTING_ACCOUNT, "host", "a.example.org:587", NULL },
	{ SETTING_ACCOUNT, "host", "a.example.org b.example.org", NULL },
	{ SETTING_ACCOUNT, "host", "smtp://a.example.org", NULL },
	{ SETTING_ACCOUNT, "host", ",", NULL },
	{ SETTING_ACCOUNT, "host", "", NULL },
	{ SETTING_ACCOUNT, "port", "1", "1" },
	{ SETTING_ACCOUNT, "port", "65535", "65535" },
	{ SETTING_ACCOUNT, "port", "0", NULL },
	{ SETTING_ACCOUNT, "port", "65536", NULL },
	{ SETTING_ACCOUNT, "port", "smtp", NULL },
	{ SETTING_ACCOUNT, "port", "0x19", NULL },
	{ SETTING_ACCOUNT, "port", "", NULL },
	{ SETTING_ACCOUNT, "tls", "Implicit", "implicit" },
	{ SETTING_ACCOUNT, "tls", "off", "off" },
	{ SETTING_ACCOUNT, "tls", "no", NULL },
	{ SETTING_ACCOUNT, "tls_verify", "no", "no" },
	{ SETTING_ACCOUNT, "tls_verify", "never", NULL },
	{ SETTING_ACCOUNT, "tls_trust", "System", "(null)" },
	{ SETTING_ACCOUNT, "tls_trust", "/etc/ca.pem", "/etc/ca.pem" },
	{ SETTING_ACCOUNT, "tls_trust", "ca.pem", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", HEX64, LOWER },
	{ SETTING_ACCOUNT, "tls_fingerprint", "SHA256:" COLONS, LOWER },
	{ SETTING_ACCOUNT, "tls_fingerprint", "sha256:" BASE64 "=", LOWER },
	{ SETTING_ACCOUNT, "tls_fingerprint", BASE64 ", " COLONS, LOWER "," LOWER },
	{ SETTING_ACCOUNT, "tls_fingerprint", HEX64 "00", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", "SHA256:", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", "SHA1:" HEX64, NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", "00:11", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", COLONS ":", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", HEX64 ", x", NULL },
	{ SETTING_ACCOUNT, "tls_fingerprint", "", NULL },
	{ SETTING_ACCOUNT, "tls_name", "smtp.example.org", "smtp.example.org" },
	{ SETTING_ACCOUNT, "tls_name", "*.example.org", NULL },
	{ SETTING_ACCOUNT, "tls_cert", "~/c.pem", "/home/me/c.pem" },
	{ SETTING_ACCOUNT, "tls_cert", "pkcs11:token=x;object=y", "pkcs11:token=x;object=y" },
	{ SETTING_ACCOUNT, "tls_cert", "pkcs11:object=pin?pin-value=;pin", "pkcs11:object=pin?pin-value=;pin" },
	{ SETTING_ACCOUNT, "tls_cert", "PKCS11:object=y", NULL },
	{ SETTING_ACCOUNT, "tls_cert", "c.pem", NULL },
	{ SETTING_ACCOUNT, "tls_key", "/k.pem", "/k.pem" },
	{ SETTING_ACCOUNT, "tls_key", "k.pem", NULL },
	{ SETTING_ACCOUNT, "tls_key", "pkcs11:object=y;pin-value=1", NULL },
	{ SETTING_ACCOUNT, "tls_key", "pkcs11:pin-value=1;object=y", NULL },
	{ SETTING_ACCOUNT, "tls_priority", "NORMAL:-VERS-TLS1.2", "NORMAL:-VERS-TLS1.2" },
	{ SETTING_ACCOUNT, "tls_priority", "N\x01", NULL },
	{ SETTING_ACCOUNT, "tls_resume", "no", "no" },
	{ SETTING_ACCOUNT, "tls_resume", "1", NULL },
	{ SETTING_ACCOUNT, "auth", "auto", "" },
	{ SETTING_ACCOUNT, "auth", "NONE", "none" },
	{ SETTING_ACCOUNT, "auth", "SCRAM-SHA-256-PLUS scram-sha-256,plain", "scram-sha-256-plus,scram-sha-256,plain" },
	{ SETTING_ACCOUNT, "auth", "login cram-md5 scram-sha-1 scram-sha-1-plus external gssapi oauthbearer xoauth2",
		"login,cram-md5,scram-sha-1,scram-sha-1-plus,external,gssapi,oauthbearer,xoauth2" },
	{ SETTING_ACCOUNT, "auth", "digest-md5 NTLM anonymous", "digest-md5,ntlm,anonymous" },
	{ SETTING_ACCOUNT, "auth", "gs2-krb5", NULL },
	{ SETTING_ACCOUNT, "auth", "auto plain", NULL },
	{ SETTING_ACCOUNT, "auth", "plain none", NULL },
	{ SETTING_ACCOUNT, "auth", "on", NULL },
	{ SETTING_ACCOUNT, "auth", "", NULL },
	{ SETTING_ACCOUNT, "user", "me@example.org", "me@example.org" },
	{ SETTING_ACCOUNT, "user", "DOMAIN\\me", "DOMAIN\\me" },
	{ SETTING_ACCOUNT, "user", "", "(null)" },
	{ SETTING_ACCOUNT, "user", "me\x01", NULL },
	{ SETTING_ACCOUNT, "password", " s\x01 ", " s\x01 " },
	{ SETTING_ACCOUNT, "password", "", NULL },
	{ SETTING_ACCOUNT, "password_command", "pass show 'a b' | head -1", "pass show 'a b' | head -1" },
	{ SETTING_ACCOUNT, "password_command", "", NULL },
	{ SETTING_ACCOUNT, "password_file", "/run/secrets/mail", "/run/secrets/mail" },
	{ SETTING_ACCOUNT, "password_file", "mail", NULL },
	{ SETTING_ACCOUNT, "from", "%U@%H", "%U@%H" },
	{ SETTING_ACCOUNT, "from", "100%%@x", "100%%@x" },
	{ SETTING_ACCOUNT, "from", "%u@x", NULL },
	{ SETTING_ACCOUNT, "from", "me@x%", NULL },
	{ SETTING_ACCOUNT, "from", "Me <me@x>", NULL },
	{ SETTING_ACCOUNT, "from_override", "local", "local" },
	{ SETTING_ACCOUNT, "from_override", "always", NULL },
	{ SETTING_ACCOUNT, "full_name", "J\xc3\xbcrgen \"JJ\" O'Hara", "J\xc3\xbcrgen \"JJ\" O'Hara" },
	{ SETTING_ACCOUNT, "full_name", "a\x1b[0m", NULL },
	{ SETTING_ACCOUNT, "match", "*@example.org, me@*", "*@example.org,me@*" },
	{ SETTING_ACCOUNT, "match", "*@example.org, me", NULL },
	{ SETTING_ACCOUNT, "match", "*", NULL },
	{ SETTING_ACCOUNT, "match", "a@b c@d", NULL },
	{ SETTING_ACCOUNT, "match", "", NULL },
	{ SETTING_ACCOUNT, "fallback", "BACKUP", "backup" },
	{ SETTING_ACCOUNT, "fallback", "", NULL },
	{ SETTING_ACCOUNT, "senders", "/etc/sendoff/senders", "/etc/sendoff/senders" },
	{ SETTING_ACCOUNT, "senders", "anyone", NULL },
	{ SETTING_ACCOUNT, "connections", "0", "0" },
	{ SETTING_ACCOUNT, "connections", "10000", "10000" },
	{ SETTING_ACCOUNT, "connections", "10001", NULL },
	{ SETTING_ACCOUNT, "connections", "-1", NULL },
	{ SETTING_ACCOUNT, "timeout", "90", "90000" },
	{ SETTING_ACCOUNT, "timeout", "2m", "120000" },
	{ SETTING_ACCOUNT, "timeout", "0", NULL },
	{ SETTING_ACCOUNT, "timeout", "1.5", NULL },
	{ SETTING_ACCOUNT, "source_address", "192.0.2.1", "192.0.2.1" },
	{ SETTING_ACCOUNT, "source_address", "2001:db8::1", "2001:db8::1" },
	{ SETTING_ACCOUNT, "source_address", "fe80::1%eth0", "fe80::1%eth0" },
	{ SETTING_ACCOUNT, "source_address", "eth0", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://localhost:1080", "socks5://localhost:1080" },
	{ SETTING_ACCOUNT, "proxy", "socks5://u:p@ss@[::1]:1080", "socks5://u:p@ss@[::1]:1080" },
	{ SETTING_ACCOUNT, "proxy", "", "(null)" },
	{ SETTING_ACCOUNT, "proxy", "socks5://localhost", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://u@localhost:1080", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://:p@localhost:1080", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://u:%4@localhost:1080", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://u:%40@localhost:1080", "socks5://u:%40@localhost:1080" },
	{ SETTING_ACCOUNT, "proxy", "socks5://::1:1080", NULL },
	{ SETTING_ACCOUNT, "proxy", "socks5://localhost:0", NULL },
	{ SETTING_ACCOUNT, "proxy", "http://localhost:80", NULL },
	{ SETTING_ACCOUNT, "socket", "/run/sendoff.sock", "/run/sendoff.sock" },
	{ SETTING_ACCOUNT, "socket", "run.sock", NULL },
	{ SETTING_ACCOUNT, "pipeconnect", "auto", "auto" },
	{ SETTING_ACCOUNT, "pipeconnect", "yes", NULL },
	{ SETTING_ACCOUNT, "require_tls", "yes", "yes" },
	{ SETTING_ACCOUNT, "require_tls", "true", NULL },
	{ SETTING_ACCOUNT, "dsn_notify", "Success, Failure,delay", "success,failure,delay" },
	{ SETTING_ACCOUNT, "dsn_notify", "never", "never" },
	{ SETTING_ACCOUNT, "dsn_notify", "never,failure", NULL },
	{ SETTING_ACCOUNT, "dsn_notify", "always", NULL },
	{ SETTING_ACCOUNT, "dsn_notify", "", NULL },
	{ SETTING_ACCOUNT, "dsn_return", "HDRS", "hdrs" },
	{ SETTING_ACCOUNT, "dsn_return", "headers", NULL },
};

enum { ROWS = sizeof rows / sizeof *rows };

static void check_row(size_t i, void *object)
{
	const struct setting *s = setting_find(rows[i].scope, rows[i].key);
	struct buf why = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
	bool ok;

	assert_non_null(s);
	show(&before, s, object);
	ok = setting_convert(s, object, rows[i].value, &caller, &why);
	show(&after, s, object);
	if (ok != !!rows[i].expected)
		print_error("%s = %s\n", rows[i].key, rows[i].value);
	assert_int_equal(ok, !!rows[i].expected);
	assert_string_equal(buf_str(&after), ok ? rows[i].expected : buf_str(&before));
	if (!ok)
		assert_memory_equal(buf_str(&why), "must be ", 8);
	buf_release(&why);
	buf_release(&before);
	buf_release(&after);
}

static void values_are_converted_or_refused_and_then_change_nothing(void **state)
{
	struct config c = CONFIG_INIT;
	struct account a = { 0 };

	(void)state;
	settings_default(SETTING_GLOBAL, &c);
	settings_default(SETTING_ACCOUNT, &a);
	for (size_t i = 0; i < ROWS; i++)
		check_row(i, rows[i].scope == SETTING_GLOBAL ? (void *)&c : &a);
	settings_release(SETTING_GLOBAL, &c);
	settings_release(SETTING_ACCOUNT, &a);
}

/* A new key without rows above fails here. */
static void every_key_has_a_good_and_a_bad_value_in_this_table(void **state)
{
	(void)state;
	for (const struct setting *s = settings; s->name; s++) {
		bool is_open = s->kind == SETTING_SECRET || s->kind == SETTING_COMMAND;
		unsigned good = 0, bad = 0;

		for (size_t i = 0; i < ROWS; i++) {
			bool is_this = rows[i].scope == s->scope && strcmp(rows[i].key, s->name) == 0;

			good += is_this && rows[i].expected;
			bad += is_this && !rows[i].expected;
		}
		if (!good || !bad)
			print_error("%s\n", s->name);
		assert_true(good && (bad || is_open));
	}
}

static void rows_are_whole_and_names_single(void **state)
{
	(void)state;
	for (const struct setting *s = settings; s->name; s++) {
		assert_true(*s->help && !strchr(s->help, '\n'));
		assert_int_equal(s->kind == SETTING_WORD, s->words != NULL);
		assert_ptr_equal(setting_find(s->scope, s->name), s);
		for (const struct setting *t = s + 1; t->name; t++)
			assert_string_not_equal(s->name, t->name);
	}
}

static void defaults_are_what_the_table_says(void **state)
{
	static const struct {
		enum setting_scope scope;
		const char *key, *shown;
	} defaults[] = {
		{ SETTING_GLOBAL, "queue", "auto" },
		{ SETTING_GLOBAL, "queue_max", "1073741824" },
		{ SETTING_GLOBAL, "delivery", "interactive" },
		{ SETTING_GLOBAL, "retry_min", "300" },
		{ SETTING_GLOBAL, "retry_max", "14400" },
		{ SETTING_GLOBAL, "expire", "432000" },
		{ SETTING_GLOBAL, "delay_after", "14400" },
		{ SETTING_GLOBAL, "max_message_size", "0" },
		{ SETTING_GLOBAL, "log", "syslog" },
		{ SETTING_GLOBAL, "sandbox", "auto" },
		{ SETTING_GLOBAL, "aliases", "(null)" },
		{ SETTING_ACCOUNT, "tls", "starttls" },
		{ SETTING_ACCOUNT, "tls_verify", "yes" },
		{ SETTING_ACCOUNT, "tls_trust", "(null)" },
		{ SETTING_ACCOUNT, "tls_resume", "yes" },
		{ SETTING_ACCOUNT, "auth", "" },
		{ SETTING_ACCOUNT, "from_override", "local" },
		{ SETTING_ACCOUNT, "connections", "0" },
		{ SETTING_ACCOUNT, "timeout", "60000" },
		{ SETTING_ACCOUNT, "pipeconnect", "no" },
		{ SETTING_ACCOUNT, "require_tls", "no" },
		{ SETTING_ACCOUNT, "dsn_notify", "(null)" },
	};
	struct config c = CONFIG_INIT;
	struct account a = { 0 };

	(void)state;
	settings_default(SETTING_GLOBAL, &c);
	settings_default(SETTING_ACCOUNT, &a);
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		bool is_global = defaults[i].scope == SETTING_GLOBAL;
		struct buf b = BUF_INIT;

		show(&b, setting_find(defaults[i].scope, defaults[i].key), is_global ? (void *)&c : &a);
		assert_string_equal(buf_str(&b), defaults[i].shown);
		buf_release(&b);
	}
	settings_release(SETTING_GLOBAL, &c);
	settings_release(SETTING_ACCOUNT, &a);
}

static void the_nearest_name_is_found(void **state)
{
	static const struct {
		enum setting_scope scope;
		const char *name, *nearest;
	} names[] = {
		{ SETTING_ACCOUNT, "pasword", "password" },
		{ SETTING_ACCOUNT, "passwordcommand", "password_command" },
		{ SETTING_ACCOUNT, "prot", "port" },
		{ SETTING_ACCOUNT, "hsot", "host" },
		{ SETTING_ACCOUNT, "tls-verify", "tls_verify" },
		{ SETTING_ACCOUNT, "frm", "from" },
		{ SETTING_ACCOUNT, "usr", "user" },
		{ SETTING_ACCOUNT, "username", "user" },
		{ SETTING_ACCOUNT, "zzzzzzzz", NULL },
		{ SETTING_ACCOUNT, "a_key_that_is_much_longer_than_any_of_ours", NULL },
		{ SETTING_GLOBAL, "retrymin", "retry_min" },
		{ SETTING_GLOBAL, "quue_dir", "queue_dir" },
		{ SETTING_GLOBAL, "port", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *nearest = setting_nearest(names[i].scope, names[i].name);

		assert_string_equal(nearest ? nearest : "", names[i].nearest ? names[i].nearest : "");
	}
}

static void what_gives_a_secret_away_is_known(void **state)
{
	(void)state;
	assert_true(setting_is_secret(setting_find(SETTING_ACCOUNT, "password"), "x"));
	assert_true(setting_is_secret(setting_find(SETTING_ACCOUNT, "proxy"), "socks5://u:p@h:1"));
	assert_false(setting_is_secret(setting_find(SETTING_ACCOUNT, "proxy"), "socks5://h:1"));
	assert_true(setting_is_secret(setting_find(SETTING_ACCOUNT, "tls_key"), "pkcs11:a=b?pin-value=1"));
	assert_false(setting_is_secret(setting_find(SETTING_ACCOUNT, "tls_key"), "/k.pem"));
	assert_false(setting_is_secret(setting_find(SETTING_ACCOUNT, "password_file"), "/f"));
}

static void presets_are_values_that_can_be_written(void **state)
{
	struct account a = { 0 };

	(void)state;
	settings_default(SETTING_ACCOUNT, &a);
	for (const struct provider *p = providers; p->name; p++) {
		assert_ptr_equal(provider_find(p->name), p);
		assert_true(*p->hint && p->port && p->tls);
		assert_true(p == providers || strcmp(p[-1].name, p->name) < 0);
		for (const struct setting *s = settings; s->name; s++) {
			const char *value = provider_value(p, s->name);
			struct buf why = BUF_INIT;

			assert_true(!value || setting_convert(s, &a, value, &caller, &why));
			buf_release(&why);
		}
	}
	settings_release(SETTING_ACCOUNT, &a);
}

/* The macro and the whole word behind it. */
static void assert_page_has(const struct buf *page, const char *macro, const char *word)
{
	struct buf wanted = BUF_INIT;
	const char *at;

	buf_addf(&wanted, "\n%s%s", macro, word);
	at = strstr(buf_str(page), buf_str(&wanted));
	while (at && at[wanted.len] != ' ' && at[wanted.len] != '\n')
		at = strstr(at + 1, buf_str(&wanted));
	if (!at)
		print_error("%s is missing\n", word);
	assert_non_null(at);
	buf_release(&wanted);
}

static void the_manual_page_names_every_key_and_provider(void **state)
{
	const char *source = getenv("srcdir");
	struct buf path = BUF_INIT, page = BUF_INIT;
	int fd;

	(void)state;
	buf_addf(&path, "%s/doc/sendoff.ini.5", source ? source : ".");
	fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(file_read_all(fd, &page, 1024 * 1024));
	close(fd);
	for (const struct setting *s = settings; s->name; s++)
		assert_page_has(&page, ".It Cm ", s->name);
	for (const struct provider *p = providers; p->name; p++)
		assert_page_has(&page, ".Cm ", p->name);
	buf_release(&path);
	buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_converted_or_refused_and_then_change_nothing),
		cmocka_unit_test(every_key_has_a_good_and_a_bad_value_in_this_table),
		cmocka_unit_test(rows_are_whole_and_names_single),
		cmocka_unit_test(defaults_are_what_the_table_says),
		cmocka_unit_test(the_nearest_name_is_found),
		cmocka_unit_test(what_gives_a_secret_away_is_known),
		cmocka_unit_test(presets_are_values_that_can_be_written),
		cmocka_unit_test(the_manual_page_names_every_key_and_provider),
	};

	return cmocka_run_group_tests(tests, set_home, forget_home);
}
