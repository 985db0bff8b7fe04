# SPDX-License-Identifier: ISC
"""What the sweeps and the fuzzers found in the program, each as a test of its own."""

import os
import subprocess
import unittest
import zlib

import release
from case import Case, MESSAGE
from queued import QueueCase


class Ended(QueueCase):
    def test_a_message_without_recipients_left_is_ended(self):
        """Its removal failed once: the next run crashed on its empty list of results."""
        server = self.server()
        box = self.queue_box(server)
        name = self.keep(box, "x")
        state = b"sendoff-state 1\nattempts 1\nnext 0\nflags 0 0 0 1\nrecipients 1\nrecipient 1\n"
        path = box.write(os.path.join("queue", name + ".state"), state + b"end %d\n" % zlib.crc32(state))
        self.assertTrue(os.path.exists(path))
        self.keep(box, "y")
        self.run_all(box)
        self.assertEqual(self.files(box), [])
        self.assertEqual(len(server.messages), 1)


@unittest.skipUnless(release.works("strace", "-qq", "-o", "/dev/null", "true"), "needs strace")
class Farewell(Case):
    def test_what_could_not_be_sent_does_not_go_out_when_tls_ends(self):
        """GnuTLS kept the record that failed and sent it with its close: accepted, and exit 75."""
        for number in range(1, 9):
            server = self.server(tls="implicit", lenient=True, users={"me": "secret"})
            box = self.sandbox(server)
            box.write("sendoff.ini", box.configuration())
            rule = "inject=sendmsg:error=ENOBUFS:when=%d" % number
            done = subprocess.run(
                ["strace", "-f", "-qq", "-o", box.file("trace"), "-e", rule, box.file("bin", "sendmail"), "-t"],
                input=MESSAGE.encode(), env=dict(box.environment(None), ASAN_OPTIONS="detect_leaks=0"),
                stderr=subprocess.PIPE, timeout=60, check=False)
            server.close()
            with self.subTest(number, stderr=done.stderr):
                self.assertEqual(len(server.messages), done.returncode == 0)


if __name__ == "__main__":
    unittest.main()
