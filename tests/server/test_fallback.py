# SPDX-License-Identifier: ISC
"""`fallback`: another account where this one cannot be reached or logged in to, and only there."""

import time
import unittest

from case import MESSAGE, Case
from queued import QueueCase, closed_port, message
from smtpd import ALL_OFFERS, CLOSE

TO = ("-f", "alice@example.org", "bob@example.net")
PLAIN = frozenset(ALL_OFFERS - {"PIPELINING", "CHUNKING"})
NOWHERE = {"host": "127.0.0.1", "tls": "off", "auth": "none"}


class FallbackTest(Case):
    def setUp(self):
        self.second = self.server()
        self.box = self.sandbox()
        self.box.set(account="work")
        self.box.account("backup", server=self.second)

    def first(self, server=None, **keys):
        if server is None:
            keys = {**NOWHERE, "port": closed_port(), **keys}
        self.box.account("work", server=server, fallback="backup", timeout="5s", **keys)

    def test_where_nobody_answers(self):
        self.first()
        done = self.box.sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 0)
        self.assertEqual(len(self.second.messages), 1)
        self.assertEqual([line["account"] for line in done.log if "status" in line], ["backup"])
        with open(self.box.logfile, encoding="utf-8") as log:
            self.assertIn("falling back to backup", log.read())

    def test_where_the_login_is_refused(self):
        self.first(self.server(users={"me": "secret"}), password="wrong")
        self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), 0)
        self.assertEqual(len(self.second.messages), 1)

    def test_where_the_server_serves_nobody(self):
        for step, reply in (("greeting", "554 5.3.2 closed"), ("greeting", "421 4.3.2 later"),
                            ("EHLO", [b"250-half", CLOSE]), ("MAIL", "530 5.7.0 log in first")):
            with self.subTest(step, reply=reply):
                server = self.server(lenient=True, offers=PLAIN)
                server.on(step, reply)
                self.first(server)
                self.second.messages.clear()
                self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), 0)
                self.assertEqual(len(self.second.messages), 1)

    def test_each_account_has_its_own_sender_and_address(self):
        self.first(**{"from": "me@first.example"})
        self.box.account("backup", **{"from": "me@second.example"})
        self.assertExit(self.box.sendmail("bob@example.net", stdin="Subject: x\n\nx\n"), 0)
        sent, = self.second.messages
        self.assertEqual(sent.sender, "me@second.example")
        self.assertRegex(sent.data, rb"From: \S+ <me@second\.example>\r\n")

    def test_a_chain(self):
        self.first()
        self.box.account("backup", port=closed_port(), fallback="last")
        self.box.account("last", server=self.second)
        self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), 0)
        self.assertEqual(len(self.second.messages), 1)

    def test_where_the_last_fails_too_its_reason_is_told(self):
        self.first()
        self.second.close()
        done = self.box.sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 75, "backup: 127.0.0.1:%d" % self.second.port)

    def test_never_where_the_server_hangs_up_after_a_word_on_the_message(self):
        for step, reply, status in (("MAIL", "550 5.7.1 no", 69), ("RCPT", "550 5.1.1 nobody", 67)):
            with self.subTest(step, reply=reply):
                server = self.server()
                server.on(step, [reply, CLOSE])
                self.first(server)
                self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), status, reply)
                self.assertEqual(self.second.messages, [])

    def test_never_for_what_is_wrong_with_the_message(self):
        for step, reply, status in (("MAIL", "550 5.7.1 no", 69), ("RCPT", "550 5.1.1 nobody", 67),
                                    ("RCPT", "450 4.2.1 later", 75), (".", "554 5.6.0 spam", 69)):
            with self.subTest(step, reply=reply):
                server = self.server(offers=PLAIN)
                server.on(step, reply)
                self.first(server)
                self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), status)
                self.assertEqual(self.second.connections, [])

    def test_never_once_the_message_may_have_been_taken(self):
        server = self.server(lenient=True)
        server.on("BDAT", CLOSE)
        self.first(server)
        self.assertExit(self.box.sendmail(*TO, stdin=MESSAGE), 75, "twice")
        self.assertEqual(self.second.connections, [])


class QueuedFallbackTest(QueueCase):
    def test_none_is_reached(self):
        """The message waits for the account that it was for."""
        box = self.queue_box()
        box.set(account="work")
        box.account(fallback="backup")
        box.account("backup", **NOWHERE, port=closed_port())
        self.assertExit(box.sendmail(*TO, stdin=message("x")), 0)
        self.assertEqual([entry["account"] for entry in self.listed(box)], ["work"])
        server = self.server()
        self.online(box, server)
        self.run_all(box)
        self.assertEqual(len(server.messages), 1)

    def test_what_waits_for_its_own_account_does_not_wait_for_ever(self):
        """One recipient has it already: it does not go to a fallback, nor stay when its time is up."""
        first, second = self.server(), self.server()
        first.on("RCPT", "450 4.2.1 later", match="carol")
        box = self.queue_box(first, expire="1s")
        box.set(account="work")
        self.assertExit(box.sendmail(*TO, "carol@example.net", stdin=message("x")), 0)
        self.offline(box)
        box.account(fallback="backup")
        box.account("backup", server=second)
        time.sleep(1.1)
        self.run_all(box)
        self.run_all(box)
        self.assertEqual(self.listed(box), [])
        bounce, = second.messages
        self.assertEqual((bounce.sender, bounce.to), ("", ["alice@example.org"]))
        self.assertIn(b"carol@example.net", bounce.data)


if __name__ == "__main__":
    unittest.main()
