/* SPDX-License-Identifier: ISC */
/* Against a TLS server in a child process, with certificates made here. */
#include "net/tls.h"

#include "base/clock.h"
#include "base/file.h"
#include "net/tls_trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum { LATER_MS = 10000, DAY_S = 86400 };

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
};

static struct {
	char folder[64];
	char ca_file[96], client_file[96], tickets[96];
	struct identity ca, middle, good, below, expired, future, stranger, strangers_ca,
		self_signed, weak;
	gnutls_datum_t ticket_key;
} world;

/* GnuTLS does not know the names of a certificate that it has made itself. */
static void read_back(struct identity *id)
{
	gnutls_datum_t der = { NULL, 0 };

	gnutls_x509_crt_export2(id->cert, GNUTLS_X509_FMT_DER, &der);
	gnutls_x509_crt_deinit(id->cert);
	gnutls_x509_crt_init(&id->cert);
	assert_int_equal(gnutls_x509_crt_import(id->cert, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
}

/*
 * Signed by issuer, or by itself; names are separated by blanks, addresses among them only
 * 127.0.0.1.
 */
static struct identity make(const char *name, const char *names, const struct identity *issuer,
	int begins_d, int ends_d)
{
	bool is_weak = strcmp(name, "weak") == 0;
	static unsigned char serial;
	struct identity id;
	bool is_ca = !names;
	char list[128];

	serial++;
	gnutls_x509_privkey_init(&id.key);
	gnutls_x509_privkey_generate(id.key, is_weak ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA,
		is_weak ? 1024 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&id.cert);
	gnutls_x509_crt_set_version(id.cert, 3);
	gnutls_x509_crt_set_serial(id.cert, &serial, 1);
	gnutls_x509_crt_set_dn_by_oid(
		id.cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_activation_time(id.cert, time(NULL) + begins_d * DAY_S);
	gnutls_x509_crt_set_expiration_time(id.cert, time(NULL) + ends_d * DAY_S);
	gnutls_x509_crt_set_key(id.cert, id.key);
	gnutls_x509_crt_set_basic_constraints(id.cert, is_ca, -1);
	snprintf(list, sizeof list, "%s", names ? names : "");
	for (char *rest = list, *one; (one = strtok_r(rest, " ", &rest));) {
		bool is_address = strcmp(one, "127.0.0.1") == 0;

		gnutls_x509_crt_set_subject_alt_name(id.cert,
			is_address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
			is_address ? "\177\0\0\1" : one, is_address ? 4 : (unsigned)strlen(one),
			GNUTLS_FSAN_APPEND);
	}
	gnutls_x509_crt_sign2(id.cert, issuer ? issuer->cert : id.cert,
		issuer ? issuer->key : id.key, GNUTLS_DIG_SHA256, 0);
	read_back(&id);
	return id;
}

static void write_pem(const char *path, const struct identity *id, bool with_key)
{
	gnutls_datum_t cert = { NULL, 0 }, key = { NULL, 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	gnutls_x509_crt_export2(id->cert, GNUTLS_X509_FMT_PEM, &cert);
	gnutls_x509_privkey_export2(id->key, GNUTLS_X509_FMT_PEM, &key);
	assert_true(file_write_all(fd, cert.data, cert.size));
	assert_true(!with_key || file_write_all(fd, key.data, key.size));
	close(fd);
	gnutls_free(cert.data);
	gnutls_free(key.data);
}

static int make_world(void **state)
{
	(void)state;
	gnutls_global_init();
	snprintf(world.folder, sizeof world.folder, "/tmp/sendoff-test-XXXXXX");
	assert_non_null(mkdtemp(world.folder));
	snprintf(world.ca_file, sizeof world.ca_file, "%s/ca.pem", world.folder);
	snprintf(world.client_file, sizeof world.client_file, "%s/client.pem", world.folder);
	snprintf(world.tickets, sizeof world.tickets, "%s/tickets", world.folder);
	world.ca = make("Test CA", NULL, NULL, -100, 100);
	world.strangers_ca = make("Strange CA", NULL, NULL, -100, 100);
	world.good = make("good", "mail.test *.wild.test 127.0.0.1", &world.ca, -10, 10);
	world.middle = make("Middle CA", NULL, &world.ca, -10, 7);
	world.below = make("below", "mail.test", &world.middle, -10, 10);
	world.expired = make("old", "mail.test", &world.ca, -10, -5);
	world.future = make("new", "mail.test", &world.ca, 5, 10);
	world.stranger = make("stranger", "mail.test", &world.strangers_ca, -10, 10);
	world.weak = make("weak", "mail.test", &world.ca, -10, 10);
	world.self_signed = make("alone", "mail.test", NULL, -10, 10);
	write_pem(world.ca_file, &world.ca, false);
	write_pem(world.client_file, &world.good, true);
	gnutls_session_ticket_key_generate(&world.ticket_key);
	return 0;
}

static void forget(struct identity *id)
{
	if (id->cert)
		gnutls_x509_crt_deinit(id->cert);
	if (id->key)
		gnutls_x509_privkey_deinit(id->key);
}

static int end_world(void **state)
{
	struct identity *const all[] = { &world.ca, &world.middle, &world.below, &world.good,
		&world.expired, &world.future, &world.stranger, &world.strangers_ca,
		&world.self_signed, &world.weak };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		forget(all[i]);
	gnutls_free(world.ticket_key.data);
	unlink(world.ca_file);
	unlink(world.client_file);
	rmdir(world.tickets);
	return rmdir(world.folder);
}

/* A server that answers each line with "250 ok" until the end. */
struct server {
	const struct identity *identity;
	const char *priority; /* NULL: NORMAL */
	const struct identity *issuer; /* sent behind the certificate; NULL: it is sent alone */
	bool wants_client;
	bool has_tickets;
};

static void serve(const struct server *server, int fd)
{
	gnutls_certificate_credentials_t credentials;
	struct identity id = *server->identity;
	gnutls_x509_crt_t chain[] = { id.cert, server->issuer ? server->issuer->cert : NULL };
	gnutls_session_t session;
	char data[256];
	int rc;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_certificate_set_x509_key(credentials, chain, server->issuer ? 2 : 1, id.key);
	gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(session, server->priority ? server->priority : "NORMAL", NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (server->wants_client)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	if (server->has_tickets)
		gnutls_session_ticket_enable_server(session, &world.ticket_key);
	gnutls_transport_set_int(session, fd);
	rc = gnutls_handshake(session);
	while (rc >= 0 && (rc = (int)gnutls_record_recv(session, data, sizeof data)) > 0)
		rc = (int)gnutls_record_send(session, "250 ok\r\n", 8);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
}

/* Connects to a child that serves, or acts without TLS. */
static pid_t connect_to(struct stream *s, const struct server *server, void (*act)(int fd))
{
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		if (server)
			serve(server, ends[1]);
		else
			act(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	stream_open(s, ends[0], LATER_MS);
	return child;
}

static struct tls_params params_for(const char *name)
{
	return (struct tls_params){
		.name = name,
		.port = 587,
		.verify = true,
		.trust_file = world.ca_file,
		.deadline_ms = clock_now_ms() + LATER_MS,
	};
}

static bool ask(struct stream *s, struct error *err)
{
	struct buf line = BUF_INIT;
	bool ok = stream_write(s, "NOOP\r\n", 6, err) && stream_flush(s, err) &&
		  stream_read_line(s, &line, 512, clock_now_ms() + LATER_MS, err);

	if (ok)
		assert_string_equal(buf_str(&line), "250 ok");
	buf_release(&line);
	return ok;
}

static void hang_up(struct stream *s, pid_t child)
{
	stream_close(s);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* A handshake and one command; info may be NULL. */
static bool try(const struct server *server, const struct tls_params *p, struct tls_info *info,
	struct error *err)
{
	struct stream s;
	pid_t child = connect_to(&s, server, NULL);
	bool ok = tls_start(&s, p, err) && ask(&s, err);

	if (ok && info)
		tls_describe(s.tls, info);
	hang_up(&s, child);
	return ok;
}

static void a_good_server_is_trusted_and_described(void **state)
{
	static const char *const names[] = { "mail.test", "MAIL.test", "mail.test.", "a.wild.test",
		"127.0.0.1" };
	struct server server = { .identity = &world.good };
	struct tls_info info;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct tls_params p = params_for(names[i]);

		if (!try(&server, &p, &info, &err))
			fail_msg("%s: %s", names[i], err.text);
	}
	assert_string_equal(info.version, "TLS1.3");
	assert_true(info.verified);
	assert_false(info.resumed);
	assert_string_equal(info.subject, "CN=good");
	assert_string_equal(info.issuer, "CN=Test CA");
	assert_string_equal(info.names, "mail.test, *.wild.test, 127.0.0.1");
	assert_string_equal(info.trust, "Test CA");
	assert_true(info.expires_s > clock_wall_s() + 9 * DAY_S);
}

static void who_is_not_trusted_is_told_why(void **state)
{
	const struct {
		const struct identity *identity;
		const char *name, *text, *hint;
	} cases[] = {
		{ &world.good, "other.test",
			"certificate of other.test is for 'mail.test', '*.wild.test', '127.0.0.1'",
			"tls_name" },
		{ &world.good, "127.0.0.2", "certificate of 127.0.0.2 is for 'mail.test'",
			"tls_name" },
		{ &world.good, "::1", "certificate of ::1 is for 'mail.test'", "tls_name" },
		{ &world.expired, "mail.test", "certificate of mail.test expired on 20", "clock" },
		{ &world.future, "mail.test", "certificate of mail.test is not valid before 20",
			"clock" },
		{ &world.stranger, "mail.test",
			"certificate of mail.test comes from issuer 'Strange CA', which is not "
			"trusted",
			"tls_fingerprint = SHA256:" },
		{ &world.self_signed, "mail.test",
			"certificate of mail.test is signed by itself, and issuer 'alone' is not "
			"trusted",
			"tls_trust = " },
		{ &world.weak, "mail.test",
			"certificate of mail.test has a key or signature too weak", "" },
		{ &world.stranger, "other.test",
			"is for 'mail.test', comes from issuer 'Strange CA'", "tls_trust = " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server server = { .identity = cases[i].identity };
		struct tls_params p = params_for(cases[i].name);
		struct error err;

		assert_false(try(&server, &p, NULL, &err));
		assert_int_equal(err.code, EX_PROTOCOL);
		if (!strstr(err.text, cases[i].text) || !strstr(err.hint, cases[i].hint))
			fail_msg("%s (hint: %s)", err.text, err.hint);
	}
}

static void chains_lead_to_an_anchor(void **state)
{
	struct server server = { .identity = &world.below, .issuer = &world.middle };
	struct tls_params p = params_for("mail.test");
	struct tls_info info;
	struct error err;

	(void)state;
	if (!try(&server, &p, &info, &err))
		fail_msg("%s", err.text);
	assert_string_equal(info.trust, "Test CA");
	server.issuer = NULL;
	assert_false(try(&server, &p, NULL, &err));
	assert_non_null(strstr(err.text, "issuer 'Middle CA', which is not trusted"));
	write_pem(world.ca_file, &world.middle, false);
	if (!try(&server, &p, &info, &err))
		fail_msg("%s", err.text);
	assert_string_equal(info.trust, "Middle CA");
	write_pem(world.ca_file, &world.ca, false);
}

static void pins_replace_the_chain(void **state)
{
	struct server server = { .identity = &world.stranger };
	struct tls_params p = params_for("whatever.test");
	struct strlist pins = STRLIST_INIT;
	struct buf hex = BUF_INIT, key = BUF_INIT;
	unsigned char digest[32];
	size_t size = sizeof digest;
	struct tls_info info;
	struct error err;

	(void)state;
	gnutls_x509_crt_get_fingerprint(world.stranger.cert, GNUTLS_DIG_SHA256, digest, &size);
	buf_add_hex(&hex, digest, size);
	size = sizeof digest;
	gnutls_x509_crt_get_key_id(world.stranger.cert, GNUTLS_KEYID_USE_SHA256, digest, &size);
	buf_add_hex(&key, digest, size);
	p.fingerprints = &pins;
	p.trust_file = "/nonexistent";
	strlist_add(&pins, hex.data);
	assert_true(try(&server, &p, &info, &err));
	assert_string_equal(info.trust, "pinned");
	assert_int_equal(strncmp(info.fingerprint, "SHA256:", 7), 0);
	assert_string_equal(info.fingerprint + 7, hex.data);
	strlist_release(&pins);
	strlist_add(&pins, "0000000000000000000000000000000000000000000000000000000000000000");
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_non_null(strstr(err.text, "is not the one pinned"));
	assert_non_null(strstr(err.hint, hex.data));
	strlist_add(&pins, hex.data);
	assert_true(try(&server, &p, NULL, &err));
	strlist_release(&pins);
	strlist_add(&pins, key.data);
	assert_true(try(&server, &p, NULL, &err));
	buf_release(&hex);
	buf_release(&key);
	strlist_release(&pins);
}

static void bad_settings_are_named(void **state)
{
	struct server server = { .identity = &world.good };
	struct tls_params p = params_for("mail.test");
	struct error err;

	(void)state;
	p.priority = "NORMAL:NONSENSE";
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_CONFIG);
	assert_string_equal(
		err.text, "tls_priority is no GnuTLS priority string from character 8 on");
	p = params_for("mail.test");
	p.trust_file = "/nonexistent/ca.pem";
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_string_equal(err.text,
		"cannot read tls_trust file '/nonexistent/ca.pem': No such file or directory");
	p.trust_file = "/dev/null";
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	p = params_for("mail.test");
	p.certificate = "/nonexistent/client.pem";
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_non_null(strstr(err.text, "cannot read tls_cert"));
	p.certificate = world.ca_file;
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_non_null(strstr(err.text, "cannot be used"));
}

static void nothing_is_checked_when_told_so(void **state)
{
	struct server server = { .identity = &world.expired };
	struct tls_params p = params_for("other.test");
	struct tls_info info;
	struct error err;

	(void)state;
	p.verify = false;
	assert_true(try(&server, &p, &info, &err));
	assert_false(info.verified);
	assert_string_equal(info.trust, "not checked");
}

static void old_versions_are_refused(void **state)
{
	struct server server = { .identity = &world.good,
		.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1" };
	struct tls_params p = params_for("mail.test");
	struct tls_info info;
	struct error err;

	(void)state;
	assert_false(try(&server, &p, NULL, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
	assert_true(try(&server, &p, &info, &err));
	assert_string_equal(info.version, "TLS1.2");
}

static void client_certificates_are_shown(void **state)
{
	static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3" };

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		struct server server = {
			.identity = &world.good, .priority = versions[i], .wants_client = true
		};
		struct tls_params p = params_for("mail.test");
		struct error err;

		assert_false(try(&server, &p, NULL, &err));
		p.certificate = world.client_file;
		if (!try(&server, &p, NULL, &err))
			fail_msg("%s", err.text);
	}
}

static void bindings_are_of_the_version(void **state)
{
	static const struct {
		const char *priority, *type;
	} cases[] = { { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "tls-unique" },
		{ "NORMAL", "tls-exporter" },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server server = { .identity = &world.good, .priority = cases[i].priority };
		struct tls_params p = params_for("mail.test");
		struct buf binding = BUF_INIT;
		const char *type = NULL;
		struct stream s;
		struct error err;
		pid_t child = connect_to(&s, &server, NULL);

		assert_true(tls_start(&s, &p, &err));
		assert_int_equal(
			tls_channel_binding(s.tls, &type, &binding), cases[i].type != NULL);
		if (cases[i].type) {
			assert_string_equal(type, cases[i].type);
			assert_true(binding.len >= 12);
		}
		buf_release(&binding);
		hang_up(&s, child);
	}
}

static void talk_in_clear(int fd)
{
	char data[512];

	if (send(fd, "220 mail.test ESMTP\r\n", 21, MSG_NOSIGNAL) == 21)
		while (recv(fd, data, sizeof data, 0) > 0)
			;
}

static void say_nothing(int fd)
{
	char data[512];

	while (recv(fd, data, sizeof data, 0) > 0)
		;
}

/* A record of 16 KiB that comes an octet at a time. */
static void drip(int fd)
{
	static const char head[] = "\26\3\3\100\0\2";

	for (size_t i = 0; send(fd, i < 6 ? head + i : "", 1, MSG_NOSIGNAL) == 1; i++)
		usleep(1000);
}

static void hang_up_at_once(int fd)
{
	char data[512];
	ssize_t n = recv(fd, data, sizeof data, 0);

	_exit(n < 0);
}

static void handshakes_that_lead_nowhere_end(void **state)
{
	static const struct {
		void (*act)(int fd);
		bool is_implicit;
		int code;
		const char *text, *hint;
	} cases[] = {
		{ talk_in_clear, true, EX_PROTOCOL, "speaks no TLS on this port", "port 465" },
		{ talk_in_clear, false, EX_PROTOCOL, "speaks no TLS on this port",
			"tls = implicit" },
		{ say_nothing, false, EX_TEMPFAIL, "in time", "" },
		{ drip, false, EX_TEMPFAIL, "in time", "" },
		{ hang_up_at_once, true, EX_TEMPFAIL, "connection lost", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls_params p = params_for("mail.test");
		struct stream s;
		struct error err;
		pid_t child = connect_to(&s, NULL, cases[i].act);

		p.is_implicit = cases[i].is_implicit;
		if (strstr(cases[i].text, "in time"))
			p.deadline_ms = clock_now_ms() + 50;
		assert_false(tls_start(&s, &p, &err));
		assert_int_equal(err.code, cases[i].code);
		if (!strstr(err.text, cases[i].text) || !strstr(err.hint, cases[i].hint))
			fail_msg("%s (hint: %s)", err.text, err.hint);
		assert_false(stream_write(&s, "secret", 6, &err));
		hang_up(&s, child);
	}
}

static void clear_text_before_the_handshake_is_refused(void **state)
{
	struct tls_params p = params_for("mail.test");
	struct buf line = BUF_INIT;
	struct stream s;
	struct error err;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	stream_open(&s, ends[0], LATER_MS);
	assert_int_equal(send(ends[1], "220 go\r\n250 injected\r\n", 22, 0), 22);
	assert_true(stream_read_line(&s, &line, 512, p.deadline_ms, &err));
	assert_false(tls_start(&s, &p, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_int_equal(recv(ends[1], &p, 1, MSG_DONTWAIT), -1);
	buf_release(&line);
	stream_close(&s);
	close(ends[1]);
}

/* Nothing of the client's hello, its certificate or its commands may go on after a refusal. */
static void a_refused_server_gets_no_data(void **state)
{
	struct server server = { .identity = &world.stranger };
	struct tls_params p = params_for("mail.test");
	struct stream s;
	struct error err, later;
	pid_t child = connect_to(&s, &server, NULL);

	(void)state;
	assert_false(tls_start(&s, &p, &err));
	assert_false(stream_write(&s, "AUTH", 4, &later) && stream_flush(&s, &later));
	assert_null(strstr(err.text, "lost"));
	hang_up(&s, child);
}

/* Both directions full at once: the server sends 250 for each record before it reads the next. */
static void much_data_goes_both_ways(void **state)
{
	enum { BYTES = 3000000 };
	struct server server = { .identity = &world.good };
	struct tls_params p = params_for("mail.test");
	struct buf sent = BUF_INIT;
	struct stream s;
	struct error err;
	pid_t child = connect_to(&s, &server, NULL);

	(void)state;
	memset(buf_reserve(&sent, BYTES), 'x', BYTES);
	sent.len = BYTES;
	assert_true(tls_start(&s, &p, &err));
	assert_true(stream_write(&s, sent.data, sent.len, &err));
	assert_true(stream_flush(&s, &err));
	assert_true(ask(&s, &err));
	buf_release(&sent);
	hang_up(&s, child);
}

/* Those that the next process would take: not what another has to itself. */
static unsigned count_tickets(void)
{
	DIR *list = opendir(world.tickets);
	unsigned count = 0;
	struct stat st;

	for (const struct dirent *entry; list && (entry = readdir(list));) {
		if (entry->d_name[0] == '.' || strlen(strchr(entry->d_name, '.')) > 2)
			continue;
		assert_int_equal(fstatat(dirfd(list), entry->d_name, &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		count++;
	}
	if (list)
		closedir(list);
	return count;
}

static void spoil_tickets(bool remove)
{
	DIR *list = opendir(world.tickets);

	for (const struct dirent *entry; list && (entry = readdir(list));) {
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		if (remove) {
			unlinkat(dirfd(list), entry->d_name, 0);
			continue;
		}
		fd = openat(dirfd(list), entry->d_name, O_WRONLY | O_CLOEXEC);
		assert_int_equal(pwrite(fd, "garbage", 7, 200), 7);
		close(fd);
	}
	if (list)
		closedir(list);
}

static void refuse_resumed(const struct server *server, const struct tls_params *p)
{
	struct tls_info info;
	struct stream s;
	struct error err;
	pid_t child = connect_to(&s, server, NULL);

	assert_false(tls_start(&s, p, &err));
	assert_int_equal(err.code, EX_PROTOCOL);
	assert_non_null(strstr(err.text, "issuer 'Test CA', which is not trusted"));
	tls_describe(s.tls, &info);
	assert_true(info.resumed);
	assert_false(info.verified);
	assert_false(stream_write(&s, "AUTH", 4, &err));
	hang_up(&s, child);
}

static void sessions_are_resumed_and_verified_again(void **state)
{
	static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3" };

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		struct server server = {
			.identity = &world.good, .priority = versions[i], .has_tickets = true
		};
		struct tls_params p = params_for("mail.test");
		struct tls_info info;
		struct error err;

		p.ticket_directory = world.tickets;
		assert_true(try(&server, &p, &info, &err));
		assert_false(info.resumed);
		assert_int_equal(count_tickets(), 1);
		for (int again = 0; again < 2; again++) {
			assert_true(try(&server, &p, &info, &err));
			assert_true(info.resumed && info.verified);
			assert_string_equal(info.trust, "Test CA");
			assert_string_equal(info.subject, "CN=good");
			assert_int_equal(count_tickets(), 1);
		}
		p.port = 465;
		assert_true(try(&server, &p, &info, &err));
		assert_false(info.resumed);
		p.port = 587;
		write_pem(world.ca_file, &world.strangers_ca, false);
		refuse_resumed(&server, &p);
		write_pem(world.ca_file, &world.ca, false);
		assert_true(try(&server, &p, &info, &err));
		assert_false(info.resumed);
		spoil_tickets(true);
	}
}

static void spoiled_tickets_cost_a_full_handshake(void **state)
{
	struct server server = { .identity = &world.good, .has_tickets = true };
	struct tls_params p = params_for("mail.test");
	struct tls_info info;
	struct error err;

	(void)state;
	p.ticket_directory = world.tickets;
	assert_true(try(&server, &p, &info, &err));
	spoil_tickets(false);
	assert_true(try(&server, &p, &info, &err));
	assert_false(info.resumed);
	assert_true(try(&server, &p, &info, &err));
	assert_true(info.resumed);
	server.has_tickets = false;
	assert_true(try(&server, &p, &info, &err));
	assert_false(info.resumed);
	assert_int_equal(count_tickets(), 0);
}

static unsigned long turns_of(const char *priority, const struct tls_params *p)
{
	struct server server = {
		.identity = &world.good, .priority = priority, .has_tickets = true
	};
	struct stream s;
	struct error err;
	pid_t child = connect_to(&s, &server, NULL);
	unsigned long turns;

	assert_true(tls_start(&s, p, &err));
	turns = s.turns;
	assert_true(ask(&s, &err));
	assert_int_equal(s.turns, turns + 1);
	hang_up(&s, child);
	return turns;
}

static void round_trips_are_counted(void **state)
{
	struct tls_params p = params_for("mail.test");

	(void)state;
	p.ticket_directory = world.tickets;
	assert_int_equal(turns_of("NORMAL:-VERS-ALL:+VERS-TLS1.2", &p), 2);
	assert_int_equal(turns_of("NORMAL:-VERS-ALL:+VERS-TLS1.2", &p), 1);
	spoil_tickets(true);
	assert_int_equal(turns_of("NORMAL", &p), 1);
	assert_int_equal(turns_of("NORMAL", &p), 1);
	spoil_tickets(true);
}

/* A server that resumes without giving a new ticket expects the old one. */
static void a_ticket_without_successor_is_kept(void **state)
{
	struct server server = { .identity = &world.good, .has_tickets = true };
	struct tls_params p = params_for("mail.test");
	struct tls_info info;
	struct error err;
	struct stream s;
	pid_t child;

	(void)state;
	p.ticket_directory = world.tickets;
	assert_true(try(&server, &p, &info, &err));
	child = connect_to(&s, &server, NULL);
	assert_true(tls_start(&s, &p, &err));
	assert_int_equal(count_tickets(), 0);
	hang_up(&s, child); /* nothing was read: no new ticket */
	assert_int_equal(count_tickets(), 1);
	assert_true(try(&server, &p, &info, &err));
	assert_true(info.resumed);
	spoil_tickets(true);
}

/* Comments, then something damaged, then the CA with CRLF. */
static void write_bundle(const char *path, size_t comment)
{
	gnutls_datum_t cert = { NULL, 0 };
	struct buf text = BUF_INIT;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while (text.len < comment)
		buf_addc(&text, text.len % 70 == 69 ? '\n' : '#');
	buf_adds(&text, "\n-----BEGIN CERTIFICATE-----\nAB-CD\n-----END CERTIFICATE-----\n");
	gnutls_x509_crt_export2(world.ca.cert, GNUTLS_X509_FMT_PEM, &cert);
	for (unsigned i = 0; i < cert.size; i++) {
		buf_adds(&text, cert.data[i] == '\n' ? "\r" : "");
		buf_addc(&text, (char)cert.data[i]);
	}
	assert_true(file_write_all(fd, text.data, text.len));
	close(fd);
	gnutls_free(cert.data);
	buf_release(&text);
}

/* As a peer would have sent it: GnuTLS keeps the issuer's name only of what it parsed. */
static void read_certificate(struct cert_chain *chain, const struct identity *id)
{
	gnutls_x509_crt_t *cert = &chain->items[chain->count++];
	gnutls_datum_t der = { NULL, 0 };

	gnutls_x509_crt_export2(id->cert, GNUTLS_X509_FMT_DER, &der);
	gnutls_x509_crt_init(cert);
	assert_int_equal(gnutls_x509_crt_import(*cert, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
}

/* Blocks end anywhere in a certificate and its marks. */
static void an_anchor_is_found_wherever_it_stands(void **state)
{
	enum { BEFORE_A_BLOCK_ENDS = 64 * 1024 - 1200, STEP = 7 };
	struct cert_chain chain = CERT_CHAIN_INIT;
	char path[128];

	(void)state;
	read_certificate(&chain, &world.good);
	snprintf(path, sizeof path, "%s/bundle.pem", world.folder);
	for (size_t comment = BEFORE_A_BLOCK_ENDS; comment < 64 * 1024 + 100; comment += STEP) {
		gnutls_certificate_credentials_t credentials;
		gnutls_x509_crt_t issuer;
		struct buf anchors = BUF_INIT;
		struct error err;

		write_bundle(path, comment);
		gnutls_certificate_allocate_credentials(&credentials);
		assert_true(trust_add_matching(credentials, path, &chain, &anchors, &err));
		assert_int_equal(anchors.len, 0); /* the file is new */
		assert_int_equal(gnutls_certificate_get_issuer(
					 credentials, chain.items[0], &issuer, GNUTLS_TL_GET_COPY),
			0);
		gnutls_x509_crt_deinit(issuer);
		gnutls_certificate_free_credentials(credentials);
		buf_release(&anchors);
	}
	cert_chain_release(&chain);
	unlink(path);
}

/* A file that has not changed just now, with the CA in it. */
static const char *settled_bundle(char path[128])
{
	static const struct timespec long_ago[2] = { { .tv_sec = 1000000000 },
		{ .tv_sec = 1000000000 } };

	snprintf(path, 128, "%s/bundle.pem", world.folder);
	write_bundle(path, 0);
	utimensat(AT_FDCWD, path, long_ago, 0);
	sleep(3);
	return path;
}

/* What is kept of a chain that the file's anchors were found for. */
static void keep_chain(const char *path, const struct cert_chain *chain, struct buf *kept)
{
	gnutls_certificate_credentials_t credentials;
	struct error err;

	gnutls_certificate_allocate_credentials(&credentials);
	assert_true(trust_add_matching(credentials, path, chain, kept, &err));
	trust_keep(credentials, chain, kept);
	gnutls_certificate_free_credentials(credentials);
}

static void a_resumed_server_is_known_until_the_file_changes(void **state)
{
	struct server server = { .identity = &world.good, .has_tickets = true };
	struct tls_params p = params_for("mail.test");
	struct tls_info info;
	struct error err;
	char path[128];

	(void)state;
	p.ticket_directory = world.tickets;
	p.trust_file = settled_bundle(path);
	for (int i = 0; i < 3; i++) {
		assert_true(try(&server, &p, &info, &err));
		assert_int_equal(info.resumed, i > 0);
		assert_true(info.verified);
		assert_string_equal(info.trust, "Test CA");
	}
	write_pem(path, &world.strangers_ca, false);
	refuse_resumed(&server, &p);
	spoil_tickets(true);
	unlink(path);
}

static void what_is_kept_counts_while_nothing_changes(void **state)
{
	struct cert_chain good = CERT_CHAIN_INIT, other = CERT_CHAIN_INIT;
	struct buf kept = BUF_INIT, changed = BUF_INIT;
	char path[128];
	size_t end;

	(void)state;
	read_certificate(&good, &world.good);
	read_certificate(&other, &world.below);
	keep_chain(settled_bundle(path), &good, &kept);
	assert_string_equal(strrchr(buf_str(&kept), '\n'), "\nTest CA");
	assert_true(trust_is_known(&kept, path, good.items[0]));
	assert_false(trust_is_known(&kept, path, other.items[0]));
	assert_false(trust_is_known(&kept, "/etc/passwd", good.items[0]));
	assert_false(trust_is_known(&kept, "/nowhere", good.items[0]));
	assert_false(trust_is_known(&changed, path, good.items[0]));
	end = (size_t)(strrchr(kept.data, '\n') - kept.data);
	for (size_t i = 0; i <= end; i++) {
		buf_truncate(&changed, 0);
		buf_add(&changed, kept.data, i);
		assert_false(trust_is_known(&changed, path, good.items[0]));
		buf_add(&changed, "x", 1);
		buf_add(&changed, kept.data + i + 1, kept.len - i - 1);
		assert_false(trust_is_known(&changed, path, good.items[0]));
	}
	assert_int_equal(chmod(path, 0640), 0); /* the time of its change */
	assert_false(trust_is_known(&kept, path, good.items[0]));
	buf_release(&changed);
	buf_release(&kept);
	cert_chain_release(&good);
	cert_chain_release(&other);
	unlink(path);
}

static long long ends_of(const struct buf *kept)
{
	return strtoll(strchr(buf_str(kept), '\n') + 1, NULL, 10);
}

/* An authority that is over ends it, though the server's certificate is not. */
static void what_is_kept_ends_with_the_first_of_the_path(void **state)
{
	struct cert_chain chain = CERT_CHAIN_INIT;
	struct buf kept = BUF_INIT;
	char path[128], over[21];
	char *time;

	(void)state;
	read_certificate(&chain, &world.good);
	keep_chain("/etc/passwd", &chain, &kept);
	assert_int_equal(kept.len, 0); /* no anchor there */
	keep_chain(settled_bundle(path), &chain, &kept);
	assert_int_equal(ends_of(&kept), gnutls_x509_crt_get_expiration_time(world.good.cert));
	cert_chain_release(&chain);
	read_certificate(&chain, &world.below);
	read_certificate(&chain, &world.good); /* a stray one */
	read_certificate(&chain, &world.middle);
	keep_chain(path, &chain, &kept);
	assert_int_equal(ends_of(&kept), gnutls_x509_crt_get_expiration_time(world.middle.cert));
	assert_true(trust_is_known(&kept, path, chain.items[0]));
	time = strchr(kept.data, '\n') + 1;
	snprintf(over, sizeof over, "%020lld", (long long)clock_wall_s());
	memcpy(time, over, 20);
	assert_false(trust_is_known(&kept, path, chain.items[0]));
	cert_chain_release(&chain);
	buf_release(&kept);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_server_is_trusted_and_described),
		cmocka_unit_test(who_is_not_trusted_is_told_why),
		cmocka_unit_test(chains_lead_to_an_anchor),
		cmocka_unit_test(pins_replace_the_chain),
		cmocka_unit_test(bad_settings_are_named),
		cmocka_unit_test(nothing_is_checked_when_told_so),
		cmocka_unit_test(old_versions_are_refused),
		cmocka_unit_test(client_certificates_are_shown),
		cmocka_unit_test(bindings_are_of_the_version),
		cmocka_unit_test(handshakes_that_lead_nowhere_end),
		cmocka_unit_test(clear_text_before_the_handshake_is_refused),
		cmocka_unit_test(a_refused_server_gets_no_data),
		cmocka_unit_test(much_data_goes_both_ways),
		cmocka_unit_test(sessions_are_resumed_and_verified_again),
		cmocka_unit_test(spoiled_tickets_cost_a_full_handshake),
		cmocka_unit_test(round_trips_are_counted),
		cmocka_unit_test(a_ticket_without_successor_is_kept),
		cmocka_unit_test(an_anchor_is_found_wherever_it_stands),
		cmocka_unit_test(a_resumed_server_is_known_until_the_file_changes),
		cmocka_unit_test(what_is_kept_counts_while_nothing_changes),
		cmocka_unit_test(what_is_kept_ends_with_the_first_of_the_path),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
