# SPDX-License-Identifier: ISC
"""Addresses beyond ASCII, in the envelope and in the header (RFC 6531, 6532, 6857)."""

import email
import email.policy
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import servers  # noqa: E402
from judge import Fidelity  # noqa: E402

FIXED = "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
TYPED = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ngr\u00fc\u00df\n"
TEXT = "From: J\u00fcrgen <j@example.org>\nTo: \u00fcnal@example.net, Z\u00fcrich <z@m\u00fcnchen.example>\nSubject: Gr\u00fc\u00dfe\n" + FIXED + TYPED
ALL = {"SMTPUTF8", "8BITMIME", "SIZE", "PIPELINING"}
NAMES = ("\u00fcnal@example.net", "\u0434\u0438\u043c\u0430@example.net", "\u7528\u6237@example.net", "bob@example.net")


def on_the_wire(text):
    return text.replace("\n", "\r\n").encode()


class Utf8AddressTest(Fidelity):
    def send(self, text, *words, offers=ALL):
        self.smtp = self.server(offers=offers)
        return self.sandbox(self.smtp).sendmail("-i", *words, stdin=text)

    def sent(self, text, *words, **options):
        self.assertExit(self.send(text, *words, **options), 0)
        return self.smtp.take()[0]

    def parsed(self, message):
        self.assertTrue(message.data.isascii(), message.data)
        return email.message_from_bytes(message.data, policy=email.policy.SMTP)

    def test_recipients_and_sender(self):
        message = self.sent(TEXT, "-f", "\u00e4nne@example.org", *NAMES)
        self.assertEqual((message.sender, message.to), ("\u00e4nne@example.org", list(NAMES)))
        self.assertIn("SMTPUTF8", message.parameters)
        self.assertEqual(message.data, on_the_wire(TEXT))

    def test_recipients_from_the_header(self):
        message = self.sent(TEXT, "-t", "-f", "j@example.org")
        self.assertEqual(message.to[0], "\u00fcnal@example.net")
        self.assertEqual(message.data, on_the_wire(TEXT))

    def test_header_alone_needs_it(self):
        message = self.sent(TEXT, "-f", "j@example.org", "bob@example.net")
        self.assertIn("SMTPUTF8", message.parameters)
        self.assertEqual(message.data, on_the_wire(TEXT))

    def test_each_address_once(self):
        words = ["z@m\u00fcnchen.example", "z@M\u00dcNCHEN.example", "z@xn--mnchen-3ya.EXAMPLE", "Z@m\u00fcnchen.example"]
        for more, offers in ((["y@example.net"], ALL - {"SMTPUTF8"}), (["\u00fcnal@example.net"], ALL)):
            with self.subTest(offers=offers):
                message = self.sent("Subject: x\n\nx\n", "-f", "j@example.org", *words, *more, offers=offers)
                self.assertEqual([a.split("@")[0] for a in message.to], ["z", "Z", more[0].split("@")[0]])

    def test_a_domain_without_a_labels(self):
        self.assertExit(self.send(TEXT.replace("\u00fcnal@", "unal@"), "-f", "j@example.org", "z@-m\u00fcnchen-.example"),
                        67, "<z@-m\u00fcnchen-.example>: its domain is no name that IDNA knows")

    def test_what_is_not_utf8_is_encoded_also_there(self):
        text = on_the_wire(TEXT).replace("Gr\u00fc\u00dfe".encode(), b"Gr\xfc\xdfe")
        message = self.sent(text, "-f", "j@example.org", "bob@example.net")
        self.assertIn(b"Subject: =?unknown-8bit?Q?Gr=FC=DFe?=\r\n", message.data)
        self.assertIn("\u00fcnal@example.net".encode(), message.data)

    def test_not_used_where_no_address_needs_it(self):
        text = TEXT.replace("\u00fcnal@", "unal@")
        message = self.sent(text, "-f", "j@example.org", "bob@example.net", "z@m\u00fcnchen.example")
        self.assertNotIn("SMTPUTF8", message.parameters)
        self.assertEqual(message.to, ["bob@example.net", "z@xn--mnchen-3ya.example"])
        header = message.data.partition(b"\r\n\r\n")[0]
        self.assertTrue(header.isascii(), header)
        self.assertIn(b"z@xn--mnchen-3ya.example", header)
        self.assertIn(b"=?utf-8?", header)

    def test_header_at_a_server_without_it(self):
        for text in (TEXT, TEXT.replace("j@example", "j\u00fc@example")):
            message = self.parsed(self.sent(text, "-f", "j@example.org", "bob@example.net", offers={"SIZE"}))
            group = message["To"].groups[0]
            self.assertEqual((group.display_name, group.addresses), ("\u00fcnal@example.net", ()))
            self.assertEqual(message["To"].addresses[-1].addr_spec, "z@xn--mnchen-3ya.example")
            self.assertEqual(message["Subject"], "Gr\u00fc\u00dfe")
            self.assertEqual(message.get_content(), "gr\u00fc\u00df\r\n")

    def test_envelope_at_a_server_without_it(self):
        done = self.send(TEXT, "-f", "j@example.org", "\u00fcnal@example.net", offers={"SIZE", "8BITMIME"})
        self.assertExit(done, 67, "the server does not offer SMTPUTF8")
        self.assertEqual(self.smtp.messages, [])

    def test_real_servers(self):
        for real in (servers.postfix, servers.exim):
            with self.subTest(real.__name__):
                self.passes(real())

    def passes(self, real):
        real.sink.messages.clear()
        box = self.sandbox(real.via("starttls"))
        for sender in ("\u00e4nne@example.org", "alice@example.org"):
            self.assertExit(box.sendmail("-i", "-f", sender, *NAMES[:3], stdin=TEXT), 0)
            message = real.one()
            self.assertEqual((message.sender, sorted(message.to)), (sender, sorted(NAMES[:3])))
            self.assertEqual(servers.without_trace(message), on_the_wire(TEXT))
