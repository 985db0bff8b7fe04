# SPDX-License-Identifier: ISC
"""After a message got through, what the caller has waiting follows on the same connection."""

import os

from case import MESSAGE, Case


class FollowTest(Case):
    def waiting(self, box, count):
        box.set(queue="yes", queue_dir=box.file("queue"))
        for _ in range(count):
            self.assertExit(box.sendmail("-odq", "-t", stdin=MESSAGE), 0)

    def test_on_the_same_connection(self):
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        self.waiting(box, 3)
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
        self.assertEqual(len(server.take(4, 20)), 4)
        self.assertEqual(len(server.connections), 1)

    def test_not_for_others(self):
        """What belongs to somebody else stays for the runner."""
        server = self.server(users={"me@example.org": "pw"})
        box = self.sandbox(server)
        self.waiting(box, 1)
        queue = box.file("queue")
        for name in os.listdir(queue):
            os.chown(os.path.join(queue, name), 12345, -1)
        self.assertExit(box.sendmail("-t", stdin=MESSAGE), 0)
        self.assertEqual(len(server.take(1, 20)), 1)
        self.assertTrue(any(name.endswith(".msg") for name in os.listdir(queue)))
