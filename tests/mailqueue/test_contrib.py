# SPDX-License-Identifier: ISC
"""What runs the queue when nobody calls: the files of contrib/queue."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from queued import QueueCase

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "queue")


def text(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


class Runners(QueueCase):
    def network_up(self, box, *words, **env):
        subprocess.run([os.path.join(FOLDER, "network-up"), *words], check=True,
                       env={**box.environment(None), "SENDOFF": box.file("bin", "sendoff"), **env})

    def test_a_network_that_comes_up_runs_the_queue(self):
        for words, env in ((("eth0", "up"), {}), ((), {"IFACE": "eth0", "MODE": "start"})):
            with self.subTest(words):
                server = self.server()
                box = self.queue_box(server)
                self.keep(box, "x")
                self.network_up(box, *words, **env)
                server.take()

    def test_other_events_do_not(self):
        for words, env in ((("eth0", "down"), {}), (("lo", "up"), {}), ((), {}), (("eth0", "pre-up"), {}),
                           (("none", "connectivity-change"), {"CONNECTIVITY_STATE": "PORTAL"})):
            with self.subTest(words):
                server = self.server()
                box = self.queue_box(server)
                self.keep(box, "x")
                self.network_up(box, *words, **env)
                self.run_all(box)
                self.assertEqual(len(server.connections), 1)

    def test_each_calls_a_command_that_there_is(self):
        box = self.queue_box(self.server())
        for name in ("sendoff-queue.service", "sendoff-queue-user.service", "cron.d", "README"):
            commands = re.findall(r"sendoff( queue run(?: --[a-z]+(?: \d+m)?)?)$", text(name), re.MULTILINE)
            self.assertTrue(commands, name)
            for command in commands:
                if "--every" not in command:
                    self.assertExit(box.sendoff(*command.split()), 0)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "not installed: systemd-analyze")
    def test_systemd_finds_no_mistake(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("sendoff-queue.service", "sendoff-queue.timer"):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text(name).replace("/usr/bin/sendoff", "/bin/true"))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(folder, "sendoff-queue.timer")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            problems = [line for line in done.stdout.decode().splitlines() if "sendoff" in line]
            self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
