# SPDX-License-Identifier: ISC
"""Early pipelining with Exim, which offers PIPECONNECT (pipeconnect = auto)."""

import servers
from case import MESSAGE, Case


class Early(Case):
    def setUp(self):
        self.real = servers.exim()
        self.real.sink.messages.clear()

    def trace(self, box):
        """Sends a message; the dialogue as -v shows it, without what comes before EHLO's TLS."""
        done = box.sendmail("-v", "-i", "-f", "alice@example.org", "bob@example.net", stdin=MESSAGE)
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(self.real.one().to, ["bob@example.net"])
        return done.stderr

    def is_early(self, trace):
        return trace.index("> EHLO") < trace.index("< 220 ")

    def test_the_second_time_nothing_waits_for_the_greeting(self):
        box = self.sandbox(self.real.via("implicit"), pipeconnect="auto")
        self.assertFalse(self.is_early(self.trace(box)))
        for _ in range(2):
            self.assertTrue(self.is_early(self.trace(box)))

    def test_not_unless_asked_for(self):
        box = self.sandbox(self.real.via("implicit"))
        for _ in range(2):
            self.assertFalse(self.is_early(self.trace(box)))
