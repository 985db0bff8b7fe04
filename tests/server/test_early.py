# SPDX-License-Identifier: ISC
"""Early pipelining with Exim, which offers PIPECONNECT (pipeconnect = auto)."""

import threading

import servers
from case import MESSAGE, Case
from smtpd import ALL_OFFERS, CLOSE


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


class ChangedMindTest(Case):
    """What was remembered of a server does not hold any more: once more, without it."""

    # What the server does to the one that speaks early: a rule, or PIPECONNECT is gone for good.
    CHANGES = {
        "offers it no more": None,
        "refuses": ("greeting", ["554 5.5.0 SMTP synchronization error", CLOSE]),
        "hangs up": ("greeting", CLOSE),
        "is busy": ("greeting", "421 4.3.2 busy"),
        "knows no EHLO": ("EHLO", "502 5.5.1 no"),
        "hangs up at EHLO": ("EHLO", CLOSE),
    }

    def send(self, box, connections):
        before = len(self.smtp.connections)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertEqual(len(self.smtp.take()), 1)
        self.assertEqual(len(self.smtp.connections) - before, connections)

    def test_each(self):
        for tls in ("off", "starttls", "implicit"):
            for users in (None, {"me": "pw"}):
                for name, rule in self.CHANGES.items():
                    with self.subTest(name, tls=tls, users=users):
                        self.smtp = self.server(tls=tls, users=users, offers=[*ALL_OFFERS, "PIPECONNECT"], lenient=True)
                        box = self.sandbox(self.smtp, pipeconnect="auto")
                        self.send(box, 1)
                        if rule:
                            self.smtp.on(*rule, times=1)
                        else:
                            del self.smtp.offers["PIPECONNECT"]
                        self.send(box, 2)
                        self.send(box, 1)

    def test_several_had_remembered_it(self):
        self.smtp = self.server(offers=[*ALL_OFFERS, "PIPECONNECT"], lenient=True)
        box = self.sandbox(self.smtp, pipeconnect="auto")
        together = threading.Barrier(2, timeout=60)
        self.smtp.on("MAIL", lambda session: [together.wait(), None][1], times=2)
        children = [box.start("sendmail", "bob@example.net", stdin=-1, stdout=-1, stderr=-1) for _ in range(2)]
        for child in children:
            child.stdin.write(MESSAGE.encode())
            child.stdin.close()
            child.stdin = None
        for child in children:
            self.assertExit(box.finish(child), 0)
        self.smtp.take(2)
        del self.smtp.offers["PIPECONNECT"]
        for _ in range(2):
            self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
