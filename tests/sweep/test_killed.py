# SPDX-License-Identifier: ISC
"""Killed once at each system call, the promise holds.

A sample of the points is tried; SENDOFF_SWEEP=all tries every one, SENDOFF_SWEEP=100 about so many
of each scenario.
"""

import unittest

from sweeping import SCENARIOS, Run, sampled
from traced import Traced

SAMPLE = 14  # points of each scenario


class Killed(Traced):
    def points(self, scenario):
        return sampled(self.calls(scenario), SAMPLE)

    def faulted(self, scenario, point):
        done = self.start(scenario, self.strace("-e", "inject=%s:signal=KILL:when=%d" % point))
        if done is None:
            return None
        status = None if done.returncode in (-9, 137) else done.returncode
        was_killed = any("+++ killed by SIGKILL" in text for _, text in self.trace())
        return Run(status, done.stdout, done.stderr, was_killed)

    def test_killed_at_each_call(self):
        self.sweep("killed at a system call", SCENARIOS)


if __name__ == "__main__":
    unittest.main()
