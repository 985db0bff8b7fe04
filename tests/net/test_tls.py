# SPDX-License-Identifier: ISC
"""TLS through the program: who is trusted, what is said when nobody is, what a ticket saves."""

import base64
import os
import socket
import stat
import threading
import time
import unittest

import certs
from case import Case, MESSAGE

LOGIN = {"users": {"me": "secret"}}


class Trust(Case):
    # kind of certificate: what the first line of stderr names, what the hint proposes
    REFUSED = {
        "wrong-name": ("certificate of 127.0.0.1 is for 'other.example'", "tls_name"),
        "name-only": ("certificate of 127.0.0.1 is for 'localhost', 'mail.test'", "tls_name"),
        "no-san": ("certificate of 127.0.0.1 is for 'localhost'", "tls_name"),
        "expired": ("certificate of 127.0.0.1 expired on 2020-02-01", "clock"),
        "future": ("certificate of 127.0.0.1 is not valid before 2037-01-01", "clock"),
        "self-signed": ("issuer 'localhost' is not trusted", "tls_trust = "),
        "unknown-issuer": ("issuer 'other-ca', which is not trusted", "tls_fingerprint = SHA256:"),
    }

    def test_an_untrusted_server_gets_no_login_and_is_explained(self):
        for tls in ("starttls", "implicit"):
            for kind, texts in self.REFUSED.items():
                with self.subTest(kind, tls=tls):
                    server = self.server(tls=tls, kind=kind, lenient=True, **LOGIN)
                    done = self.sandbox(server).sendmail("-t", stdin=MESSAGE)
                    self.assertExit(done, 76, *texts)
                    server.close()
                    said = [v for c in server.connections for v in c.verbs()]
                    self.assertLessEqual(set(said), {"EHLO", "STARTTLS"})

    def test_names_and_addresses(self):
        for kind, name in (("good", None), ("ip-only", None), ("name-only", "mail.test"),
                           ("wildcard", "a.mail.test"), ("wrong-name", "other.example")):
            with self.subTest(kind):
                server = self.server(tls="implicit", kind=kind, **LOGIN)
                box = self.sandbox(server, tls_name=name)
                self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
                server.close()
                self.assertEqual(server.connections[0].tls["sni"], name)

    def test_a_name_beyond_ascii_is_looked_up_and_checked_as_a_labels(self):
        server = self.server(tls="implicit", kind="name-only", **LOGIN)
        wide = "".join(chr(0xfee0 + ord(letter)) for letter in "localhost")  # IDNA: localhost
        box = self.sandbox(server, host=wide)
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
        server.close()
        self.assertEqual(server.connections[0].tls["sni"], "localhost")

    def test_pins(self):
        digest = bytes.fromhex(certs.fingerprint("expired"))
        pins = {
            "hex": "SHA256:" + digest.hex(),
            "colons": "SHA256:" + digest.hex(":").upper(),
            "base64": "SHA256:" + base64.b64encode(digest).decode(),
            "key": "SHA256:" + certs.key_fingerprint("expired"),
            "second": "SHA256:%s, SHA256:%s" % ("0" * 64, digest.hex()),
        }
        for kind, pin in pins.items():
            with self.subTest(kind):
                server = self.server(tls="implicit", kind="expired", **LOGIN)
                box = self.sandbox(server, tls_fingerprint=pin, tls_trust=None)
                self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
        server = self.server(tls="implicit", kind="good", lenient=True, **LOGIN)
        done = self.sandbox(server, tls_fingerprint=pins["hex"]).sendmail("-t", stdin=MESSAGE)
        self.assertExit(done, 76, "not the one pinned", certs.fingerprint("good"))

    def test_a_pin_counts_beside_tls_verify_no(self):
        server = self.server(tls="implicit", kind="good", lenient=True, **LOGIN)
        box = self.sandbox(server, tls_fingerprint="SHA256:" + certs.fingerprint("expired"), tls_verify="no")
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 76, "not the one pinned")

    def test_what_the_hint_pins_is_taken(self):
        server = self.server(tls="starttls", kind="self-signed", lenient=True, **LOGIN)
        box = self.sandbox(server)
        done = box.sendmail("-t", stdin=MESSAGE)
        self.assertExit(done, 76)
        box.account(tls_fingerprint=done.stderr.split("tls_fingerprint = ")[1].split()[0])
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)

    def test_tls_verify_no_is_said_in_the_log(self):
        server = self.server(tls="starttls", kind="self-signed", **LOGIN)
        box = self.sandbox(server, tls_verify="no")
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
        with open(box.logfile) as log:
            self.assertIn("tls_verify = no", log.read())

    def test_files_that_cannot_be_read(self):
        server = self.server(tls="implicit", lenient=True, **LOGIN)
        for key in ("tls_trust", "tls_cert"):
            with self.subTest(key):
                box = self.sandbox(server, **{key: "/nonexistent/file.pem"})
                done = box.sendmail("-t", stdin=MESSAGE)
                self.assertExit(done, 76, key, "/nonexistent/file.pem", "No such file")


class Mixed(Case):
    def test_implicit_tls_on_a_starttls_port(self):
        server = self.server(tls="starttls", lenient=True, **LOGIN)
        done = self.sandbox(server, tls="implicit").sendmail("-t", stdin=MESSAGE)
        self.assertExit(done, 76, "the server speaks no TLS on this port", "port 465")

    def test_a_handshake_that_drips_ends_with_the_timeout(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stop = threading.Event()

            def drip():
                client, _ = listener.accept()
                with client:
                    client.sendall(b"\x16\x03\x03\x40\x00\x02")
                    while not stop.wait(0.02):
                        try:
                            client.sendall(b"\0")
                        except OSError:
                            return

            thread = threading.Thread(target=drip)
            thread.start()
            box = self.sandbox(host="127.0.0.1", port=listener.getsockname()[1], tls="implicit",
                               auth="none", timeout="1s")
            begun = time.monotonic()
            done = box.sendmail("-t", stdin=MESSAGE)
            stop.set()
            thread.join()
        self.assertExit(done, 75, "no end of the TLS handshake in time")
        self.assertGreaterEqual(time.monotonic() - begun, 1)


class Tickets(Case):
    def send(self, box):
        done = box.sendmail("-t", stdin=MESSAGE)
        self.assertExit(done, 0)
        return done.log[-1]["tls"].endswith(":resumed")

    def tickets(self, box):
        folder = box.file("state")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return [os.path.join(folder, name) for name in names if name.endswith(".0")]

    def test_the_second_session_is_resumed(self):
        for tls in ("starttls", "implicit"):
            with self.subTest(tls):
                box = self.sandbox(self.server(tls=tls, **LOGIN))
                self.assertEqual([self.send(box) for _ in range(3)], [False, True, True])
                (ticket,) = self.tickets(box)
                self.assertEqual(stat.S_IMODE(os.stat(ticket).st_mode), 0o600)

    def test_not_with_tls_resume_no(self):
        box = self.sandbox(self.server(tls="implicit", **LOGIN), tls_resume="no")
        self.assertEqual([self.send(box) for _ in range(2)], [False, False])
        self.assertEqual(self.tickets(box), [])

    def test_a_damaged_ticket_costs_nothing_but_time(self):
        box = self.sandbox(self.server(tls="implicit", **LOGIN))
        self.send(box)
        (ticket,) = self.tickets(box)
        with open(ticket, "r+b") as file:
            file.seek(300)
            file.write(b"garbage")
        self.assertEqual([self.send(box) for _ in range(2)], [False, True])

    def test_another_name_or_pin_does_not_resume(self):
        box = self.sandbox(self.server(tls="implicit", lenient=True, **LOGIN))
        self.send(box)
        box.account(tls_name="mail.test")
        self.assertFalse(self.send(box))
        box.account(tls_fingerprint="SHA256:" + certs.fingerprint("good"))
        self.assertFalse(self.send(box))
        box.account(tls_name="other.example", tls_fingerprint=None)
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 76, "is for 'localhost'")

    def test_a_server_with_a_new_issuer_is_asked_again_without_the_ticket(self):
        context = certs.server_context("good")
        server = self.server(tls="implicit", context=context, lenient=True, **LOGIN)
        box = self.sandbox(server)
        with open(certs.get("good").ca) as old:
            trust = box.write("trust.pem", old.read())
        box.account(tls_trust=trust)
        self.send(box)
        new = certs.get("unknown-issuer")
        context.load_cert_chain(new.cert, new.key)
        with open(new.cert) as chain:
            box.write("trust.pem", chain.read())
        self.assertFalse(self.send(box))
        self.assertEqual(len(server.connections), 3)
        self.assertTrue(self.send(box))


if __name__ == "__main__":
    unittest.main()
