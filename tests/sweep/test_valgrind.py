# SPDX-License-Identifier: ISC
"""A sample of the program's work under valgrind."""

import unittest

import release
from sweeping import SCENARIOS, Sweep


class Valgrind(Sweep):
    """Uninitialised values, which the sanitizers of the other tests do not see."""

    SANDBOX = "off"  # valgrind does not know the calls
    NAMES = ("interactive, TLS and login", "keep", "run of three", "bounce")

    @classmethod
    def setUpClass(cls):
        if not release.works("valgrind", "--version"):
            raise unittest.SkipTest("not installed: valgrind")
        super().setUpClass()

    def test_nothing_undefined_is_used(self):
        for scenario in SCENARIOS:
            if scenario.name in self.NAMES:
                with self.subTest(scenario=str(scenario)):
                    self.check(scenario)

    def check(self, scenario):
        self.world(scenario)
        self.box.account(timeout="60s")
        self.settings = dict(self.box.sections["work"])
        self.prepare(scenario)
        done = self.start(scenario, ("valgrind", "-q", "--error-exitcode=99", "--trace-children=no"))
        self.assertIsNotNone(done, "it hangs")
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
