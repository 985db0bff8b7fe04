# SPDX-License-Identifier: ISC
"""Signals after the input has ended: TERM and HUP keep the message, INT gives it up."""

import signal
import subprocess
import time

from queued import QueueCase, message
from smtpactions import STALL

STEPS = ("greeting", "EHLO", "RCPT", ".")
# Through which offers the content goes does not matter here: by DATA, each step is seen.
OFFERS = {"PIPELINING", "8BITMIME"}


class SignalTest(QueueCase):
    def stopped(self, step, number, *more, **keys):
        """The program, stopped while the server is silent at that step."""
        server = self.server(lenient=True, offers=OFFERS)
        server.on(step, STALL)
        box = self.queue_box(server, **keys)
        box.account(timeout="50s")
        box.write("aliases", "pipe: |/bin/cat\n")
        child = box.start("sendmail", "bob@example.net", *more, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write(message("one").encode())
        child.stdin.close()
        child.stdin = None
        self.reached(server, step)
        child.send_signal(number)
        return box, box.finish(child, timeout=30)

    def reached(self, server, step):
        """Waits until the server was told what it does not answer."""
        wanted = {"greeting": 0, "EHLO": 1, "RCPT": 3}
        for _ in range(200):
            commands = [verb for c in server.connections for verb in c.verbs()]
            if step == "." and "DATA" in commands or \
                    step in wanted and server.connections and len(commands) >= wanted[step]:
                time.sleep(0.3)
                return
            time.sleep(0.05)
        self.fail("the step %s was not reached" % step)

    def test_term_and_hup_keep_it(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            for step in STEPS:
                with self.subTest(step, signal=number):
                    box, done = self.stopped(step, number)
                    self.assertExit(done, 0)
                    self.assertEqual([e["recipients"] for e in self.listed(box)], [["bob@example.net"]])

    def test_without_a_queue_it_is_a_temporary_failure(self):
        for step in STEPS:
            with self.subTest(step):
                box, done = self.stopped(step, signal.SIGTERM, queue="no")
                self.assertExit(done, 75, "stopped by a signal")
                self.assertEqual(self.files(box), [])

    def test_int_gives_it_up(self):
        for step in STEPS:
            with self.subTest(step):
                box, done = self.stopped(step, signal.SIGINT)
                self.assertExit(done, 75)
                self.assertEqual(self.files(box), [])

    def test_int_makes_no_report_either(self):
        box, done = self.stopped("greeting", signal.SIGINT, "pipe")
        self.assertExit(done, 67, "names a command", "stopped by a signal")
        self.assertEqual(self.files(box), [])
