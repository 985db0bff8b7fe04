# SPDX-License-Identifier: ISC
"""Messages made by chance arrive as they were; a failure names the seed that makes it again."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import messages  # noqa: E402
from judge import OFFERS, Fidelity  # noqa: E402
  # noqa: E402
SEEDS = 60  # for each set of offers  # noqa: E402


class PropertyTest(Fidelity):
    def arrives(self, offers, first):
        road = self.road(offers)
        for seed in range(first, first + SEEDS):
            with self.subTest(seed=seed):
                self.judge(road, messages.message(seed), offers)


for number, offered in enumerate(OFFERS):
    name = "test_server_offers_" + ("_".join(offered).lower() or "nothing")
    setattr(PropertyTest, name, lambda self, offers=offered, first=number * SEEDS: self.arrives(offers, first))
