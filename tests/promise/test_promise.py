# SPDX-License-Identifier: ISC
"""Exit 0, and 250 from -bs, mean that the server took it for every recipient or that it lies in the
queue: cases made by chance (trial.py) against servers that behave by chance (chaos.py).

SENDOFF_PROMISE=FIRST-LAST plays those seeds instead of a few; a failure names its seed.
"""

import os
import unittest

from promise import trial

SEEDS = (139, 222, *range(3))


def seeds():
    first, _, last = os.environ.get("SENDOFF_PROMISE", "").partition("-")
    return range(int(first), int(last or first) + 1) if first else SEEDS


class PromiseTest(unittest.TestCase):
    def keeps(self, hand_over):
        for seed in seeds():
            with self.subTest(seed=seed):
                trial.play(seed, hand_over)

    def test_of_the_command(self):
        self.keeps(trial.by_command)

    def test_of_the_queue(self):
        self.keeps(trial.by_queue)

    def test_of_bs(self):
        self.keeps(trial.by_sessions)
