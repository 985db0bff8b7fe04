# SPDX-License-Identifier: ISC
"""What Postfix and Exim take and pass on says what was piped in."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import corpus  # noqa: E402
import messages  # noqa: E402
import servers  # noqa: E402
from receiver import Receiver  # noqa: E402

FIRST_SEED = 1000
SEEDS = 40  # for each way in
LONG_LINE = b"Subject: x\r\n\r\n" + b"x" * 999
BARE_LF = b"Subject: x\r\n\r\none\ntwo"


class ReceiverTest(Receiver):
    def send_all(self, real, port):
        way = self.way(real, port)
        for name, data, flags in corpus.CASES:
            if corpus.LONG not in flags:
                with self.subTest(name):
                    self.judge_at(way, data)

    def send_chance(self, real, port, first):
        way = self.way(real, port)
        for seed in range(first, first + SEEDS):
            with self.subTest(seed=seed):
                self.judge_at(way, messages.message(seed))

    def test_postfix(self):
        self.send_all(servers.postfix(), "off")

    def test_exim(self):
        self.send_all(servers.exim(), "off")

    def test_postfix_by_chance(self):
        self.send_chance(servers.postfix(), "starttls", FIRST_SEED)

    def test_postfix_that_rejects_bare_lf_by_chance(self):
        self.send_chance(servers.postfix(), "reject", FIRST_SEED + SEEDS)

    def test_postfix_that_normalizes_bare_lf_by_chance(self):
        self.send_chance(servers.postfix(), "normalize", FIRST_SEED + 2 * SEEDS)

    def test_exim_by_chance(self):
        self.send_chance(servers.exim(), "starttls", FIRST_SEED + 3 * SEEDS)

    def test_exim_without_chunking_by_chance(self):
        self.send_chance(servers.exim(), "data", FIRST_SEED + 4 * SEEDS)

    def test_that_these_servers_would_refuse(self):
        code, text = self.raw_content(servers.exim(), "data", LONG_LINE)
        self.assertEqual((code, b"999 octets" in text), (550, True), text)
        code, text = self.raw_content(servers.postfix(), "reject", BARE_LF)
        self.assertEqual((code, b"bare <LF>" in text), (550, True), text)
