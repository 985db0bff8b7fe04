# SPDX-License-Identifier: ISC
"""What tests of the queue share: a sandbox with a queue, offline or online."""

import json
import os
import socket

from case import Case

MESSAGE = ("From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: hello %s\n"
           "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <%s@example.org>\n\nbody %s\n")


def message(word):
    return MESSAGE % (word, word, word)


taken = []  # for the rest of this process, so that no other test's server gets one of these ports


def closed_port():
    """A loopback port where nobody listens."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    taken.append(sock)
    return sock.getsockname()[1]


class QueueCase(Case):
    def queue_box(self, server=None, **keys):
        """A sandbox whose account leads to server (None: nowhere), with a queue."""
        box = self.sandbox()
        box.queue = box.file("queue")
        os.mkdir(box.queue, 0o700)
        keys.setdefault("queue", "yes")
        keys.setdefault("queue_dir", box.queue)
        box.set(**keys)
        box.account(**{"from": "alice@example.org"})
        if server is None:
            self.offline(box)
        else:
            box.account(server=server)
        return box

    def offline(self, box):
        box.account(host="127.0.0.1", port=closed_port(), tls="off", auth="none", timeout="20s")

    def online(self, box, server):
        box.account(server=server)

    def listed(self, box, **options):
        """The queue as `sendoff queue list --json` has it."""
        done = box.sendoff("queue", "list", "--json", **options)
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def files(self, box):
        return sorted(n for n in os.listdir(box.queue) if not n.startswith("."))

    def keep(self, box, word="one", *recipients, options=("-odq",)):
        done = box.sendmail(*options, "-f", "alice@example.org", *(recipients or ("bob@example.net",)),
                            stdin=message(word))
        self.assertExit(done, 0)
        return self.listed(box)[-1]["id"]

    def run_all(self, box, *words):
        done = box.sendmail("-q", *words)
        self.assertExit(done, 0)
        return done
