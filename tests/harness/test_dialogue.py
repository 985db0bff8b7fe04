# SPDX-License-Identifier: ISC
"""The dialogue player and the sandbox, tried with a client that does as it is told."""

import os
import sys
import tempfile
import unittest
from unittest import mock

import dialogue
from sandbox import parse_log, quoted

# Speaks the lines of its standard input, waiting for a reply line before each.
CLIENT = """#!%s
import os, socket, sys
config = dict(l.split(" = ") for l in open(os.environ["SENDOFF_CONFIG"]).read().split("\\n")
              if " = " in l)
sock = socket.create_connection((config["host"], int(config["port"])))
replies = sock.makefile("rb")
for line in sys.stdin.buffer:
    if not replies.readline():
        sys.stderr.write("sendmail: closed\\n")
        sys.exit(75)
    sock.sendall(line.rstrip(b"\\n") + b"\\r\\n")
open(config["log"], "w").write('status=sent reply="250 \\\\"ok\\\\""\\n')
sys.exit(0)
""" % sys.executable

GOOD = """# a talk
args: -t
stdin: EHLO client.example
stdin: .a\\tb
S: 220 hello
C: EHLO client.example
S: 250 hello
C: .a(any)b
C: (eof)
exit: 0  log: status=sent
"""


class DialogueTest(unittest.TestCase):
    def play(self, text):
        with tempfile.TemporaryDirectory() as folder:
            client, script = os.path.join(folder, "client"), os.path.join(folder, "x.txt")
            with open(client, "w") as file:
                file.write(CLIENT)
            with open(script, "w") as file:
                file.write(text)
            os.chmod(client, 0o755)
            result = unittest.TestResult()
            with mock.patch.dict(os.environ, SENDOFF=client), \
                    mock.patch.object(dialogue, "PATIENCE", 5):
                dialogue.DialogueCase(script, "x").run(result)
        return "".join(text for _, text in result.failures + result.errors)

    def test_a_good_dialogue_passes(self):
        self.assertEqual(self.play(GOOD), "")

    def test_each_difference_fails(self):
        for old, new, why in (
                ("C: EHLO client.example", "C: EHLO other.example", "expected b'EHLO other"),
                ("C: .a(any)b\n", "", "the client said more"),
                ("C: .a(any)b", "C: .a(any)c", "expected"),
                ("C: (eof)", "C: QUIT", "closed the connection"),
                ("exit: 0", "exit: 75", "0 != 75"),
                ("status=sent", "status=failed", "'sent' != 'failed'"),
                ("exit: 0", "exit: 0  stderr: words", "not found")):
            with self.subTest(new):
                self.assertIn(old, GOOD)
                self.assertIn(why, self.play(GOOD.replace(old, new)))

    def test_closing_and_dripping(self):
        text = GOOD.replace("S: 250 hello\nC: .a(any)b\nC: (eof)", "S: (close)")
        self.assertEqual(self.play(text.replace("exit: 0  log: status=sent",
                                                "exit: 75  error: closed")), "")
        self.assertEqual(self.play(GOOD.replace("S: 250 hello", "S: (drip) 250")), "")

    def test_nonsense_is_refused(self):
        self.assertIn("not understood", self.play(GOOD.replace("args", "arguments")))
        self.assertIn("no exit: line", self.play("args: -t\n"))

    def test_octets(self):
        self.assertEqual(dialogue.octets(r"a\x00\r\\n", b"\n"), b"a\0\r\\n\n")
        self.assertEqual(dialogue.octets(r"a\c", b"\n"), b"a")


class SandboxTest(unittest.TestCase):
    def test_log_lines_are_parsed(self):
        self.assertEqual(parse_log(r'id=1 reply="250 \"ok\" \\" try=2 to='),
                         {"id": "1", "reply": '250 "ok" \\', "try": "2", "to": ""})

    def test_values_are_quoted_when_needed(self):
        for value, written in (("a b", "a b"), ("a#b", '"a#b"'), ('a"b', "'a\"b'"), ("", "")):
            self.assertEqual(quoted(value), written)
