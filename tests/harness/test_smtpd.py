# SPDX-License-Identifier: ISC
"""The test server itself, tried with Python's own SMTP client."""

import smtplib
import ssl
import unittest

import certs
from smtpd import CLOSE, Server

TEXT = b"From: a@example.org\r\nSubject: x\r\n\r\n.dot\r\n..two\r\nend\r\n"


def client(server, **options):
    return smtplib.SMTP(server.host, server.port, timeout=10, **options)


def trusting():
    return ssl.create_default_context(cafile=certs.get("good").ca)


def asking(name):
    """A context that asks for this name whatever the address was."""
    context = trusting()
    wrap = context.wrap_socket
    context.wrap_socket = lambda sock, server_hostname: wrap(sock, server_hostname=name)
    return context


class SmtpdTest(unittest.TestCase):
    def test_content_arrives_without_stuffing(self):
        with Server() as server:
            with client(server) as smtp:
                smtp.sendmail("a@example.org", ["b@example.org", "c@example.org"], TEXT)
            self.assertEqual(server.messages[0].data, TEXT)
            self.assertEqual(server.messages[0].sender, "a@example.org")
            self.assertEqual(server.messages[0].to, ["b@example.org", "c@example.org"])
            self.assertEqual(server.settle(), [])
            self.assertEqual(server.connections[0].ended, "quit")

    def test_empty_content(self):
        with Server() as server:
            with client(server) as smtp:
                smtp.ehlo()
                for command in ("MAIL FROM:<>", "RCPT TO:<b@example.org>", "DATA"):
                    smtp.docmd(command)
                self.assertEqual(smtp.docmd(".")[0], 250)
            self.assertEqual(server.messages[0].data, b"")

    def test_chunks_are_joined(self):
        with Server() as server:
            with client(server) as smtp:
                smtp.ehlo()
                smtp.docmd("MAIL FROM:<a@example.org>")
                smtp.docmd("RCPT TO:<b@example.org>")
                smtp.send(b"BDAT 3\r\n.\r\n")
                self.assertEqual(smtp.getreply()[0], 250)
                smtp.send(b"BDAT 4 LAST\r\nhi\r\n")
                self.assertEqual(smtp.getreply()[0], 250)
            self.assertEqual(server.messages[0].data, b".\r\nhi\r\n")
            self.assertEqual(server.messages[0].chunks, [3, 4])

    def test_starttls_and_auth(self):
        for mechanism in ("plain", "login", "cram_md5"):
            users = {"me": "sécret" if mechanism == "plain" else "secret"}
            with self.subTest(mechanism), Server(
                    tls="starttls", context=certs.server_context(), users=users,
                    mechanisms=[mechanism.upper().replace("_", "-")]) as server:
                with client(server) as smtp:
                    smtp.starttls(context=trusting())
                    smtp.ehlo()
                    smtp.user, smtp.password = "me", "secret"
                    if mechanism == "plain":
                        self.assertEqual(smtp.docmd("AUTH PLAIN AG1lAHPDqWNyZXQ=")[0], 235)
                    else:
                        smtp.auth(server.mechanisms[0], getattr(smtp, "auth_" + mechanism))
                server.settle()
                self.assertEqual(server.connections[0].user, "me")
                self.assertEqual(server.connections[0].tls["version"], "TLSv1.3")

    def test_wrong_password_is_refused(self):
        with Server(users={"me": "secret"}) as server, client(server) as smtp:
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                smtp.login("me", "wrong")

    def test_oauth(self):
        for mechanism, response in (
                ("XOAUTH2", "user=me\1auth=Bearer %s\1\1"),
                ("OAUTHBEARER", "n,a=me,\1host=localhost\1port=587\1auth=Bearer %s\1\1")):
            with self.subTest(mechanism), Server(users={"me": "token"}) as server, \
                    client(server) as smtp:
                smtp.ehlo()
                with self.assertRaises(smtplib.SMTPAuthenticationError):
                    smtp.auth(mechanism, lambda challenge=None: (
                        response % "wrong" if challenge is None else ""))
                smtp.auth(mechanism, lambda challenge=None: response % "token")

    def test_implicit_tls(self):
        with Server(tls="implicit", context=certs.server_context()) as server:
            with smtplib.SMTP_SSL(server.host, server.port, context=asking("localhost")) as smtp:
                smtp.sendmail("a@example.org", "b@example.org", TEXT)
            server.settle()
            self.assertEqual(server.connections[0].tls["sni"], "localhost")

    def test_rules(self):
        with Server() as server, client(server) as smtp:
            server.on("RCPT", "550 5.1.1 nobody", match="carol@")
            server.on("MAIL", "451 4.3.0 later", times=1)
            smtp.ehlo()
            self.assertEqual(smtp.docmd("MAIL FROM:<a@example.org>")[0], 451)
            self.assertEqual(smtp.docmd("MAIL FROM:<a@example.org>")[0], 250)
            self.assertEqual(smtp.docmd("RCPT TO:<carol@example.org>")[0], 550)
            self.assertEqual(smtp.docmd("RCPT TO:<bob@example.org>")[0], 250)
            server.on(".", CLOSE)
            smtp.docmd("DATA")
            with self.assertRaises(smtplib.SMTPServerDisconnected):
                smtp.send(b"hello\r\n.\r\n")
                smtp.getreply()

    def test_violations_are_seen(self):
        for commands, expected in (
                (b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n", "did not wait"),
                (b"EHLO x\n", "bare LF"),
                (b"MAIL FROM:<a@example.org>\r\n", "out of order"),
                (b"EHLO x\r\nMAIL FROM: <a@example.org>\r\n", "does not parse"),
                (b"HELO x\r\nMAIL FROM:<a@example.org> SIZE=3\r\n", "without the offer")):
            with self.subTest(commands), Server() as server, client(server) as smtp:
                smtp.send(commands)
                smtp.close()
                self.assertIn(expected, " ".join(server.settle()))


class CertsTest(unittest.TestCase):
    def handshake(self, kind, name="localhost"):
        with Server(tls="implicit", context=certs.server_context(kind)) as server:
            with smtplib.SMTP_SSL(server.host, server.port, context=asking(name)):
                pass

    def test_good_kinds_verify(self):
        for kind, name in (("good", "localhost"), ("good", "127.0.0.1"), ("ip-only", "127.0.0.1"),
                           ("name-only", "mail.test"), ("wildcard", "mx.mail.test")):
            with self.subTest(kind):
                self.handshake(kind, name)

    def test_bad_kinds_do_not(self):
        for kind, why in (("expired", "expired"), ("future", "not yet valid"),
                          ("self-signed", "self-signed"), ("wrong-name", "mismatch"),
                          ("unknown-issuer", "self-signed certificate in certificate chain")):
            with self.subTest(kind), self.assertRaisesRegex(ssl.SSLError, why):
                self.handshake(kind)
