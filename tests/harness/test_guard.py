# SPDX-License-Identifier: ISC
"""The guard: nothing that a command starts or makes is there any more when it has ended."""

import os
import subprocess
import sys
import time
import unittest

import guard

GUARD = [sys.executable, "-c",
         "import sys, guard; guard.PATIENCE = 1; sys.exit(guard.main(sys.argv[1:]))"]
FOLDER = os.path.dirname(os.path.abspath(guard.__file__))
# A process in a session of its own that nobody waits for; its pid and the folder are printed.
LITTER = 'mkdir "$TMPDIR/litter"; setsid sleep 600 <&- >&- 2>&- & echo $! "$TMPDIR"\n'


class GuardTest(unittest.TestCase):
    def start(self, script, *before):
        return subprocess.Popen([*before, *GUARD, "sh", "-c", script], stdout=subprocess.PIPE,
                                text=True, env=dict(os.environ, PYTHONPATH=FOLDER))

    def assertGone(self, said):
        pid, folder = said.split()
        deadline = time.monotonic() + 20
        while os.path.exists("/proc/" + pid) or os.path.exists(folder):
            self.assertLess(time.monotonic(), deadline, "still there: %s" % said)
            time.sleep(0.02)

    def test_a_clean_command_is_as_without_it(self):
        child = self.start('touch "$TMPDIR/x"; rm "$TMPDIR/x"; true & echo done')
        self.assertEqual((child.communicate()[0], child.returncode), ("done\n", 0))
        child = self.start("exit 7")
        self.assertEqual((child.communicate()[0], child.returncode), ("", 7))

    def test_what_is_left_is_named_and_removed(self):
        child = self.start(LITTER)
        said, *left = child.communicate()[0].splitlines()
        pid, folder = said.split()
        self.assertEqual(left, ["still running: %s sleep 600" % pid,
                                "not removed: %s/litter" % folder])
        self.assertEqual(child.returncode, 1)
        self.assertGone(said)

    def test_signals(self):
        for number in guard.SIGNALS:
            with self.subTest(number):
                child = self.start(LITTER + "sleep 600")
                said = child.stdout.readline()
                child.send_signal(number)
                self.assertEqual((child.communicate()[0], child.returncode), ("", 128 + number))
                self.assertGone(said)

    def test_the_end_of_its_parent(self):
        child = self.start(LITTER + "sleep 600", "sh", "-c", '"$@"; true', "sh")
        said = child.stdout.readline()
        child.kill()
        child.communicate()
        self.assertGone(said)
