# SPDX-License-Identifier: ISC
"""The main road with Postfix and Exim: what is piped in arrives, byte for byte."""

import servers
from case import MESSAGE, Case

# Names for what a server must leave alone: odd header spelling, folding, dots, long lines, tabs.
CONTENT = {
    "plain": "hello\n",
    "dots": ".\n..\n...\n.a\n\n.\n",
    "no last line end": "hello\nworld",
    "only a dot without line end": ".",
    "empty body": "",
    "blank lines at both ends": "\n\nx\n\n\n",
    "longest line": "x" * 998 + "\n",
    "tabs and blanks at line ends": "a \nb\t\n \n\t\n",
    "From lines": "From me to you\n>From you\n",
    "CR LF": "one\r\n\r\n.two\r\n",
    "mixed line ends": "one\r\ntwo\nthree\r\n",
    "words of the protocol": "QUIT\nRSET\n250 ok\nDATA\n",
    "8-bit text": "caf\u00e9 \u65e5\u672c\n",
}
HEADER = ("From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: hello\n"
          "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n"
          "X-Odd:   kept \t as it is \nx-FOLDED: one\n\ttwo\n   three\nMIME-Version: 1.0\n"
          "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n")


def on_the_wire(text):
    """What must arrive for a message that needs no change: CR LF, a last line end."""
    octets = text.replace("\r\n", "\n").encode()
    if not octets.endswith(b"\n"):
        octets += b"\n"
    return octets.replace(b"\n", b"\r\n")


class Road:
    """The tests for one server; the classes below say which."""

    start = None

    def setUp(self):
        self.real = type(self).start()
        self.real.sink.messages.clear()

    def send(self, text, *words, port="starttls", recipients=("bob@example.net",), **account):
        box = self.sandbox(self.real.via(port), **account)
        return box.sendmail("-i", "-f", "alice@example.org", *words, *recipients, stdin=text)

    def test_content_arrives_byte_for_byte(self):
        for name, body in CONTENT.items():
            with self.subTest(name):
                text = HEADER + "\n" + body
                self.assertExit(self.send(text), 0)
                self.assertEqual(servers.without_trace(self.real.one()), on_the_wire(text))

    def test_each_way_in(self):
        for port in ("starttls", "implicit", "off"):
            with self.subTest(port):
                self.assertExit(self.send(MESSAGE, port=port), 0)
                came = self.real.one()
                self.assertEqual(servers.without_trace(came), on_the_wire(MESSAGE))
                self.assertEqual((came.sender, came.to),
                                 ("alice@example.org", ["bob@example.net"]))

    def test_sizes(self):
        line = "x" * 70 + "\n"
        for size in (1, 1000, 16384, 65536, 300_000, 1 << 20, (1 << 20) + 1, 8_000_000):
            with self.subTest(size):
                body = (line * (size // 71 + 1))[:size]
                self.assertExit(self.send(HEADER + "\n" + body), 0)
                self.assertEqual(servers.without_trace(self.real.one()),
                                 on_the_wire(HEADER + "\n" + body))

    def test_recipients_from_the_header(self):
        text = MESSAGE.replace("Subject", "Cc: carol@example.net,\n dave@example.net\n"
                               "Bcc: eve@example.net\nSubject")
        box = self.sandbox(self.real.via())
        self.assertExit(box.sendmail("-t", "-i", stdin=text), 0)
        came = self.real.one()
        self.assertEqual(sorted(came.to), ["%s@example.net" % name
                                           for name in ("bob", "carol", "dave", "eve")])
        self.assertEqual(servers.without_trace(came),
                         on_the_wire(text.replace("Bcc: eve@example.net\n", "")))

    def test_many_recipients(self):
        names = ["user%d@example.net" % number for number in range(500)]
        self.assertExit(self.send(MESSAGE, recipients=names), 0)
        self.assertEqual(sorted(self.real.one().to), sorted(names))

    def test_one_refused_does_not_cost_the_others_their_mail(self):
        done = self.send(MESSAGE, recipients=("bob@example.net", "refused@example.net",
                                              "carol@example.net"))
        self.assertExit(done, 67, "refused@example.net", "nobody of that name",
                        "2 of 3 recipients got the message; send again only to "
                        "refused@example.net")
        self.assertEqual(sorted(self.real.one().to), ["bob@example.net", "carol@example.net"])

    def test_one_deferred(self):
        done = self.send(MESSAGE, recipients=("deferred@example.net", "refused@example.net",
                                              "carol@example.net"))
        self.assertExit(done, 75, "come back later", "1 of 3 recipients got the message")
        self.assertEqual(self.real.one().to, ["carol@example.net"])

    def test_refused_and_deferred_alone(self):
        self.assertExit(self.send(MESSAGE, recipients=["refused@example.net"]), 67, "5.1.1")
        self.assertExit(self.send(MESSAGE, recipients=["deferred@example.net"]), 75, "4.2.0")

    def test_refused_and_deferred_senders(self):
        self.assertExit(self.send(MESSAGE, "-f", "refused@example.org"), 69, "not you")
        self.assertExit(self.send(MESSAGE, "-f", "deferred@example.org"), 75, "not now")

    def test_null_sender(self):
        for spelling in ("", "<>"):
            with self.subTest(spelling):
                self.assertExit(self.send(MESSAGE, "-f", spelling), 0)
                self.assertEqual(self.real.one().sender, "")

    def test_larger_than_the_server_takes(self):
        done = self.send(HEADER + "\n" + ("x" * 99 + "\n") * 1_160_000)
        self.assertExit(done, 69, "too large")

    def test_an_address_that_needs_smtputf8(self):
        self.assertExit(self.send(MESSAGE, recipients=["j\u00f6rg@example.net"]), 0)
        self.assertEqual(self.real.one().to, ["j\u00f6rg@example.net"])

    def test_the_log_line(self):
        box = self.sandbox(self.real.via())
        done = box.sendmail("-i", "-f", "alice@example.org", "bob@example.net", stdin=MESSAGE)
        self.real.one()
        self.assertEqual(len(done.log), 1, str(done))
        line = done.log[0]
        for key, value in {"account": "work", "from": "alice@example.org", "nrcpt": "1",
                           "msgid": "<1@example.org>", "status": "sent", "code": "250",
                           "exit": "0", "uid": "0", "to": "bob@example.net"}.items():
            self.assertEqual(line.get(key), value, line)
        self.assertTrue(line["tls"].startswith("TLS1.3"), line)
        self.assertIn("127.0.0.1", line["ip"])
        self.assertNotIn("simple", str(line))


class PostfixTest(Road, Case):
    start = staticmethod(servers.postfix)


class EximTest(Road, Case):
    start = staticmethod(servers.exim)


class OpenSmtpdTest(Case):
    """One command, one reply: it offers neither PIPELINING nor CHUNKING."""

    def setUp(self):
        self.real = servers.opensmtpd()
        self.real.sink.messages.clear()

    def send(self, text, *recipients):
        box = self.sandbox(self.real.via("off", user=None))
        return box.sendmail("-i", "-f", "alice@example.org", *recipients, stdin=text)

    def test_content_arrives_byte_for_byte(self):
        for name, body in CONTENT.items():
            with self.subTest(name):
                self.assertExit(self.send(HEADER + "\n" + body, "bob@example.net"), 0)
                self.assertEqual(servers.without_trace(self.real.one()),
                                 on_the_wire(HEADER + "\n" + body))

    def test_one_refused_does_not_cost_the_others_their_mail(self):
        done = self.send(MESSAGE, "bob@example.net", "refused@example.net", "carol@example.net")
        self.assertExit(done, 67, "2 of 3 recipients got the message; send again only to "
                        "refused@example.net")
        came = self.real.one().to
        while len(came) < 2:  # it may deliver to each by itself
            came += self.real.one().to
        self.assertEqual(sorted(came), ["bob@example.net", "carol@example.net"])
