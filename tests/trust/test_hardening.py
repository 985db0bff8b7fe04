# SPDX-License-Identifier: ISC
"""What compiler and linker did for the program, where it is one that would be installed."""

import os
import subprocess
import unittest

from sandbox import binary

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hardening")


def reason_not_to():
    with open(binary(), "rb") as file:
        content = file.read()
    return any(word in content for word in (b"__asan_init", b"__gcov_", b"__ubsan_"))


@unittest.skipIf(reason_not_to(), "built for tests")
class HardeningTest(unittest.TestCase):
    def test_all_green(self):
        done = subprocess.run([SCRIPT, binary()], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("missing", done.stdout)
