# SPDX-License-Identifier: ISC
"""`senders`: who may use which sender, on every road a message can take."""

import os
import time
import unittest

import setgid
from case import MESSAGE
from queued import QueueCase, closed_port

SENDERS = "# who: patterns\nroot: root@example.org\nalice: alice@example.org, *@alice.example\n@sendoff: <>\n"


@unittest.skipIf(setgid.reason_not_to(), setgid.reason_not_to())
class SendersTest(QueueCase):
    def setUp(self):
        self.box = setgid.Install()
        self.addCleanup(self.box.close)
        self.senders = self.box.write("etc/sendoff/senders", SENDERS, 0, setgid.GROUP, 0o640)
        self.smtp = self.server(users={"shared": "secret"})

    def configure(self, port=None, more="", senders=True, head=""):
        self.box.configure(head + "account = work\n[work]\nhost = 127.0.0.1\nport = %d\ntls = off\nuser = shared\n"
                           "password = secret\n%s%s" % (
                               port or self.smtp.port, "senders = %s\n" % self.senders if senders else "", more))

    def send(self, *words, **options):
        return self.box.run("sendmail", *words, "bob@example.net", stdin=MESSAGE, **options)

    def test_who_may_use_what(self):
        self.configure()
        for user, sender, allowed in (("alice", "alice@example.org", True), ("alice", "any@alice.example", True),
                                      ("alice", "alice", True), ("alice", "bob@example.org", False),
                                      ("alice", "", False), ("bob", "bob@example.org", False),
                                      ("bob", "alice@example.org", False), ("root", "bob@example.org", True)):
            with self.subTest(user=user, sender=sender):
                done = self.send("-f", sender, user=user)
                if allowed:
                    self.assertExit(done, 0)
                    self.smtp.take()
                else:
                    self.assertExit(done, 77, "%s may not send as <%s>" % (user, sender), "hint: ")
                    self.assertEqual((done.log[0]["status"], done.log[0]["exit"]), ("failed", "77"))
        self.assertEqual(self.smtp.messages, [])

    def test_groups(self):
        with open(self.box.file("group"), "a", encoding="utf-8") as file:
            file.write("team:x:4900:bob,alice\nothers:x:4901:bob\n")
        with open(self.senders, "a", encoding="utf-8") as file:
            file.write("@team: *@team.example\n@others: *@others.example\n@nobody-is-there: *\n")
        self.configure()
        for sender, status in (("a@team.example", 0), ("a@others.example", 77), ("a@example.com", 77)):
            with self.subTest(sender):
                self.assertExit(self.send("-f", sender, user="alice"), status)
        with open(self.senders, "a", encoding="utf-8") as file:
            file.write("\0")
        self.assertExit(self.send("-f", "a@team.example", user="alice"), 78, "a NUL byte")

    def test_the_queue_takes_nothing_that_may_not_be_sent(self):
        self.configure()
        for mode in ("-odq", "-odb"):
            self.assertExit(self.send(mode, "-f", "bob@example.org"), 77, "may not send as")
        self.assertEqual([n for n in os.listdir(self.box.queue) if not n.startswith(".")], [])

    def test_a_queue_run_asks_for_the_owner(self):
        self.configure(senders=False)
        self.assertExit(self.send("-odq", "-f", "bob@example.org"), 0)
        self.configure()
        self.assertExit(self.box.run("sendoff", "queue", "run", user="root"), 0)
        report, = self.smtp.take()
        self.assertEqual((report.sender, report.to), ("", ["bob@example.org"]))
        self.assertIn(b"alice may not send as <bob@example.org>", report.data)

    def test_a_file_that_cannot_be_used_bounces_nothing(self):
        self.configure()
        self.assertExit(self.send("-odq", "-f", "alice@example.org"), 0)
        os.chmod(self.senders, 0o666)
        self.assertExit(self.box.run("sendoff", "queue", "run", user="root"), 0)
        self.assertEqual([line["status"] for line in self.box.log() if "status" in line], ["queued", "queued"])
        self.assertEqual(self.smtp.messages, [])
        os.chmod(self.senders, 0o640)
        self.assertExit(self.box.run("sendoff", "queue", "run", "--all", user="root"), 0)
        self.assertEqual([m.sender for m in self.smtp.take()], ["alice@example.org"])

    def test_a_fallback_that_is_not_for_the_caller_is_none(self):
        backup = ("fallback = backup\n[backup]\nhost = 127.0.0.1\nport = %d\ntls = off\n"
                  "user = shared\npassword = secret\nsenders = %s\n" % (
                      self.smtp.port, self.box.write("etc/sendoff/others", "bob: *\n", 0, setgid.GROUP, 0o640)))
        self.configure(closed_port(), backup)
        self.assertExit(self.send("-f", "alice@example.org"), 0)
        self.assertEqual(self.box.log()[-1]["status"], "queued")
        self.assertExit(self.box.run("sendoff", "queue", "run", "--all", user="root"), 0)
        self.assertEqual(self.smtp.messages, [])
        self.assertIn("1 messages", self.box.run("mailq").stdout.decode())
        self.configure(closed_port(), backup, head="expire = 1s\n")
        time.sleep(1.1)
        for _ in range(2):
            self.assertExit(self.box.run("sendoff", "queue", "run", "--all", user="root"), 0)
        self.assertIn(b"not delivered within 1s", self.smtp.take()[0].data)

    def test_bs_says_550(self):
        self.configure()
        done = self.box.run("sendmail", "-bs", stdin="EHLO x\r\nMAIL FROM:<bob@example.org>\r\n"
                            "RCPT TO:<bob@example.net>\r\nDATA\r\n%s.\r\nQUIT\r\n" % MESSAGE.replace("\n", "\r\n"))
        self.assertIn("550 5.7.1 alice may not send as <bob@example.org>", done.stdout.decode(), str(done))
        self.assertEqual(self.smtp.messages, [])

    def test_a_file_that_others_can_write_is_an_error(self):
        self.configure()
        os.chmod(self.senders, 0o660)
        self.assertExit(self.send("-f", "alice@example.org"), 78, "others can write to it")

    def test_check_says_who_may(self):
        self.configure()
        for user, status, said in (("alice", 0, "ok   senders.* alice may send as <alice@example.org>\n"),
                                   ("root", 0, "ok   senders.* root may send as <root@example.org>, as root may as anybody\n"),
                                   ("bob", 77, "FAIL senders .*bob may not send as <bob@example.org>\n +hint: .*senders says who")):
            done = self.box.sendoff("check", user=user)
            self.assertEqual(done.status, status, str(done))
            self.assertRegex(done.stdout.decode(), said)

    def test_a_bad_line_is_told_before_it_matters(self):
        self.configure()
        with open(self.senders, "a", encoding="utf-8") as file:
            file.write("bob bob@example.org\n")
        done = self.box.sendoff("check", user="root")
        self.assertEqual(done.status, 78, str(done))
        self.assertRegex(done.stdout.decode(), "FAIL senders .*senders:5: not 'user: pattern, ...'")
        done = self.box.sendoff("config", "lint", user="root")
        self.assertExit(done, 78)
        self.assertIn("senders:5: not 'user: pattern, ...'\n", done.stdout.decode())


@unittest.skipIf(setgid.reason_not_to(), setgid.reason_not_to())
class RootsRunnerTest(QueueCase):
    """Root's queue commands work on the system's queue, whatever file root has of their own."""

    def test_the_systems_queue_is_run_by_the_systems_file_alone(self):
        smtp, other = self.server(), self.server()
        box = setgid.Install()
        self.addCleanup(box.close)
        account = "[work]\nhost = 127.0.0.1\nport = %d\ntls = off\nauth = none\n"
        box.configure(account % smtp.port)
        root_home = box.file("root")
        box.write("root/.config/sendoff/sendoff.ini", account % other.port)
        self.assertExit(box.run("sendmail", "-odq", "bob@example.net", stdin=MESSAGE), 0)
        box.set_id(False)
        home = {"HOME": root_home}
        self.assertIn("1 messages", box.run("mailq", user="root", env=home).stdout.decode())
        self.assertExit(box.run("sendmail", "-q", user="root", env=home), 0)
        smtp.take()
        self.assertExit(box.run("sendmail", "bob@example.net", stdin=MESSAGE, user="root", env=home), 0)
        other.take()
        self.assertEqual((smtp.messages, other.messages), ([], []))
