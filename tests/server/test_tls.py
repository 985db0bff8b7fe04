# SPDX-License-Identifier: ISC
"""TLS: what is wrong with a certificate is said, and nothing is sent that should not be."""

import ctypes
import os
import socket
import ssl

import certs
import world
from case import MESSAGE, Case

USERS = {"me@example.org": "secret"}


class TlsCase(Case):
    def attempt(self, kind="good", tls=None, server=None, **account):
        """One submission, to a server with that certificate unless one is given; returns the run
        and the server."""
        if server is None:
            server = self.server(tls=tls or "starttls", kind=kind, users=USERS,
                                 mechanisms=["PLAIN"])
        box = self.sandbox(server, tls=tls or server.tls, **account)
        return box.sendmail("-f", "alice@example.org", "bob@example.net", stdin=MESSAGE), server

    def assertSent(self, done, server):
        self.assertExit(done, 0)
        self.assertEqual(len(server.messages), 1)

    def assertNothingLeft(self, server):
        server.settle()
        self.assertEqual(server.messages, [])
        for record in server.connections:
            self.assertNotIn("AUTH", record.verbs())
            self.assertNotIn("MAIL", record.verbs())


class CertificateTest(TlsCase):
    def test_good_ones(self):
        for tls in ("starttls", "implicit"):
            for kind in ("good", "ip-only"):
                with self.subTest(kind, tls=tls):
                    self.assertSent(*self.attempt(kind, tls))

    def test_the_name_in_the_configuration_is_checked_and_sent(self):
        try:
            socket.getaddrinfo("localhost", 25)
        except socket.gaierror:
            self.skipTest("no localhost here")
        done, server = self.attempt("name-only", host="localhost")
        self.assertSent(done, server)
        server.settle()
        self.assertEqual(server.connections[0].tls["sni"], "localhost")

    def test_bad_ones_stop_before_anything_leaves(self):
        for kind, *words in (("expired", "expired", "2020"), ("future", "2037"),
                             ("self-signed", "signed by itself"),
                             ("wrong-name", "127.0.0.1", "other.example"),
                             ("name-only", "127.0.0.1"),
                             ("unknown-issuer", "other-ca")):
            for tls in ("starttls", "implicit"):
                with self.subTest(kind, tls=tls):
                    done, server = self.attempt(kind, tls)
                    self.assertExit(done, 76, "hint: ", *words)
                    self.assertNothingLeft(server)

    def test_the_system_store_does_not_know_our_authority(self):
        done, server = self.attempt(tls_trust="system")
        self.assertExit(done, 76)
        self.assertNothingLeft(server)

    def test_verification_can_be_switched_off_and_the_log_says_so(self):
        for kind in ("expired", "self-signed", "wrong-name", "unknown-issuer"):
            with self.subTest(kind):
                done, server = self.attempt(kind, tls_verify="no")
                self.assertSent(done, server)
                self.assertIn("unverified", done.log[-1]["tls"])

    def test_another_name_to_check(self):
        done, server = self.attempt("name-only", tls_name="mail.test")
        self.assertSent(done, server)
        server.settle()
        self.assertEqual(server.connections[0].tls["sni"], "mail.test")
        self.assertSent(*self.attempt("wildcard", tls_name="mx.mail.test"))
        self.assertExit(self.attempt("wildcard", tls_name="a.mx.mail.test")[0], 76)

    def test_an_address_is_not_sent_as_server_name(self):
        done, server = self.attempt()
        self.assertSent(done, server)
        server.settle()
        self.assertIsNone(server.connections[0].tls["sni"])

    def test_fingerprints_stand_for_authority_name_and_date(self):
        for kind in ("good", "self-signed", "expired", "wrong-name"):
            for pin in (certs.fingerprint(kind), certs.key_fingerprint(kind)):
                colons = ":".join(pin[i:i + 2] for i in range(0, 64, 2)).upper()
                for spelling in ("SHA256:" + pin, colons):
                    with self.subTest(kind, pin=spelling):
                        self.assertSent(*self.attempt(kind, tls_fingerprint=spelling))

    def test_one_of_several_fingerprints_is_enough_and_none_is_not(self):
        right, wrong = certs.fingerprint("good"), "0" * 64
        self.assertSent(*self.attempt(tls_fingerprint=wrong + ", " + right))
        done, server = self.attempt(tls_fingerprint=wrong)
        self.assertExit(done, 76, right[:8])
        self.assertNothingLeft(server)

    def test_trust_files_that_cannot_be_read(self):
        box = self.sandbox()
        for path in (box.file("missing.pem"), box.path, box.write("empty.pem", ""),
                     box.write("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n")):
            with self.subTest(path):
                done, server = self.attempt(tls_trust=path)
                self.assertExit(done, 76, path)
                self.assertNothingLeft(server)

    def test_a_system_without_authorities(self):
        certs.get("good")

        def hide():
            libc = ctypes.CDLL(None)
            if libc.unshare(0x20000) or libc.mount(None, b"/", None, 0x44000, None) or \
                    libc.mount(b"none", b"/etc/ssl", b"tmpfs", 0, None):
                os._exit(99)
        if world.no_namespace():
            self.skipTest(world.no_namespace())
        server = self.server(tls="implicit", lenient=True)
        box = self.sandbox(server, tls_trust=None)
        done = box.sendmail("bob@example.net", stdin=MESSAGE, preexec_fn=hide)
        self.assertExit(done, 76, "no store of trusted certificates", "hint: install the package ca-certificates")

    def test_client_certificate(self):
        files = certs.get("client")
        for tls in ("starttls", "implicit"):
            server = self.server(tls=tls, context=certs.server_context(ask_client=True))
            done, _ = self.attempt(server=server, tls_cert=files.cert, tls_key=files.key)
            self.assertSent(done, server)
            server.settle()
            self.assertTrue(server.connections[0].tls["certificate"])

    def test_a_client_certificate_that_is_asked_for_and_missing(self):
        """TLS 1.3 says so only after the handshake."""
        for version, status in ((ssl.TLSVersion.TLSv1_2, 76), (ssl.TLSVersion.TLSv1_3, 75)):
            with self.subTest(version.name):
                context = certs.server_context(ask_client=True)
                context.verify_mode = ssl.CERT_REQUIRED
                context.minimum_version = context.maximum_version = version
                server = self.server(tls="starttls", context=context, lenient=True)
                done, _ = self.attempt(server=server)
                self.assertExit(done, status, "tls_cert and tls_key")
                self.assertNothingLeft(server)

    def test_a_name_that_the_server_does_not_know(self):
        context = certs.server_context("good")
        server = self.server(tls="starttls", context=context, lenient=True)
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        done, _ = self.attempt(server=server, host="localhost")
        self.assertExit(done, 76, "tls_name")
        self.assertNothingLeft(server)

    def test_client_certificate_that_cannot_be_read(self):
        files = certs.get("client")
        for cert, key in (("/nonexistent.pem", files.key), (files.cert, "/nonexistent.pem"),
                          (files.cert, certs.get("good").key)):
            with self.subTest(cert=cert, key=key):
                done, server = self.attempt(tls_cert=cert, tls_key=key)
                self.assertExit(done, 76)
                self.assertNothingLeft(server)


class HandshakeTest(TlsCase):
    def test_starttls_that_is_not_offered(self):
        server = self.server(users=USERS)
        done, _ = self.attempt(server=server, tls="starttls",
                               tls_trust=certs.get("good").ca)
        self.assertExit(done, 76, "STARTTLS")
        self.assertNothingLeft(server)

    def test_starttls_that_is_refused(self):
        for reply, status in (("454 4.7.0 not now", 75), ("502 5.5.1 no", 76),
                              ("554 5.7.0 never", 76)):
            with self.subTest(reply):
                server = self.server(tls="starttls", users=USERS)
                server.on("STARTTLS", reply)
                done, _ = self.attempt(server=server)
                self.assertExit(done, status, reply[4:])
                self.assertNothingLeft(server)

    def test_plaintext_after_the_go_ahead(self):
        """CVE-2011-0411, CVE-2020-14954: what came in clear is not taken for the server's."""
        server = self.server(tls="starttls", users=USERS)
        server.on("STARTTLS", b"220 go ahead\r\n250-injected\r\n250 AUTH PLAIN\r\n")
        done, _ = self.attempt(server=server)
        self.assertExit(done, 76)
        self.assertNothingLeft(server)

    def test_offers_in_clear_are_forgotten(self):
        server = self.server(tls="starttls", users=USERS, mechanisms=["PLAIN"], lenient=True)
        clear = "250-x\r\n250-STARTTLS\r\n250-CHUNKING\r\n250-AUTH LOGIN\r\n250 SIZE 1"
        server.on("EHLO", clear, times=1)
        done, _ = self.attempt(server=server)
        self.assertSent(done, server)
        server.settle()
        self.assertEqual(server.connections[0].mechanism, "PLAIN")

    def test_old_versions_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = certs.server_context()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            done, server = self.attempt(server=self.server(tls="starttls", context=context,
                                                           users=USERS, lenient=True))
            self.assertExit(done, 76)
            self.assertNothingLeft(server)

    def test_tls_1_2(self):
        context = certs.server_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        done, server = self.attempt(server=self.server(tls="implicit", context=context,
                                                       users=USERS))
        self.assertSent(done, server)
        self.assertTrue(done.log[-1]["tls"].startswith("TLS1.2"), done)

    def test_priority_string(self):
        done, server = self.attempt(tls_priority="NORMAL:-VERS-ALL:+VERS-TLS1.2")
        self.assertSent(done, server)
        server.settle()
        self.assertEqual(server.connections[0].tls["version"], "TLSv1.2")
        done, server = self.attempt(tls_priority="NORMAL:+NONSENSE")
        self.assertExit(done, 78)

    def test_a_bad_priority_string_is_told_before_a_server_is_reached(self):
        box = self.sandbox(host="127.0.0.1", port=1, tls_priority="NONSENSE")
        box.set(queue="yes", queue_dir=box.file("queue"))
        done = box.sendmail("bob@example.net", stdin=MESSAGE)
        self.assertExit(done, 78, "tls_priority is no GnuTLS priority string")
        self.assertIn("empty", box.run("mailq").stdout.decode())

    def test_a_server_that_speaks_no_tls(self):
        for tls in ("implicit", "starttls"):
            with self.subTest(tls):
                server = self.server(users=USERS, lenient=True)
                server.on("greeting", ["220 server.example hello"])
                server.offers["STARTTLS"] = ""
                server.on("STARTTLS", "220 go ahead\r\nbut I cannot")
                done, _ = self.attempt(server=server, tls=tls, tls_trust=certs.get("good").ca,
                                       timeout="3s")
                self.assertIn(done.status, (75, 76), str(done))
                self.assertEqual(server.messages, [])


class ResumptionTest(TlsCase):
    def test_the_second_session_is_resumed_and_verified(self):
        for version, status in ((ssl.TLSVersion.TLSv1_2, 76), (ssl.TLSVersion.TLSv1_3, 75)):
            with self.subTest(version.name):
                context = certs.server_context()
                context.maximum_version = version
                server = self.server(tls="starttls", context=context, users=USERS)
                box = self.sandbox(server)
                for _ in range(3):
                    done = box.sendmail("-f", "alice@example.org", "bob@example.net",
                                        stdin=MESSAGE)
                    self.assertExit(done, 0)
                server.settle()
                self.assertEqual([r.tls["resumed"] for r in server.connections],
                                 [False, True, True])

    def test_a_ticket_does_not_outlive_a_change_of_trust(self):
        server = self.server(tls="starttls", users=USERS)
        box = self.sandbox(server)
        self.assertExit(box.sendmail("-f", "a@example.org", "bob@example.net", stdin=MESSAGE), 0)
        for change in ({"tls_trust": "system"}, {"tls_name": "other.example"},
                       {"tls_fingerprint": "0" * 64}):
            with self.subTest(change):
                again = self.sandbox(server, **change)
                again.set(state_dir=box.file("state"))
                done = again.sendmail("-f", "a@example.org", "bob@example.net", stdin=MESSAGE)
                self.assertExit(done, 76)

    def test_it_can_be_switched_off(self):
        server = self.server(tls="starttls", users=USERS)
        box = self.sandbox(server, tls_resume="no")
        for _ in range(2):
            done = box.sendmail("-f", "a@example.org", "bob@example.net", stdin=MESSAGE)
            self.assertExit(done, 0)
        server.settle()
        self.assertEqual([r.tls["resumed"] for r in server.connections], [False, False])
