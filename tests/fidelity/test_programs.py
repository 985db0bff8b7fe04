# SPDX-License-Identifier: ISC
"""What the programs make that call sendmail arrives, whatever the server offers."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import programs  # noqa: E402
import compare  # noqa: E402
from judge import OFFERS, Fidelity  # noqa: E402


def expected(data, changes):
    """What a reader must see.  Each change is one that happens."""
    for old, new in changes:
        if old not in data:
            raise AssertionError("no %r in the sample" % old)
        data = data.replace(old, new, 1)
    return compare.canonical(data)


def without_added_from(wanted, got):
    """Who has no From gets one from whoever runs the tests."""
    if "from" in dict(wanted[0]):
        return got
    return [field for field in got[0] if field[0] != "from"], got[1]


class ProgramsTest(Fidelity):
    def arrives(self, offers):
        server, box = self.road(offers)
        box.account(from_override="no")
        for name, words, data, changes in programs.SAMPLES:
            with self.subTest(name):
                done = box.sendmail(*words, "-f", "alice@example.org", "bob@example.net", stdin=data)
                self.assertExit(done, 0)
                message, = server.take()
                self.assertEqual(compare.wire_faults(message.data, offers), [])
                wanted = compare.digest(expected(data, changes))
                self.assertEqual(compare.difference(wanted, without_added_from(wanted, compare.digest(message.data))), "")


for offered in OFFERS:
    name = "test_server_offers_" + ("_".join(offered).lower() or "nothing")
    setattr(ProgramsTest, name, lambda self, offers=offered: self.arrives(offers))
