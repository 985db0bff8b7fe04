# SPDX-License-Identifier: ISC
"""Messages of several configuration files in one queue: each goes by its own."""

import os

from queued import QueueCase, message


class OriginsTest(QueueCase):
    def setUp(self):
        self.smtp = self.server()
        self.box = self.queue_box(self.smtp)
        self.files = {}
        folder = os.path.join(self.box.home, ".config", "sendoff")
        os.makedirs(folder)
        for name, path in (("usual", os.path.join(folder, "sendoff.ini")), ("one", self.box.file("one.ini")),
                           ("two", self.box.file("two.ini"))):
            self.box.account(**{"from": name + "@example.org"})
            self.files[name] = path
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.box.configuration().replace("[work]", "[%s]" % name))

    def run_it(self, name, *words, stdin=""):
        """With that file: the usual one, or as $SENDOFF_CONFIG says."""
        return self.box.run("sendmail", *words, stdin=stdin,
                            env={"SENDOFF_CONFIG": None if name == "usual" else self.files[name]})

    def fill(self):
        for name in ("usual", "usual", "one", "one", "two"):
            self.assertExit(self.run_it(name, "-odq", "bob@example.net", stdin=message(name)), 0)

    def senders(self):
        return sorted(m.sender.split("@")[0] for m in self.smtp.messages)

    def test_a_run_sends_each_by_its_own(self):
        for name in self.files:
            with self.subTest(name):
                self.smtp.messages.clear()
                self.fill()
                self.assertExit(self.run_it(name, "-q"), 0)
                self.assertEqual(self.senders(), ["one", "one", "two", "usual", "usual"])

    def test_a_list_knows_its_own_senders_and_no_others(self):
        self.fill()
        for name, count in (("usual", 2), ("one", 2), ("two", 1)):
            with self.subTest(name):
                done = self.run_it(name, "-bp")
                self.assertNotIn(b"is gone", done.stdout, str(done))
                self.assertEqual((done.stdout.count(name.encode() + b"@"), done.stdout.count(b"  ?")), (count, 5 - count), str(done))
        self.assertExit(self.run_it("two", "-qStwo@"), 0)
        self.assertEqual(self.senders(), ["two"])

    def test_a_file_that_is_gone_or_broken_leaves_its_messages_waiting(self):
        self.fill()
        os.rename(self.files["one"], self.files["one"] + ".kept")
        self.assertExit(self.run_it("two", "-q"), 0)
        with open(self.files["one"], "w", encoding="utf-8") as file:
            file.write("nonsense")
        os.chmod(self.files["one"], 0o600)
        self.assertExit(self.run_it("two", "-q"), 0)
        self.assertEqual(self.senders(), ["two", "usual", "usual"])
        with open(self.box.logfile, encoding="utf-8") as log:
            text = log.read()
        self.assertIn("messages wait: %s: No such file" % self.files["one"], text)
        self.assertIn("messages wait: %s:1: " % self.files["one"], text)
        os.rename(self.files["one"] + ".kept", self.files["one"])
        self.assertExit(self.run_it("usual", "-q"), 0)
        self.assertEqual(self.senders(), ["one", "one", "two", "usual", "usual"])
