# SPDX-License-Identifier: ISC
"""contrib/try, the first command of the README, ends with the message on the screen."""

import os
import subprocess
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class TryTest(unittest.TestCase):
    def test_shows_the_delivered_message(self):
        done = subprocess.run([os.path.join(TOP, "contrib", "try")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=600, check=False)
        shown = done.stdout.decode()
        self.assertEqual(done.returncode, 0, shown)
        self.assertIn("Subject: hi", shown)
        self.assertIn("auth PLAIN", shown)
        self.assertNotIn("correct horse", shown)
        self.assertTrue(shown.endswith("The message was delivered over STARTTLS and AUTH.\n"), shown)
