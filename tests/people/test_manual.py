# SPDX-License-Identifier: ISC
"""sendoff(1) in step with the program: diagnostics, commands, examples; and the README's quick start."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import diagnostics  # noqa: E402
from case import Case  # noqa: E402


def read(*names):
    with open(os.path.join(diagnostics.TOP, *names), encoding="utf-8") as file:
        return file.read()


class Manual(Case):
    def test_the_program_says_what_the_manual_explains(self):
        strings = diagnostics.program_strings()
        self.assertGreaterEqual(len(diagnostics.texts()), 40)
        for text in diagnostics.texts():
            for piece in diagnostics.PLACEHOLDER.split(text)[::2]:
                piece = piece.strip(": '<>")
                if len(piece) > 3:
                    self.assertIn(piece, strings, text)

    def test_every_command_and_option_is_described(self):
        page = read("doc", "sendoff.1")
        commands = self.sandbox().sendoff("--help").stdout.decode()
        for name in set(re.findall(r"^  sendoff (\w+)", commands, re.MULTILINE)):
            self.assertRegex(page, r"\.(It )?Cm %s\b" % name)
        for option in set(re.findall(r"--([a-z-]+)", commands)):
            self.assertRegex(page, r"Fl -%s\b" % option)

    def test_the_commands_of_the_examples_exist(self):
        commands = set(re.findall(r"^  sendoff (\w+)", self.sandbox().sendoff("--help").stdout.decode(), re.MULTILINE))
        for text in (read("doc", "sendoff.1"), read("README")):
            used = re.findall(r"(?m)^(?:\.Dl |    (?:\S+ )*)sendoff (\w+)", text)
            self.assertTrue(used)
            self.assertEqual(set(used) - commands, set())

    def test_mandoc_finds_no_fault(self):
        if not shutil.which("mandoc"):
            self.skipTest("not installed: mandoc")
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(diagnostics.TOP, "doc", "sendoff.1")],
                              stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stdout, "")


class QuickStart(Case):
    """The README's way from nothing to a sent message, in a fresh home."""

    def test_as_it_is_written(self):
        written = re.search(r"\nQuick start\n-+\n(.*?)\n\n\n", read("README"), re.DOTALL)[1]
        lines = re.findall(r"(?m)^    (.+)$", written)
        self.assertEqual(lines, ["sendoff setup", "echo 'Subject: it works' | sendmail me@example.org", "sendoff check",
                                 "sendoff setup -C /etc/sendoff/sendoff.ini", "make install-setgid"])
        server = self.server(users={"me@example.org": "correct horse"})
        box = self.sandbox()
        usual = {"SENDOFF_CONFIG": None, "PATH": box.file("bin") + ":/usr/bin:/bin"}
        answers = " --address me@example.org --host 127.0.0.1 --port %d --tls off" % server.port
        script = "set -e; printf 'correct horse\\n' | %s%s; %s; %s" % (lines[0], answers, lines[1], lines[2])
        done = subprocess.run(["sh", "-c", script], env=box.environment(usual), cwd=box.home,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
        message = server.take()[0]
        self.assertEqual((message.sender, message.to), ("me@example.org", ["me@example.org"]))
        self.assertIn(b"Subject: it works\r\n", message.data)
