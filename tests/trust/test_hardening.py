# SPDX-License-Identifier: ISC
"""What compiler and linker did for the program, where it is one that would be installed."""

import os
import subprocess
import unittest

import release

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hardening")


class HardeningTest(unittest.TestCase):
    def test_all_green(self):
        program = release.program()
        with open(program, "rb") as file:
            if b"__gcov_" in file.read():
                self.skipTest("the program counts coverage")
        done = subprocess.run([SCRIPT, program], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("missing", done.stdout)
