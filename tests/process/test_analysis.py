# SPDX-License-Identifier: ISC
"""Static analysis finds nothing that is not explained: see tests/analyze.  clang-tidy, which takes
as long as all other tests together, only with SENDOFF_ANALYZE=all."""

import os
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ["cppcheck", "gcc"] + ["clang-tidy"] * (os.environ.get("SENDOFF_ANALYZE") == "all")


class AnalysisTest(unittest.TestCase):
    def test_findings(self):
        tools = [tool for tool in TOOLS if shutil.which(tool)]
        done = subprocess.run([os.path.join(TOP, "tests", "analyze"), *tools], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for tool in tools:
            self.assertRegex(done.stdout, r"(?m)^%s: 0 findings in [1-9][0-9]+ files$" % tool)
        if tools != TOOLS:
            self.skipTest("the rest is clean; not installed: " + ", ".join(set(TOOLS) - set(tools)))
