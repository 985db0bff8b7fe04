# SPDX-License-Identifier: ISC
"""Nothing in a message ends it or is taken for a command: all of it arrives in that one message."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare  # noqa: E402
import servers  # noqa: E402
from receiver import Receiver  # noqa: E402

SECOND = (b"MAIL FROM:<evil@example.org>%(e)sRCPT TO:<victim@example.net>%(e)sDATA%(e)s"
          b"Subject: smuggled%(e)s%(e)sevil%(e)s.%(e)sQUIT%(e)s")
ENDS = {"LF": b"\n", "CR": b"\r", "CR LF": b"\r\n", "NUL LF": b"\0\n", "CR NUL LF": b"\r\0\n", "CR CR LF": b"\r\r\n",
        "LF CR": b"\n\r"}
HEAD = b"From: alice@example.org\nTo: bob@example.net\nSubject: one\n"


def attempts():
    """(name, message): each pair of line ends around the dot, the commands with either's ends."""
    for before, first in ENDS.items():
        for after, second in ENDS.items():
            text = b"text" + first + b"." + second + SECOND % {b"e": second}
            yield "%s dot %s" % (before, after), HEAD + b"\n" + text
    for name, end in ENDS.items():
        yield "pipelined commands, %s" % name, HEAD + b"\n" + SECOND % {b"e": end} * 3
    yield "NUL behind the dot", HEAD + b"\nx\n.\0\nMAIL FROM:<evil@example.org>\n"
    yield "NUL before the dot", HEAD + b"\nx\n\0.\nMAIL FROM:<evil@example.org>\n"
    yield "a dot, no line end", HEAD + b"\nx\n."
    yield "a dot and CR, no line end", HEAD + b"\nx\r\n.\r"
    yield "BDAT", HEAD + b"\nBDAT 10 LAST\r\n0123456789BDAT 0 LAST\r\nRSET\r\n"
    yield "CR dot CR in the header", HEAD + b"X-A: b\r.\rMAIL FROM:<evil@example.org>\rRCPT TO:<victim@example.net>\r\n\nx\n"
    yield "CR in a field that is folded", HEAD + b"X-A: " + b"b\r.\rDATA\r" * 200 + b"\n\nx\n"
    yield "a dot across a block", HEAD + b"\n" + b"x" * (16384 - 1) + b"\n.\nMAIL FROM:<evil@example.org>\n"


class SmugglingTest(Receiver):
    def arrives_at_test_server(self, *offers):
        server = self.server(offers={"SIZE", "8BITMIME", "PIPELINING", *offers})
        box = self.sandbox(server)
        for name, data in attempts():
            with self.subTest(name):
                self.assertExit(box.sendmail("-i", "-f", "alice@example.org", "bob@example.net", stdin=data), 0)
                message, = server.take()
                self.assertSays(data, message.data)
                self.assertNotIn("evil", " ".join(message.connection.commands))
        server.settle()
        self.assertEqual(server.messages, [])

    def arrives_at(self, real, port):
        way = self.way(real, port)
        for name, data in attempts():
            with self.subTest(name):
                self.assertSays(data, self.passed_on(way, data))
        self.passed_on(way, HEAD + b"\nthe last\n")  # whose recipient nothing smuggled has
        self.assertEqual(real.sink.messages, [])

    def assertSays(self, data, arrived):
        self.assertNotRegex(arrived, rb"\r(?!\n)|(?<!\r)\n|\0")
        # A header has no way to say them: NUL and bare CR are blanks there.
        head, _, body = compare.canonical(data).partition(b"\r\n\r\n")
        head = head.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
        wanted = compare.digest(head + b"\r\n\r\n" + body)
        self.assertEqual(compare.difference(wanted, compare.digest(arrived)), "")

    def test_with_data(self):
        self.arrives_at_test_server()

    def test_with_bdat(self):
        self.arrives_at_test_server("CHUNKING")

    def test_postfix_with_bdat(self):
        self.arrives_at(servers.postfix(), "off")

    def test_postfix_with_data(self):
        self.arrives_at(servers.postfix(), "normalize")

    def test_exim_with_bdat(self):
        self.arrives_at(servers.exim(), "off")

    def test_exim_with_data(self):
        self.arrives_at(servers.exim(), "data")
