# SPDX-License-Identifier: ISC
"""The secret is nowhere but on its way to the server: not in what is printed, logged or left to children."""

import glob
import os

from case import MESSAGE
from queued import QueueCase, closed_port

SECRET = "s3cr3t-Wort"
# The account, and what the server does to it.
FAILURES = {
    "refused": ({}, ("AUTH", "535 5.7.8 no %s for you" % "login")),
    "later": ({}, ("AUTH", "454 4.7.0 later")),
    "nonsense": ({}, ("AUTH", "334 not base64!")),
    "hangs up": ({}, ("AUTH", b"")),
    "mechanism": ({"auth": "scram-sha-256"}, None),
    "unknown mechanism": ({"auth": "x-y"}, None),
    "refused mail": ({}, ("MAIL", "550 5.7.1 no")),
    "nobody there": ({"host": "127.0.0.1", "port": "closed"}, None),
    "no such host": ({"host": "nothing.invalid"}, None),
    "tls": ({"tls": "implicit"}, None),
    "clear": ({"host": "127.0.0.1", "tls": "starttls"}, None),
    "proxy": ({"proxy": "socks5://me:%s@127.0.0.1:1" % SECRET}, None),
}
# Lines that are wrong in ways that a message could quote.
LINES = ("password = %s # x", "password = \"%s", "password = \"%s\" x", "passwort = %s", "password = a\npassword = %s",
         "password_file = %s", "password = x%s\\", "proxy = socks5://u:%s@", "password_command = echo %s; exit 3",
         "password = '%s' ; comment", "[pass%s", "user = u\npassword = %s\npassword_file = /x")


class SecretsTest(QueueCase):
    def clean(self, box, done):
        log = ""
        if os.path.exists(box.logfile):
            with open(box.logfile, encoding="utf-8", errors="replace") as file:
                log = file.read()
        for text in (done.stdout.decode(), done.stderr, log):
            for word in (SECRET, SECRET.encode().hex(), "czNjcjN0LVdvcnQ"):
                self.assertNotIn(word, text, str(done))

    def test_failures(self):
        for name, (keys, rule) in FAILURES.items():
            with self.subTest(name):
                server = self.server(users={"me": SECRET}, lenient=True)
                if rule:
                    server.on(*rule)
                box = self.sandbox(server)
                box.account(**{key: closed_port() if value == "closed" else value for key, value in keys.items()})
                box.account(timeout="1s")
                for words in (("-v",), ("-v", "-oem"), ("-bv",)):
                    self.clean(box, box.sendmail(*words, "bob@example.net", stdin=MESSAGE))
                self.clean(box, box.sendoff("config", "show"))
                self.clean(box, box.sendoff("check"))

    def test_broken_lines(self):
        for line in LINES:
            with self.subTest(line):
                box = self.sandbox()
                box.text = "[work]\nhost = 127.0.0.1\nport = 1\ntimeout = 3s\nuser = me\n" + line % SECRET + "\n"
                if "password" not in line:
                    box.text += "password = x\n"
                self.clean(box, box.sendmail("-v", "bob@example.net", stdin=MESSAGE))
                if "command" not in line:
                    self.clean(box, box.sendoff("config", "lint"))
                    self.clean(box, box.sendoff("config", "show"))

    def test_state_and_queue(self):
        server = self.server(users={"me": SECRET + "x"})
        box = self.queue_box(server)
        box.account(password=SECRET)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        names = glob.glob(box.queue + "/*") + glob.glob(box.file("state") + "/*")
        self.assertTrue(any("trouble" in name for name in names))
        for name in names:
            with open(name, "rb") as file:
                self.assertNotIn(SECRET.encode(), file.read(), name)

    def test_a_child_has_it_neither_in_its_environment_nor_in_its_words(self):
        server = self.server(users={"me": SECRET})
        box = self.sandbox(server)
        script = box.write("command", "#!/bin/sh\nenv > %s\ncat /proc/$$/cmdline /proc/$PPID/cmdline >> %s\n"
                           "echo %s\n" % (box.file("seen"), box.file("seen"), SECRET), mode=0o755)
        box.account(password=None, password_command=script)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        with open(box.file("seen"), encoding="utf-8") as seen:
            self.assertNotIn(SECRET, seen.read())
