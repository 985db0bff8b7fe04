# SPDX-License-Identifier: ISC
"""Every message of the corpus arrives, whatever the server offers."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import corpus  # noqa: E402
from judge import OFFERS, Fidelity  # noqa: E402


class CorpusTest(Fidelity):
    def arrives(self, offers):
        road = self.road(offers)
        for name, data, flags in corpus.CASES:
            with self.subTest(name):
                self.judge(road, data, offers, flags)

    def test_a_dry_run_prints_what_arrives(self):
        fixed = b"Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n"
        for offers in OFFERS:
            server, box = self.road(offers)
            words = ("-i", "-f", "alice@example.org", "bob@example.net")
            for name, data, _ in corpus.CASES[::7]:
                with self.subTest(name, offers=offers):
                    dry = box.sendoff("send", "--dry-run", "--offers", ",".join(offers), *words, stdin=fixed + data)
                    self.assertExit(box.sendmail(*words, stdin=fixed + data), 0)
                    envelope, _, content = dry.stdout.partition(b"\r\n\r\n")
                    self.assertIn(b"RCPT TO:<bob@example.net>", envelope)
                    self.assertTrue(content == server.take()[0].data, "they differ")

    def test_corpus_is_large_and_names_differ(self):
        self.assertGreaterEqual(len(corpus.CASES), 120)
        self.assertEqual(len({name for name, _, _ in corpus.CASES}), len(corpus.CASES))


for offered in OFFERS:
    name = "test_server_offers_" + ("_".join(offered).lower() or "nothing")
    setattr(CorpusTest, name, lambda self, offers=offered: self.arrives(offers))
