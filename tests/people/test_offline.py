# SPDX-License-Identifier: ISC
"""A machine without a network."""

import netns
from case import MESSAGE
from queued import QueueCase

HINT = "hint: is this machine online, and does its name server answer?"


class OfflineTest(QueueCase):
    @classmethod
    def setUpClass(cls):
        cls.space = netns.Namespace()

    def run_it(self, box, *words, stdin=MESSAGE):
        return box.run(*words, stdin=stdin, preexec_fn=self.space.enter)

    def test_mail(self):
        box = self.sandbox(host="mail.example.org", tls="off", auth="none")
        self.assertExit(self.run_it(box, "sendmail", "bob@example.net"), 75, "cannot look up 'mail.example.org': ", HINT)
        box.account(host="192.0.2.1")
        self.assertExit(self.run_it(box, "sendmail", "bob@example.net"), 75, "hint: is this machine online?")
        box = self.queue_box()
        box.account(host="mail.example.org")
        self.assertExit(self.run_it(box, "sendmail", "bob@example.net"), 0)
        self.assertEqual(self.listed(box)[0]["attempts"], 1)

    def test_check_of_a_provider(self):
        box = self.sandbox(provider="gmail", user="me@example.org", password="x")
        done = self.run_it(box, "sendoff", "check")
        self.assertEqual(done.status, 75, str(done))
        for text in ("smtp.gmail.com:587: cannot look up", HINT, "see 'host' of provider gmail"):
            self.assertIn(text, done.stdout.decode())

    def test_setup(self):
        """--force writes the file though nobody could try it."""
        for words, lines in (
                (("--address", "me@gmail.com"), "[gmail]\nprovider = gmail\nuser = "),
                (("--address", "me@x.example", "--host", "smtp.x.example", "--port", "465"),
                 "host = smtp.x.example\nport = 465\ntls = implicit\n"),
                (("--address", "me@x.example", "--host", "smtp.x.example", "--port", "587"),
                 "host = smtp.x.example\nport = 587\ntls = starttls\n")):
            with self.subTest(words):
                box = self.sandbox()
                path = box.file("new.ini")
                done = self.run_it(box, "sendoff", "setup", "-C", path, *words, "--user", "me", "--password-command",
                                   "echo x", "--force", stdin="")
                self.assertEqual(done.status, 75, str(done))
                with open(path, encoding="utf-8") as file:
                    self.assertIn(lines, file.read())

    def test_a_setup_that_cannot_be_written(self):
        box = self.sandbox()
        for path, text in (("/proc/x/new.ini", "/proc/x: "), (box.home, "home: Is a directory")):
            done = self.run_it(box, "sendoff", "setup", "-C", path, "--address", "me@x.example", "--host", "smtp.x.example",
                               "--user", "me", "--password-command", "echo x", "--force", stdin="")
            self.assertExit(done, 73, text)
