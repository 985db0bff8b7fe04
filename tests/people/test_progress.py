# SPDX-License-Identifier: ISC
"""What only a terminal is shown: the bar of a large message, colours, why a message waits."""

import os
import pty
import re
import select
import time

from case import Case
from queued import closed_port
from smtpd import Pause

LARGE = "Subject: large\n\n" + ("x" * 70 + "\n") * 60000


class Progress(Case):
    def run_on_terminal(self, box, program, *words, stdin, env=None):
        """What a person sees on stderr, and the exit status."""
        master, terminal = pty.openpty()
        message = box.write("message", stdin)
        with open(message, "rb") as source:
            child = box.start(program, *words, stdin=source, stdout=terminal, stderr=terminal, env=env)
        os.close(terminal)
        seen, deadline = b"", time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                octets = os.read(master, 65536)
            except OSError:
                break  # EIO: nobody has the terminal open any more
            if not octets:
                break
            seen += octets
        os.close(master)
        return seen.decode(), child.wait(60)

    def test_verbose_on_a_terminal(self):
        box = self.sandbox(self.server())
        seen, status = self.run_on_terminal(box, "sendmail", "-v", "bob@example.net", stdin=LARGE)
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, r"\r\[#* *\] +\d+%  \S+ \S+ of 4\.\d MiB")
        self.assertRegex(seen, r"100%")
        self.assertNotRegex(re.split("100%", seen)[-1], r"\[#")
        self.assertIn("\r\033[K", seen)  # the bar goes away

    def test_small_messages_have_none(self):
        box = self.sandbox(self.server())
        seen, status = self.run_on_terminal(box, "sendmail", "-v", "bob@example.net", stdin="Subject: small\n\nx\n")
        self.assertEqual(status, 0, seen)
        self.assertNotIn("%  ", seen)

    def test_never_elsewhere(self):
        box = self.sandbox(self.server())
        done = box.sendmail("-v", "bob@example.net", stdin=LARGE)
        self.assertEqual(done.status, 0, str(done))
        self.assertNotRegex(done.stderr, r"\[#|\r|\033")
        self.assertExit(box.sendoff("send", "bob@example.net", stdin=LARGE), 0)

    def test_without_v_only_when_it_takes_long(self):
        server = self.server()
        box = self.sandbox(server)
        seen, status = self.run_on_terminal(box, "sendmail", "bob@example.net", stdin=LARGE)
        self.assertEqual((status, seen), (0, ""))
        server.on("MAIL", [Pause(2.5), None])
        seen, status = self.run_on_terminal(box, "sendmail", "bob@example.net", stdin=LARGE)
        self.assertEqual((status, seen), (0, ""))
        seen, status = self.run_on_terminal(box, "sendoff", "send", "bob@example.net", stdin=LARGE)
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, r"\r\[#* *\] +\d+%")

    def test_marks_of_check_have_colours_unless_unwanted(self):
        box = self.sandbox(self.server())
        seen, status = self.run_on_terminal(box, "sendoff", "check", stdin="")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, "(?m)^\033\\[32m\u2713\033\\[0m greeting +\\d+ ms  220 ")
        seen, _ = self.run_on_terminal(box, "sendoff", "check", stdin="", env={"NO_COLOR": "1"})
        self.assertRegex(seen, r"(?m)^ok   greeting +\d+ ms  220 ")
        self.assertNotIn("\033", seen)

    def test_queue_run(self):
        server = self.server()
        box = self.sandbox(server)
        box.set(queue="yes", queue_dir=box.file("queue"))
        self.assertExit(box.sendmail("-odq", "bob@example.net", stdin=LARGE), 0)
        server.on("MAIL", [Pause(2.5), None])
        seen, status = self.run_on_terminal(box, "sendoff", "queue", "run", "--all", stdin="")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, r"\r\[#* *\] +\d+%")
        self.assertEqual(len(server.take()), 1)

    def test_why_a_message_waits(self):
        box = self.sandbox(host="127.0.0.1", port=closed_port(), tls="off", auth="none")
        box.set(queue="yes", queue_dir=box.file("queue"))
        seen, status = self.run_on_terminal(box, "sendmail", "bob@example.net", stdin="Subject: x\n\nx\n")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, r"^sendmail: work: queued as \w+: 127\.0\.0\.1:\d+: [^\n]+\r\n$")
        seen, status = self.run_on_terminal(box, "sendmail", "-odq", "bob@example.net", stdin="Subject: x\n\nx\n")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, r"^sendmail: work: queued as \w+\r\n$")
        seen, status = self.run_on_terminal(box, "sendmail", "-oeq", "bob@example.net", stdin="Subject: x\n\nx\n")
        self.assertEqual((seen, status), ("", 0))
