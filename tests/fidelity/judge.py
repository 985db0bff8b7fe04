# SPDX-License-Identifier: ISC
"""Sends a message through the program to a server with given offers and judges what arrived."""

import compare
import corpus
from case import Case

OFFERS = ((), ("8BITMIME",), ("SMTPUTF8",), ("CHUNKING",))


class Fidelity(Case):
    def road(self, offers):
        """A server with these offers (and SIZE, which changes nothing) and a sandbox that leads there."""
        server = self.server(lenient=True, offers={"SIZE", "PIPELINING", *offers})
        return server, self.sandbox(server, auth="none")

    def judge(self, road, data, offers, flags=frozenset()):
        server, box = road
        done = box.sendmail("-i", "-f", "alice@example.org", "bob@example.net", stdin=data)
        self.assertExit(done, 0)
        arrived, = server.take()
        if corpus.SEALED not in flags:
            self.assertEqual(compare.wire_faults(arrived.data, offers), [])
        wanted = compare.digest(compare.canonical(data))
        self.assertEqual(compare.difference(wanted, compare.digest(arrived.data)), "")
