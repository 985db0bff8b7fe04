# SPDX-License-Identifier: ISC
"""When the program confines itself, when it does not, and that nothing is missing then."""

import os
import re
import tempfile
import threading
import unittest

from case import MESSAGE
from queued import QueueCase, closed_port

COMMAND = {"password": None, "password_command": "echo x >> %s; echo pw"}


def confined(pid):
    with open("/proc/%d/status" % pid, encoding="utf-8") as status:
        return re.search(r"^NoNewPrivs:\s+1$", status.read(), re.M) is not None


def has_landlock():
    try:
        with open("/sys/kernel/security/lsm", encoding="utf-8") as names:
            return "landlock" in names.read()
    except OSError:
        import ctypes
        return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 2


@unittest.skipUnless(has_landlock(), "no Landlock in this kernel")
class SandboxTest(QueueCase):
    def setUp(self):
        self.smtp = self.server(users={"me": "pw"})
        self.seen, self.pid, self.started = [], None, threading.Event()
        self.smtp.on("MAIL", self.look)

    def look(self, session):
        """An action for the server: is its client confined?"""
        self.started.wait(20)
        self.seen.append(confined(self.pid))

    def run_it(self, box, program, *words, stdin=MESSAGE):
        self.seen.clear()
        self.started.clear()
        child = box.start(program, *words, stdin=-1, stdout=-1, stderr=-1)
        self.pid = child.pid
        self.started.set()
        return box.finish(child, stdin.encode())

    def box(self, **keys):
        box = self.queue_box(self.smtp)
        box.account(**{k: v % box.file("ran") if v and "%s" in v else v for k, v in keys.items()})
        return box

    def test_when_it_confines_itself(self):
        trust = {"tls_trust": "/etc/ssl/certs/ca-certificates.crt"}
        for name, keys, more, setting, wanted in (
                ("as usual", {}, {}, {}, True),
                ("with a file to trust", trust, {}, {}, True),
                ("with a command, after it", COMMAND, {}, {}, True),
                ("switched off", {}, {}, {"sandbox": "off"}, False),
                ("Kerberos", {"auth": "plain gssapi"}, {}, {}, False),
                ("a token", {"tls_cert": "pkcs11:object=x", "tls_key": "pkcs11:object=x"}, {}, {}, False),
                ("a fallback without a command", {"fallback": "b"}, {"host": "x.example"}, {}, True),
                ("a fallback with a command", {"fallback": "b"},
                 {"host": "x.example", "user": "u", "password_command": "echo x"}, {}, False),
                ("another account with a command", {},
                 {"host": "x.example", "user": "u", "password_command": "echo x"}, {}, True)):
            with self.subTest(name):
                box = self.box(**keys)
                box.set(account="work", **setting)
                if more:
                    box.account("b", **more)
                self.assertExit(self.run_it(box, "sendmail", "bob@example.net"), 0)
                self.assertEqual(self.seen, [wanted])

    def test_queue_runs(self):
        for more, wanted in (((), True), (("--account", "work"), True)):
            box = self.box()
            self.keep(box)
            self.keep(box)
            self.assertExit(self.run_it(box, "sendoff", "queue", "run", "--all", *more), 0)
            self.assertEqual(self.seen, [wanted] * 2)
            self.assertEqual(self.files(box), [])
        box = self.box()
        box.account("b", host="x.example", user="u", password_command="echo x")
        box.set(account="work")
        self.keep(box)
        self.assertExit(self.run_it(box, "sendmail", "-q"), 0)
        self.assertEqual(self.seen, [False])

    def test_bs_is_not_confined(self):
        done = self.run_it(self.box(), "sendmail", "-bs", stdin="EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\n"
                           "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
        self.assertIn(b"250 Ok: queued as", done.stdout)
        self.assertEqual(self.seen, [False])

    def test_a_command_is_run_once_and_a_second_login_has_its_word(self):
        box = self.box(**COMMAND)
        self.smtp.on("BDAT", "502 5.5.1 no", times=1)
        self.assertExit(self.run_it(box, "sendmail", "bob@example.net"), 0)
        self.assertEqual(len(self.smtp.connections), 2)
        with open(box.file("ran"), encoding="utf-8") as ran:
            self.assertEqual(ran.read(), "x\n")

    def test_what_has_to_be_made_is_made(self):
        """Queue, state and log that are not there yet, in a home of one's own."""
        box = self.box()
        home = box.home
        box.set(queue_dir="~/.local/state/sendoff/queue", state_dir="~/.local/state/sendoff/state", log="~/log")
        box.account(port=closed_port(), timeout="5s")
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertEqual(len(os.listdir(home + "/.local/state/sendoff/queue")), 2)
        self.assertTrue(os.path.getsize(home + "/log"))
        box.account(server=self.smtp, password="wrong")
        self.started.set()
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertIn("trouble-work", os.listdir(home + "/.local/state/sendoff/state"))

    def test_a_report_finds_the_lists_that_an_alias_includes(self):
        box = self.box()
        self.smtp.on("RCPT", "550 5.1.1 nobody", match="gone@")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # of /tmp everything may be read
            for name, text in (("outer", ":include:%s/inner\n" % folder), ("inner", "carol@example.com\n")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
                os.chmod(file.name, 0o600)
            box.set(aliases=box.write("aliases", "me: :include:%s/outer\n" % folder))
            self.assertExit(self.run_it(box, "sendmail", "-oee", "-f", "me", "gone@example.net"), 0)
            self.assertExit(box.sendmail("-odq", "-f", "me", "gone@example.net", stdin=MESSAGE), 0)
            self.assertExit(self.run_it(box, "sendmail", "-q"), 0)
        self.assertEqual([m.to for m in self.smtp.messages], [["carol@example.com"]] * 2)
        self.assertEqual(set(self.seen), {True})

    def test_a_large_message_is_queued_from_its_spool(self):
        box = self.box()
        self.smtp.on(".", "451 4.3.0 later")
        self.smtp.on("BDAT", "451 4.3.0 later")
        self.assertExit(self.run_it(box, "sendmail", "bob@example.net", stdin=MESSAGE + "text\n" * 600000), 0)
        self.assertEqual(self.seen, [True])
        self.assertEqual(len(self.files(box)), 2)
