# SPDX-License-Identifier: ISC
"""The test case that most tests are: a sandbox, a server, a run, what came of it."""

import unittest

import certs
from sandbox import Sandbox
from smtpd import Server

MESSAGE = ("From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: hello\n"
           "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n\nhello\n")


class Case(unittest.TestCase):
    maxDiff = None

    def server(self, tls="off", kind="good", lenient=False, **options):
        """A test server until the end of the test; unless lenient the client keeps the rules."""
        if tls != "off":
            options.setdefault("context", certs.server_context(kind))
        server = Server(tls=tls, **options)
        if not lenient:
            self.addCleanup(lambda: self.assertEqual(server.settle(), []))
        self.addCleanup(server.close)
        return server

    def sandbox(self, server=None, **account):
        """A sandbox until the end of the test, with an account that leads to `server`."""
        box = Sandbox()
        self.addCleanup(box.close)
        if server is not None or account:
            box.account(server=server, **account)
        return box

    def assertExit(self, done, status, *texts):
        """The exit status, and texts that stderr must hold; after 0 it must hold nothing else."""
        self.assertEqual(done.status, status, str(done))
        for text in texts:
            self.assertIn(text, done.stderr, str(done))
        if status == 0 and not texts:
            self.assertEqual((done.stdout, done.stderr), (b"", ""), str(done))
        if status != 0:
            self.assertTrue(done.stderr, "a failure without a word: %s" % done)
