# SPDX-License-Identifier: ISC
"""What the sweeps and the fuzzers found in the program, each as a test of its own."""

import os
import unittest
import zlib

from queued import QueueCase


class Ended(QueueCase):
    def test_a_message_without_recipients_left_is_ended(self):
        """Its removal failed once: the next run crashed on its empty list of results."""
        server = self.server()
        box = self.queue_box(server)
        name = self.keep(box, "x")
        state = b"sendoff-state 1\nattempts 1\nnext 0\nflags 0 0 0 1\nrecipients 1\nrecipient 1\n"
        path = box.write(os.path.join("queue", name + ".state"), state + b"end %d\n" % zlib.crc32(state))
        self.assertTrue(os.path.exists(path))
        self.keep(box, "y")
        self.run_all(box)
        self.assertEqual(self.files(box), [])
        self.assertEqual(len(server.messages), 1)


if __name__ == "__main__":
    unittest.main()
