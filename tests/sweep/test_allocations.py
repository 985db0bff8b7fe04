# SPDX-License-Identifier: ISC
"""Each allocation fails once; no read or write moves more than a few octets; the promise holds.

A sample of the allocations is tried; SENDOFF_SWEEP=all tries every one, SENDOFF_SWEEP=100 about so
many of each scenario.
"""

import re
import unittest

import release
from sweeping import SCENARIOS, Run, Sweep, sampled

WAITED_FOR = [s for s in SCENARIOS if s.waited_for]
SAMPLE = 14  # points of each scenario


class Preloaded(Sweep):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = release.library("sweep/faults.c", "faults.so")

    def preloaded(self, scenario, **env):
        return self.start(scenario, env={"LD_PRELOAD": self.library, **env})


class Allocations(Preloaded):
    """Points are the numbers of allocations."""

    SANDBOX = "off"  # the count is written at the end

    def points(self, scenario):
        report = self.box.file("allocations")
        self.preloaded(scenario, FAULT_REPORT=report)
        with open(report) as file:
            return sampled(list(range(1, int(file.read()) + 1)), SAMPLE)

    def faulted(self, scenario, point):
        done = self.preloaded(scenario, FAULT_ALLOC=str(point))
        return done and Run(done.returncode, done.stdout, done.stderr)

    def is_library_crash(self, run):
        return re.search(rb"crashed in .*\.so", run.stderr) is not None

    def test_each_allocation_fails(self):
        self.sweep("an allocation fails", WAITED_FOR)


class Short(Preloaded):
    """Points are sizes: no read or write moves more octets at once."""

    def points(self, scenario):
        return [1, 3, 64]

    def faulted(self, scenario, point):
        done = self.preloaded(scenario, FAULT_SHORT=str(point))
        self.assertEqual(done and done.returncode, 0, done)
        return Run(done.returncode, done.stdout, done.stderr)

    def test_short_reads_and_writes(self):
        self.sweep("short reads and writes", WAITED_FOR)


if __name__ == "__main__":
    unittest.main()
