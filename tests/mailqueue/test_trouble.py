# SPDX-License-Identifier: ISC
"""Queue runs where the account, the clock or the file system is in the way."""

import os
import subprocess
import time
import unittest

import release
from queued import QueueCase, message
from smtpd import ALL_OFFERS, CLOSE

STRACE = release.works("strace", "-qq", "-o", "/dev/null", "true")


class AccountTest(QueueCase):
    def test_a_refusal_of_the_login_amid_a_run_ends_it(self):
        """530 to MAIL is about the account, not the message: the others are not held against it."""
        for offers in (ALL_OFFERS, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS - {"PIPELINING", "CHUNKING"}):
            with self.subTest(offers=len(offers)):
                server = self.server(lenient=True, offers=offers)
                server.on("MAIL", "530 5.7.0 log in first")
                server.on("MAIL", None, times=2)
                box = self.queue_box(server)
                for number in range(8):
                    self.keep(box, str(number))
                self.run_all(box)
                left = self.listed(box)
                self.assertEqual((len(server.messages), len(left)), (2, 6))
                self.assertEqual(len(server.connections), 1)
                self.assertLess(sum(entry["attempts"] for entry in left), 6)
                self.assertIn("530", box.sendoff("queue", "list").stdout.decode())
                server.rules.clear()
                self.run_all(box)
                self.assertEqual(len(server.messages), 8)

    def test_a_login_that_is_wanted_for_one_message_is_no_trouble_of_the_account(self):
        """Some servers say 5.7.9 for policy reasons: one such message would keep all others waiting."""
        for offers in (ALL_OFFERS, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS - {"PIPELINING", "CHUNKING"}):
            for verb in ("RCPT", "."):
                with self.subTest(verb, offers=len(offers)):
                    server = self.server(offers=offers)
                    box = self.queue_box(server)
                    for number in range(3):
                        self.keep(box, str(number))
                    for run in range(2):
                        server.on(verb, "554 5.7.9 not accepted for policy reasons", times=1)
                        self.run_all(box)
                        left, = self.listed(box)
                        self.assertEqual((len(server.messages), left["attempts"]), (2, run + 1))
                    self.assertExit(box.sendmail("carol@example.net", stdin=message("x")), 0)
                    self.assertEqual(server.take(3)[-1].to, ["carol@example.net"])

    def test_a_login_that_is_wanted_for_one_sender_is_no_trouble_of_the_account(self):
        """The login was taken: others need not wait to spare the server another."""
        server = self.server(users={"me": "secret"})
        server.on("MAIL", "530 5.7.0 log in", match="spam@")
        box = self.queue_box(server)
        for sender in ("spam@example.org", "ann@example.org"):
            self.assertExit(box.sendmail("-f", sender, "bob@example.net", stdin=message("x")), 0)
        self.assertEqual([m.sender for m in server.messages], ["ann@example.org"])
        self.assertEqual([entry["sender"] for entry in self.listed(box)], ["spam@example.org"])

    def test_a_login_that_is_refused_the_second_time_is(self):
        server = self.server(offers=ALL_OFFERS | {"LIMITS=MAILMAX=1"}, users={"me": "secret"})
        server.on("AUTH", "535 5.7.8 no more")
        server.on("AUTH", None, times=1)
        box = self.queue_box(server)
        for number in range(3):
            self.keep(box, str(number))
        self.run_all(box)
        self.assertExit(box.sendmail("bob@example.net", stdin=message("x")), 0)
        self.assertEqual((len(server.messages), len(server.connections)), (1, 2))

    def test_what_ends_the_session_goes_last_and_alone_the_next_time(self):
        """A message that the server answers with nonsense, or its sender by wanting a login, is the oldest."""
        for verb, reply, match in (("MAIL", "530 5.7.0 log in", "spam@"), ("RCPT", b"hello\r\n", "spam@"),
                                   ("RCPT", "354 go ahead", "spam@")):
            for offers in (ALL_OFFERS, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS - {"PIPELINING", "CHUNKING"}):
                with self.subTest(verb, reply=reply, offers=len(offers)):
                    server = self.server(lenient=True, offers=offers)
                    server.on(verb, reply, match=match)
                    box = self.queue_box(server)
                    for name in ("spam", "ann", "ben"):
                        done = box.sendmail("-odq", "-f", name + "@example.org", name + "@example.net",
                                            stdin=message(name))
                        self.assertExit(done, 0)
                    for _ in range(3):
                        self.run_all(box)
                    self.assertEqual([entry["sender"] for entry in self.listed(box)], ["spam@example.org"])
                    for name in ("ann", "ben"):
                        copies = [m for m in server.messages if m.sender == name + "@example.org"]
                        self.assertIn(len(copies), (1, 2))

    def test_421_by_a_server_that_goes_on(self):
        """What was in flight behind the message that it answered so gets its answer, and no copy."""
        server = self.server(lenient=True)
        server.on("MAIL", "421 4.3.2 closing", times=1)
        box = self.queue_box(server)
        for number in range(5):
            self.keep(box, str(number))
        self.run_all(box)
        self.run_all(box)
        subjects = [m.data.split(b"Subject: ")[1].split(b"\r\n")[0] for m in server.messages]
        self.assertEqual(sorted(subjects), [b"hello %d" % number for number in range(5)])
        self.assertEqual(self.listed(box), [])

    def test_421_by_a_server_that_goes_on_and_breaks_off(self):
        server = self.server(lenient=True)
        server.on("MAIL", "421 4.3.2 closing", times=1)
        server.on(".", CLOSE, times=1)
        box = self.queue_box(server)
        for number in range(2):
            self.keep(box, str(number))
        self.run_all(box)
        self.assertIn("twice", str([line["reply"] for line in box.log()]))
        self.run_all(box)
        self.assertEqual(self.listed(box), [])

    def test_a_delay_is_told_of_messages_that_were_not_tried(self):
        """One message stands for the attempt on an account that is not reached; all age."""
        server = self.server()
        box = self.queue_box(None, delay_after="1s")
        for word in "abc":
            self.keep(box, word, options=("-odq", "-N", "delay"))
        time.sleep(1.1)
        self.run_all(box)
        reports = [entry for entry in self.listed(box) if not entry["sender"]]
        self.assertEqual(len(reports), 3)
        self.online(box, server)
        self.run_all(box)
        told = [m.data for m in server.messages if not m.sender]
        self.assertEqual(len(told), 3)
        for report in told:
            self.assertIn(b"Action: delayed", report)


@unittest.skipUnless(STRACE, "needs strace")
class FileSystemTest(QueueCase):
    """File systems that lack what the queue likes best; strace plays them."""

    def play(self, box, rule, *words, stdin=""):
        """Runs a command whose system calls fail so."""
        box.write("sendoff.ini", box.configuration())
        env = dict(box.environment(None), ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run(["strace", "-f", "-qq", "-o", box.file("trace"), "-e", "inject=" + rule,
                               box.file("bin", words[0]), *words[1:]], input=stdin.encode(), env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)

    def keeps(self, rule):
        box = self.queue_box(self.server())
        for stdin in (message("small"), message("large") + "text\n" * 400_000):
            done = self.play(box, rule, "sendmail", "-odq", "-f", "alice@example.org", "b@example.net", stdin=stdin)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        with open(box.file("trace"), encoding="utf-8", errors="replace") as trace:
            self.assertIn("(INJECTED)", trace.read())
        self.assertEqual(len(self.listed(box)), 2)
        self.assertEqual([name for name in self.files(box) if not name.endswith((".msg", ".state"))], [])
        self.assertEqual({os.stat(os.path.join(box.queue, name)).st_mode & 0o777 for name in self.files(box)}, {0o600})
        self.run_all(box)
        self.assertEqual(self.files(box), [])

    def test_no_names_for_unnamed_files(self):
        for error in ("EPERM", "EOPNOTSUPP", "ENOENT"):
            with self.subTest(error):
                self.keeps("linkat:error=" + error)

    def test_no_locks(self):
        """Kept all the same; a run cannot send it, and says so; nobody is told that it is being sent."""
        server = self.server()
        box = self.queue_box(server)
        done = self.play(box, "flock:error=ENOLCK", "sendmail", "-odq", "b@example.net", stdin=message("x"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        entry, = self.listed(box)
        self.assertEqual(self.play(box, "flock:error=ENOLCK", "sendmail", "-q").returncode, 0)
        with open(box.logfile, encoding="utf-8") as log:
            self.assertRegex(log.read(), entry["id"] + ": cannot lock .*: No locks available")
        for word in ("hold", "remove"):
            done = self.play(box, "flock:error=ENOLCK", "sendoff", "queue", word, entry["id"])
            self.assertEqual(done.returncode, 74)
            self.assertIn(b"No locks available", done.stderr)
        self.run_all(box)
        self.assertEqual(len(server.messages), 1)

    def test_a_directory_that_cannot_be_read_is_not_empty(self):
        box = self.queue_box(self.server())
        self.keep(box)
        for words in (("mailq",), ("sendmail", "-q"), ("sendoff", "queue", "list", "--json")):
            done = self.play(box, "getdents64:error=EIO", *words)
            self.assertEqual((done.returncode, done.stdout), (74, b""), words)
            self.assertIn(b"cannot read the queue directory", done.stderr)

    def test_a_file_that_cannot_be_read_amid_a_run(self):
        """Its message waits; the connection does not, for a reply to what was never sent."""
        server = self.server(lenient=True)
        box = self.queue_box(server)
        failed = 0
        for number in range(12, 28):  # some are the loader's: how many depends on the machine
            for word in "abc":
                self.keep(box, word)
            self.assertEqual(self.play(box, "pread64:error=EIO:when=%d" % number, "sendmail", "-q").returncode, 0)
            failed += len(server.messages) < 3
            self.run_all(box)
            mail = [m.data for m in server.messages if m.sender]  # the postmaster may be told of damage
            self.assertEqual(sorted(data.split(b"body ")[1].strip() for data in mail), [b"a", b"b", b"c"])
            self.assertEqual([name for name in self.files(box) if name.endswith(".msg")], [])
            server.messages.clear()
        self.assertGreater(failed, 2)


if __name__ == "__main__":
    unittest.main()
