/* SPDX-License-Identifier: ISC */
/* Against a TLS server in a child process, with certificates made here. */
#include "net/tls.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	struct identity ca, good, expired, future, stranger, strangers_ca, self_signed, weak;
	gnutls_datum_t ticket_key;
} world;

/* Signed by issuer, or by itself; names are separated by blanks, addresses among them only 127.0.0.1. */
static struct identity make(const char *name, const char *names, const struct identity *issuer, int begins_d, int ends_d)
{
	static unsigned char serial;
	struct identity id;
	bool is_ca = !names;
	char list[128];

	serial++;
	gnutls_x509_privkey_init(&id.key);
	gnutls_x509_privkey_generate(id.key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&id.cert);
	gnutls_x509_crt_set_version(id.cert, 3);
	gnutls_x509_crt_set_serial(id.cert, &serial, 1);
	gnutls_x509_crt_set_dn_by_oid(id.cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_activation_time(id.cert, time(NULL) + begins_d * DAY_S);
	gnutls_x509_crt_set_expiration_time(id.cert, time(NULL) + ends_d * DAY_S);
	gnutls_x509_crt_set_key(id.cert, id.key);
	gnutls_x509_crt_set_basic_constraints(id.cert, is_ca, -1);
	snprintf(list, sizeof list, "%s", names ? names : "");
	for (char *rest = list, *one; (one = strtok_r(rest, " ", &rest));) {
		bool is_address = strcmp(one, "127.0.0.1") == 0;

		gnutls_x509_crt_set_subject_alt_name(id.cert, is_address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
			is_address ? "\177\0\0\1" : one, is_address ? 4 : (unsigned)strlen(one), GNUTLS_FSAN_APPEND);
	}
	gnutls_x509_crt_sign2(id.cert, issuer ? issuer->cert : id.cert, issuer ? issuer->key : id.key,
		GNUTLS_DIG_SHA256, 0);
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
	world.expired = make("old", "mail.test", &world.ca, -10, -5);
	world.future = make("new", "mail.test", &world.ca, 5, 10);
	world.stranger = make("stranger", "mail.test", &world.strangers_ca, -10, 10);
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
	struct identity *const all[] = { &world.ca, &world.good, &world.expired, &world.future, &world.stranger,
		&world.strangers_ca, &world.self_signed, &world.weak };

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
	bool wants_client;
	bool has_tickets;
};

static void serve(const struct server *server, int fd)
{
	gnutls_certificate_credentials_t credentials;
	struct identity id = *server->identity;
	gnutls_session_t session;
	char data[256];
	int rc;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_certificate_set_x509_key(credentials, &id.cert, 1, id.key);
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

static pid_t connect_to(struct stream *s, const struct server *server)
{
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		serve(server, ends[1]);
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
static bool try(const struct server *server, const struct tls_params *p, struct tls_info *info, struct error *err)
{
	struct stream s;
	pid_t child = connect_to(&s, server);
	bool ok = tls_start(&s, p, err) && ask(&s, err);

	if (ok && info)
		tls_describe(s.tls, info);
	hang_up(&s, child);
	return ok;
}

static void a_good_server_is_trusted_and_described(void **state)
{
	static const char *const names[] = { "mail.test", "MAIL.test", "mail.test.", "a.wild.test", "127.0.0.1" };
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
		{ &world.good, "other.test", "certificate of other.test is for 'mail.test', '*.wild.test', '127.0.0.1'",
			"tls_name" },
		{ &world.good, "127.0.0.2", "certificate of 127.0.0.2 is for 'mail.test'", "tls_name" },
		{ &world.good, "::1", "certificate of ::1 is for 'mail.test'", "tls_name" },
		{ &world.expired, "mail.test", "certificate of mail.test expired on 20", "clock" },
		{ &world.future, "mail.test", "certificate of mail.test is not valid before 20", "clock" },
		{ &world.stranger, "mail.test", "certificate of mail.test comes from issuer 'Strange CA', which is not trusted",
			"tls_fingerprint = SHA256:" },
		{ &world.self_signed, "mail.test",
			"certificate of mail.test is signed by itself, and issuer 'alone' is not trusted",
			"tls_trust = " },
		{ &world.stranger, "other.test", "is for 'mail.test', comes from issuer 'Strange CA'", "tls_trust = " },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_server_is_trusted_and_described),
		cmocka_unit_test(who_is_not_trusted_is_told_why),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
