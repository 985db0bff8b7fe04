# SPDX-License-Identifier: ISC
"""Recipients that an alias leads somewhere, nowhere, or to /dev/null: who is told what."""

import unittest

from queued import QueueCase, message
from smtpd import ALL_OFFERS

ALIASES = """team: bob@example.net, carol@example.net
pipe: |/bin/vacation
file: /var/mail/file
mixed: dave@example.net, |/bin/cat
null: /dev/null
loop: pool
pool: loop
gone: :include:/nonexistent/list
empty: <>
"""
FROM = ("-f", "alice@example.org")


class AliasCase(QueueCase):
    def setUp(self):
        self.target = self.server()
        self.box = self.queue_box(self.target, queue="no")
        self.box.write("aliases", ALIASES)

    def send(self, *words):
        return self.box.sendmail(*FROM, *words, stdin=message("x"))

    def got(self):
        return [m.to for m in self.target.messages if m.sender]

    def report(self):
        found, = [m for m in self.target.messages if not m.sender]
        self.assertEqual(found.to, ["alice@example.org"])
        return found.data


class NowhereTest(AliasCase):
    def test_alone(self):
        for name, why in (("pipe", "names a command"), ("file", "names a file"), ("loop", "leads back to itself"),
                          ("empty", "names nobody"), ("gone", "/nonexistent/list")):
            with self.subTest(name):
                done = self.send(name)
                self.assertExit(done, 67, "alias" if name != "gone" else "sendmail: ", why)
                self.assertEqual(self.target.connections, [])
                line, = [line for line in done.log if "status" in line]
                self.assertEqual((line["status"], line["exit"], line["to"]), ("failed", "67", name))
                self.assertIn(why, line["reply"])

    def test_others_are_served_and_the_last_line_names_who_was_not(self):
        done = self.send("team", "pipe", "erin@example.net")
        self.assertExit(done, 67, "names a command")
        self.assertEqual(self.got(), [["bob@example.net", "carol@example.net", "erin@example.net"]])
        self.assertRegex(done.stderr.splitlines()[-1], r"3 of 4 recipients got the message; send again only to pipe$")
        self.assertEqual([(line["status"], line["nrcpt"]) for line in done.log if "status" in line],
                         [("sent", "3"), ("failed", "1")])

    def test_one_member_of_several(self):
        """The others of the same alias have it."""
        done = self.send("mixed")
        self.assertExit(done, 67, "names a command")
        self.assertEqual(self.got(), [["dave@example.net"]])

    def test_each_reason_once_and_not_without_end(self):
        self.box.write("aliases", ALIASES + "".join("p%d: |/bin/p%d\n" % (n, n) for n in range(40)))
        done = self.send(*("p%d" % n for n in range(40)))
        self.assertExit(done, 67)
        self.assertLess(len(done.stderr.splitlines()), 25)

    def test_a_report_where_others_were_served(self):
        done = self.send("-oem", "team", "pipe")
        self.assertExit(done, 0)
        self.assertIn(b"names a command", self.report())
        self.assertIn(b"Final-Recipient: rfc822; pipe", self.report())

    def test_deferred_ones_are_queued_and_a_report_is_made(self):
        self.box.set(queue="yes")
        self.target.on("RCPT", "450 4.2.1 later", match="bob@")
        done = self.send("bob@example.net", "carol@example.net", "pipe")
        self.assertEqual(done.status, 0, str(done))
        entry, = self.listed(self.box)
        self.assertEqual(entry["recipients"], ["bob@example.net"])
        self.assertIn(b"names a command", self.report())

    def test_the_same_where_the_server_is_not_reached(self):
        self.box.set(queue="yes")
        self.offline(self.box)
        done = self.send("bob@example.net", "pipe")
        self.assertExit(done, 0)
        self.assertEqual([(entry["sender"], entry["recipients"]) for entry in self.listed(self.box)],
                         [("", ["alice@example.org"]), ("alice@example.org", ["bob@example.net"])])
        self.online(self.box, self.target)
        self.run_all(self.box)
        self.assertIn(b"names a command", self.report())

    def test_dropped(self):
        done = self.send("null")
        self.assertExit(done, 0)
        self.assertEqual(self.target.connections, [])
        with open(self.box.logfile, encoding="utf-8") as log:
            self.assertIn("null expands to /dev/null", log.read())
        self.assertExit(self.send("null", "bob@example.net"), 0)
        self.assertEqual(self.got(), [["bob@example.net"]])

    def test_bs_says_it_at_once(self):
        done = self.box.sendmail("-bs", stdin="EHLO x\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<pipe>\r\nQUIT\r\n")
        self.assertIn(b"\r\n553 5.7.1 alias 'pipe' names a command", done.stdout)


class ReportTest(QueueCase):
    def test_the_original_recipient_is_told(self):
        """Of an alias, the name that the sender wrote; what a client of -bs gave as ORCPT, decoded."""
        target = self.server(offers=ALL_OFFERS - {"DSN"})
        target.on("RCPT", "550 5.1.1 nobody", match="gone@")
        box = self.queue_box(target)
        box.write("aliases", "boss: gone@example.net\n")
        box.sendmail("-odq", "-f", "alice@example.org", "boss", "bob@example.net", stdin=message("a"))
        self.run_all(box)
        report, = [m.data for m in target.messages if not m.sender]
        self.assertIn(b"Original-Recipient: rfc822; boss@example.org\r\n", report)
        self.assertIn(b"Final-Recipient: rfc822; gone@example.net\r\n", report)
        target.messages.clear()
        box.set(delivery="queue")
        session = ("EHLO x\r\nMAIL FROM:<alice@example.org>\r\n"
                   "RCPT TO:<gone@example.net> NOTIFY=FAILURE ORCPT=rfc822;The+20Boss+2B@example.org\r\nDATA\r\n"
                   + message("b").replace("\n", "\r\n") + ".\r\nQUIT\r\n")
        box.sendmail("-bs", stdin=session)
        self.run_all(box)
        report, = [m.data for m in target.messages if not m.sender]
        self.assertIn(b"Original-Recipient: rfc822; The Boss+@example.org\r\n", report)

    def test_an_original_recipient_beyond_ascii(self):
        """RFC 6533: an alias's name goes as utf-8;... where the server does DSN and SMTPUTF8."""
        target = self.server()
        box = self.queue_box(target)
        box.write("aliases", "büro: jürgen@example.net\n".encode())
        self.assertExit(box.sendmail("-f", "alice@example.org", "büro", stdin=message("x")), 0)
        (_, parameters), = target.messages[0].recipients
        self.assertEqual(parameters.get("ORCPT"), "utf-8;b\\x{FC}ro@example.org")


if __name__ == "__main__":
    unittest.main()
