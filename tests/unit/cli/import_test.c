/* SPDX-License-Identifier: ISC */
#include "cli/import.h"
#include "cli/import_draft.h"
#include "cli/import_source.h"

#include "config/scratch.h"

#include <stdlib.h>
#include <string.h>

static struct caller caller;

/* What the import of the files makes; NULL: it failed with this code.  To be freed. */
static char *imported(int code, const char *const *names, size_t count)
{
	struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	char *paths[4];
	bool secret = false;
	bool ok;

	for (size_t i = 0; i < count; i++)
		paths[i] = (char *)scratch_path(names[i]);
	ok = import_files(&caller, paths, count, &out, &secret, &err);
	if (err.code != code)
		fail_msg("exit %d where it should be %d: %s", err.code, code, err.text);
	if (ok)
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}

static char *import_one(int code, const char *name, const char *text)
{
	scratch_write(name, text, 0600);
	return imported(code, &name, 1);
}

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void assert_lacks(const char *text, const char *line)
{
	if (strstr(text, line))
		fail_msg("'%s' in:\n%s", line, text);
}

/* One key of a format, and what it has to become. */
static const struct {
	const char *file, *text, *wanted;
} keys[] = {
	{ "msmtprc", "account a\nhost h.example\n", "tls = off\n" },
	{ "msmtprc", "account a\nhost h.example\ntls on\n", "port = 25\n" },
	{ "msmtprc", "account a\nhost h.example\ntls\n", "port = 25\n" },
	{ "msmtprc", "account a\nhost h.example\ntls on\ntls_starttls off\n", "tls = implicit\n" },
	{ "msmtprc", "account a\nhost h.example\ntls on\ntls_certcheck off\n", "tls_verify = no\n" },
	{ "msmtprc", "account a\nhost h.example\nuser u\npassword p\n", "auth = none\n" },
	{ "msmtprc", "account a\nhost h.example\nauth scram-sha-256\nuser u\npassword p\n", "auth = scram-sha-256\n" },
	{ "msmtprc", "account a\nhost h.example\nauth ntlm\nuser u\npassword p\n", "auth = ntlm\n" },
	{ "msmtprc", "account a\nhost h.example\nauth srp\nuser u\npassword p\n", "; auth is left out" },
	{ "msmtprc", "account a\nhost h.example\nproxy_host ::1\nproxy_port 99\n", "proxy = socks5://[::1]:99\n" },
	{ "msmtprc", "account a\nhost h.example\nproxy_host p.example\n", "proxy = socks5://p.example:1080\n" },
	{ "msmtprc", "account a\nhost h.example\ntimeout off\nprotocol lmtp\n", "; protocol lmtp has no equivalent" },
	{ "msmtprc", "account a\nhost h.example\nauth on\nuser 'x\n", "; no password was written" },
	{ "msmtprc", "account a\nhost h.example\ndsn_notify failure\ndsn_return off\n", "dsn_notify = failure\n" },
	{ "msmtprc", "defaults\nport 2525\naccount a\nhost h.example\n", "port = 2525\n" },
	{ "msmtprc", "account a\nhost h.example\naccount default : a\nport 2\n", "[default]\n" },
	{ "msmtprc", "account Sendoff\nhost h.example\n", "[Sendoff-2]\n" },
	{ "msmtprc", "account a]b\nhost h.example\n", "[a-b]\n" },
	{ "msmtprc", "account a\nhost h.example\n", "aliases = /dev/null\n" },
	{ "msmtprc", "account a\nhost h.example\naliases /a\naccount b\nhost i.example\n", "aliases = /a\n" },
	{ "ssmtp.conf", "mailhub=h.example\nuseTLS=YES\n", "tls = implicit\n" },
	{ "ssmtp.conf", "Mailhub = [2001:db8::1]:26\n", "host = 2001:db8::1\nport = 26\n" },
	{ "ssmtp.conf", "mailhub=2001:db8::1\n", "host = 2001:db8::1\nport = 25\n" },
	{ "ssmtp.conf", "hostname=h.example\n", "host = mailhub\n" },
	{ "ssmtp.conf", "mailhub=h.example\nroot=\n", "from = %U@%H\n" },
	{ "ssmtp.conf", "mailhub=h.example\nAuthUser=u\nAuthPass= =\"p\n", "password = \"=\"p\"\n" },
	{ "ssmtp.conf", "mailhub=h.example\nAuthUser=u\nAuthPass=p\n", "; sendoff logs in over an encrypted" },
	{ "ssmtp.conf", "mailhub=h.example\nhostname=a b\n", "from = %U@%H\n" },
	{ "ssmtp.conf", "mailhub=h.example\nFromLineOverride=YES\n", "with FromLineOverride ssmtp takes" },
	{ "ssmtp.conf", "mailhub=h.example\nUseTLSCert=YES\nTLSCert=/c.pem\n", "tls_key = /c.pem\n" },
	{ "dma.conf", "SMARTHOST h.example\n", "port = 25\ntls = off\n" },
	{ "dma.conf", "SMARTHOST h.example\nSECURETRANSFER\n", "tls = implicit\n" },
	{ "dma.conf", "SMARTHOST h.example\nSECURETRANSFER\nSTARTTLS\nOPPORTUNISTIC_TLS\n", "; OPPORTUNISTIC_TLS" },
	{ "dma.conf", "SMARTHOST h.example\nMASQUERADE me@\n", "from = me@%H\nfrom_override = yes\n" },
	{ "dma.conf", "SMARTHOST h.example\nMASQUERADE d.example\n", "from = %U@d.example\n" },
	{ "dma.conf", "SMARTHOST h.example\nDEFER\n", "delivery = queue\n" },
	{ "dma.conf", "SMARTHOST h.example\nMAILNAME /etc/other\n", "; MAILNAME" },
	{ "dma.conf", "SMARTHOST h.example\n", "; mail for local users is sent on" },
	{ "dma.conf", "SMARTHOST h.example\nNULLCLIENT\nALIASES /a\n", "aliases = /dev/null\n" },
	{ "remotes", "h.example smtp --ssl\n", "port = 465\ntls = implicit\n" },
	{ "remotes", "h.example smtp --insecure port=26\n", "port = 26\ntls = off\ntls_verify = no\n" },
	{ "remotes", "h.example smtp tls x509certfile=/c x509keyfile=/k\n", "tls = implicit\ntls_cert = /c\ntls_key = /k\n" },
	{ "remotes", "h.example smtp --user=u --pass=\n", "; no secret for" },
	{ "remotes", "h.example qmqp\n", "; only SMTP is spoken" },
	{ "remotes", "h.example --user=a\\ b --pass='\"'\n", "user = a b\npassword = \"\"\"\n" },
	{ "esmtprc", "hostname h.example\nstarttls \"enabled\"\n", "; starttls = enabled" },
	{ "esmtprc", "hostname h.example # not 'this\n", "host = h.example\nport = 587\n" },
	{ "esmtprc", "hostname = h.example\nforce reverse_path = \"%u@a.example\"\n",
		"from = %U@a.example\nfrom_override = yes\n" },
	{ "esmtprc", "hostname = h.example\nforce sender = \"me@a.example\"\n", "; esmtprc:2: force_sender has no" },
	{ "esmtprc", "identity = a@a.example\nhostname = h.example:26\nidentity b@a.example\nhostname = i.example\n",
		"account = a@a.example\n" },
	{ "main.cf", "relayhost = [h.example]\nalias_maps = hash:/a\n", "aliases = /a\n" },
	{ "main.cf", "relayhost = [h.example]\nmyorigin = $mydomain\nmydomain = d.example\nmyhostname = h.d.example\n",
		"aliases = /dev/null\n" },
	{ "main.cf", "relayhost = [h.example]\nmydestination = a.example  b.example\nmyorigin = B.example\nalias_maps = hash:/a\n",
		"aliases = /a\n" },
	{ "main.cf", "relayhost = h.example\n", "; relayhost without [ ]" },
	{ "main.cf", "relayhost = [h.example]:submission\n", "port = 587\n" },
	{ "main.cf", "relayhost = [h.example]:smtp\n", "port = 25\n" },
	{ "main.cf", "relayhost = [h.example]:odd\n", "; port is left out" },
	{ "main.cf", "relayhost =\n  [h.example]:26\n", "host = h.example\nport = 26\n" },
	{ "main.cf", "relayhost = [h.example]\nsmtp_tls_wrappermode = yes\nsmtp_tls_security_level = verify\n", "tls = implicit\n" },
	{ "main.cf", "relayhost = [h.example]\nsmtp_enforce_tls = yes\n", "tls = starttls\n" },
	{ "main.cf", "relayhost = [h.example]\nsmtp_sasl_auth_enable = yes\n", "; no login was found" },
	{ "main.cf", "relayhost = [${x}.example]\nx = $y\ny = z\n", "host = z.example\n" },
	{ "main.cf", "relayhost = [h.example]\nsmtp_fallback_relay = [b.example]:26\n", "fallback = fallback\n" },
	{ "main.cf", "relayhost = h\nsmtp_fallback_relay = b\nsmtp_tls_security_level = new\n", "is not known here\n" },
	{ "main.cf", "relayhost = h\nsmtp_tls_cert_file = c.pem\nsmtp_tls_key_file = /k.pem\n", "; tls_key is left out: it" },
	{ "main.cf", "relayhost = [h.example]\nsmtp_tls_security_level = odd\n", "; smtp_tls_security_level is not known" },
	{ "main.cf", "relayhost = [h.example]\nmyorigin = $a\na = $a$a\n", "host = h.example\n" },
};

static void each_key_becomes_ours(void **state)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char *text = import_one(EX_OK, keys[i].file, keys[i].text);

		assert_has(text, keys[i].wanted);
		free(text);
	}
}

static void files_of_unknown_names_are_known_by_content(void **state)
{
	char *text = import_one(EX_OK, "mail.conf", "account a\nhost h.example\ntls on\n");

	assert_has(text, "of msmtp\n");
	free(text);
	text = import_one(EX_OK, "old", "mailhub=h.example\nhostname=a.example\nrewriteDomain=a.example\n");
	assert_has(text, "of ssmtp\n");
	free(text);
	text = import_one(EX_OK, "old", "h.example smtp --port=26\n");
	assert_has(text, "of nullmailer\n");
	free(text);
	import_one(EX_DATAERR, "old", "root:x:0:0:root:/root:/bin/bash\n");
	import_one(EX_DATAERR, "old", "");
}

static void what_cannot_be_used_is_refused(void **state)
{
	const char *const two[] = { "msmtprc", "remotes" };
	struct buf long_line = BUF_INIT;
	struct buf many = BUF_INIT;

	import_one(EX_DATAERR, "msmtprc", "");
	import_one(EX_DATAERR, "msmtprc", "account a\n");
	import_one(EX_DATAERR, "msmtprc", "account a : b\nhost h.example\n");
	import_one(EX_DATAERR, "dma.conf", "PORT 25\n");
	import_one(EX_DATAERR, "main.cf", "myorigin = a.example\n");
	import_one(EX_DATAERR, "main.cf", "relayhost = h\nfallback_relay = a@b\n");
	import_one(EX_DATAERR, "auth.conf", "u|h.example:p\n");
	import_one(EX_DATAERR, "remotes", "h.example smtp --pass='x\n");
	import_one(EX_DATAERR, "esmtprc", "identity\nhostname = h.example\n");
	buf_addf(&long_line, "account a\nhost h.example\npassword %0*d\n", IMPORT_MAX_LINE, 0);
	import_one(EX_DATAERR, "msmtprc", buf_str(&long_line));
	for (int i = 0; i < 201; i++)
		buf_addf(&many, "h%d.example smtp\n", i);
	import_one(EX_DATAERR, "remotes", buf_str(&many));
	while (many.len <= IMPORT_MAX_BYTES)
		buf_adds(&many, "# nothing\n");
	import_one(EX_NOINPUT, "remotes", buf_str(&many));
	scratch_write("remotes", "h.example smtp\n", 0600);
	scratch_write("msmtprc", "account a\nhost h.example\n", 0600);
	imported(EX_USAGE, two, 2);
	scratch_write_bytes("msmtprc", "account a\nhost h\0x\n", 19, 0600);
	imported(EX_DATAERR, two, 1);
	buf_release(&long_line);
	buf_release(&many);
}

/* Whatever a foreign file holds, it ends up in the place meant for it, or nowhere. */
static void nothing_breaks_out_of_its_line(void **state)
{
	char *text = import_one(EX_OK, "msmtprc",
		"account a\nhost h.example\nauth on\nuser a\rb\npassword p\x01q\nwat\x1b[31m\\ x\nfrom_full_name a ; b\n");

	assert_has(text, "; user is left out: the value is too long, or has a control character\n");
	assert_has(text, "; password is left out");
	assert_has(text, "full_name = \"a ; b\"\n");
	assert_lacks(text, "\x1b");
	assert_lacks(text, "p\x01");
	free(text);
}

static void a_secret_is_never_quoted_in_a_comment(void **state)
{
	char *text = import_one(EX_OK, "msmtprc", "account a\nhost h.example\npasword hush\nntlmdomain hush\n");

	assert_lacks(text, "hush");
	free(text);
}

static void one_note_for_what_accounts_inherit(void **state)
{
	char *text = import_one(EX_OK, "msmtprc",
		"defaults\nntlmdomain x\naccount a\nhost h.example\naccount b\nhost i.example\n");
	const char *first = strstr(text, "ntlmdomain");

	assert_non_null(first);
	assert_null(strstr(first + 1, "ntlmdomain"));
	free(text);
}

/* Found by chance: the sender's domain was not to be had. */
static void users_need_no_domain(void **state)
{
	const char *const names[] = { "ssmtp.conf", "revaliases" };
	char *text;

	scratch_write("ssmtp.conf", "mailhub=h.example\nhostname=a b\n", 0600);
	scratch_write("revaliases", "root:me@a.example\n", 0600);
	text = imported(EX_OK, names, 2);
	assert_has(text, "[root]\n");
	assert_lacks(text, "match =");
	free(text);
}

static void words_are_split_as_a_shell_does(void **state)
{
	struct strlist words = STRLIST_INIT;

	assert_true(import_split("a  'b c'd \"e\\\"'\" f\\ g ''", &words));
	assert_int_equal(words.count, 5);
	assert_string_equal(words.items[1], "b cd");
	assert_string_equal(words.items[2], "e\"'");
	assert_string_equal(words.items[3], "f g");
	assert_string_equal(words.items[4], "");
	assert_false(import_split("'a", &words));
	strlist_release(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_becomes_ours),
		cmocka_unit_test(files_of_unknown_names_are_known_by_content),
		cmocka_unit_test(what_cannot_be_used_is_refused),
		cmocka_unit_test(nothing_breaks_out_of_its_line),
		cmocka_unit_test(a_secret_is_never_quoted_in_a_comment),
		cmocka_unit_test(one_note_for_what_accounts_inherit),
		cmocka_unit_test(users_need_no_domain),
		cmocka_unit_test(words_are_split_as_a_shell_does),
	};
	int failed;

	caller_init(&caller);
	failed = cmocka_run_group_tests(tests, scratch_create, scratch_remove);
	caller_release(&caller);
	return failed;
}
