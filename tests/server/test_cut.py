# SPDX-License-Identifier: ISC
"""The connection ends behind each octet of what a server says; also inside TLS.

A sample of the places is tried; SENDOFF_SWEEP=all tries every one.
"""

import os
import socket
import threading
import unittest

from case import MESSAGE, Case
from smtpd import ALL_OFFERS

TO = ("-f", "alice@example.org", "bob@example.net")
SAMPLE = 40  # places in each session


class Cutter:
    """Passes a connection on to a port, but of what comes back only so many octets."""

    def __init__(self, port):
        self.port, self.left, self.passed = port, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.forth, args=(client, server), daemon=True).start()
            threading.Thread(target=self.back, args=(client, server), daemon=True).start()

    def forth(self, client, server):
        try:
            while octets := client.recv(65536):
                server.sendall(octets)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def back(self, client, server):
        try:
            while (self.left is None or self.left > 0) and (octets := server.recv(65536)):
                octets = octets[:self.left]
                client.sendall(octets)
                self.passed += len(octets)
                self.left = None if self.left is None else self.left - len(octets)
        except OSError:
            pass
        for sock in (client, server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def close(self):
        self.listener.close()


class CutTest(Case):
    def cut_everywhere(self, **options):
        server = self.server(lenient=True, **options)
        cutter = Cutter(server.port)
        self.addCleanup(cutter.close)
        box = self.sandbox(server, port=cutter.own_port, tls_resume="no")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 0)
        length = cutter.passed
        step = 1 if os.environ.get("SENDOFF_SWEEP") == "all" else max(1, length // SAMPLE)
        taken = 0
        for place in range(0, length, step):
            with self.subTest(place):
                taken += self.cut_at(box, server, cutter, place)
        print("%s: %d octets, cut at %d places, %d times behind the last answer" % (
            self.id().rsplit(".", 1)[1], length, len(range(0, length, step)), taken))

    def cut_at(self, box, server, cutter, place):
        server.messages.clear()
        cutter.left = place
        done = box.sendmail(*TO, stdin=MESSAGE)
        self.assertIn(done.status, (0, 75, 76), str(done))
        if done.status == 0:
            self.assertEqual(len(server.messages), 1, "success, and the mail is lost")
        else:
            self.assertTrue(done.stderr, "a failure without a word")
        server.settle()
        if done.status and server.messages:
            self.assertIn("twice", done.stderr)
        return done.status == 0

    def test_plain(self):
        self.cut_everywhere(offers=ALL_OFFERS - {"PIPELINING", "CHUNKING"})

    def test_pipelined(self):
        self.cut_everywhere(offers=ALL_OFFERS - {"CHUNKING"})

    def test_chunking_and_login(self):
        self.cut_everywhere(offers=ALL_OFFERS, users={"me": "secret"})

    def test_starttls(self):
        self.cut_everywhere(offers=ALL_OFFERS, users={"me": "secret"}, tls="starttls")

    def test_implicit_tls(self):
        self.cut_everywhere(offers=ALL_OFFERS, tls="implicit")


if __name__ == "__main__":
    unittest.main()
