# SPDX-License-Identifier: ISC
"""What may lie in the queue's directory, and what people do with it."""

import os
import re
import stat
import subprocess
import time
import unittest

from peak import peak_of
from queued import QueueCase, message
from sandbox import SANITIZERS


class Hostile(QueueCase):
    def test_the_others_go_out(self):
        server = self.server()
        box = self.queue_box(server, postmaster="master@example.com")
        good = [self.keep(box, word) for word in "abc"]
        self.damage(box, good[1])
        self.litter(box)
        self.run_all(box)
        bodies = sorted(m.data.split(b"body ")[1] for m in server.messages if m.sender)
        self.assertEqual(bodies, [b"a\r\n", b"c\r\n"])
        report, = [m for m in server.take(3) if not m.sender]
        self.assertEqual(report.to, ["master@example.com"])
        self.assertIn(good[1].encode(), report.data)
        entry, = self.listed(box)
        self.assertTrue(entry["held"])
        self.assertIn("checksum", entry["last_error"])
        held, = [line for line in box.log() if line.get("status") == "held"]
        self.assertEqual((held["id"], held["reply"]), (good[1], entry["last_error"]))
        self.assertEqual(sorted(os.listdir(os.path.join(box.queue, "corrupt"))),
                         ["0" * 21 + ".msg", "README", "directory", "fifo.msg", "passwd"])
        self.run_all(box)
        self.assertEqual(server.messages, [])
        self.assertExit(box.sendoff("queue", "release", good[1]), 65, "damaged")
        self.assertExit(box.sendoff("queue", "remove", good[1]), 0)
        self.assertEqual(self.listed(box), [])
        self.assertEqual(self.files(box), ["corrupt"])

    def damage(self, box, name):
        path = os.path.join(box.queue, name + ".msg")
        with open(path, "r+b") as file:
            file.write(b"B")

    def litter(self, box):
        os.mkfifo(os.path.join(box.queue, "fifo.msg"))
        os.mkdir(os.path.join(box.queue, "directory"))
        os.symlink("/etc/passwd", os.path.join(box.queue, "passwd"))
        os.symlink("/etc/passwd", os.path.join(box.queue, "0" * 21 + ".msg"))
        with open(os.path.join(box.queue, "README"), "w") as file:
            file.write("To: spam@example.net\n\nspam\n")

    def test_cut_anywhere_nothing_crashes_and_nothing_is_sent(self):
        server = self.server()
        box = self.queue_box(server)
        name = self.keep(box, "a")
        path = os.path.join(box.queue, name + ".msg")
        with open(path, "rb") as file:
            whole = file.read()
        for length in range(0, len(whole), 7):
            with open(path, "wb") as file:
                file.write(whole[:length])
            self.assertTrue(self.listed(box)[0]["held"])
        self.run_all(box)
        self.assertEqual([m.sender for m in server.messages], [""])
        with open(path, "wb") as file:
            file.write(whole)
        self.run_all(box)
        self.assertEqual(len([m for m in server.messages if m.sender]), 1)

    def test_a_directory_that_others_may_write_to(self):
        box = self.queue_box()
        os.chmod(box.queue, 0o777)
        done = box.sendmail("-odq", "a@example.net", stdin=message("x"))
        self.assertExit(done, 73, "others may write")

    def test_a_missing_directory_is_made_below_home(self):
        box = self.queue_box()
        where = os.path.join(box.home, "a", "b", "queue")
        box.set(queue_dir=where)
        os.chown(box.home, os.getuid(), -1)
        self.assertExit(box.sendmail("-odq", "a@example.net", stdin=message("x")), 0)
        for path in (where, os.path.dirname(where)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        message_file, = [n for n in os.listdir(where) if n.endswith(".msg")]
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(where, message_file)).st_mode), 0o600)

    def test_of_a_directory_elsewhere_root_makes_the_last_part(self):
        box = self.queue_box(queue_dir="/nonexistent/queue")
        self.assertExit(box.sendmail("-odq", "a@example.net", stdin=message("x")), 73)
        if os.getuid() != 0:
            self.skipTest("needs root")
        where = box.file("spool")
        box.set(queue_dir=where)
        self.assertExit(box.sendmail("-odq", "a@example.net", stdin=message("x")), 0)
        self.assertIn(stat.S_IMODE(os.stat(where).st_mode), (0o700, 0o2770))

    @unittest.skipIf(os.getuid(), "needs root")
    def test_a_users_is_made_where_xdg_state_home_says(self):
        box = self.queue_box(queue_dir=None)
        state = box.file("state-home")
        os.mkdir(state)
        done = box.sendmail("-odq", "a@example.net", stdin=message("x"), uid=65534,
                            env={"XDG_STATE_HOME": state})
        self.assertExit(done, 0)
        for path in ("sendoff", "sendoff/queue"):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(state, path)).st_mode), 0o700)

    @unittest.skipIf(os.getuid(), "needs root")
    def test_of_a_users_elsewhere_the_last_part_is_made(self):
        box = self.queue_box(queue_dir=None)
        for where, status in ((box.file("spool"), 0), (box.file("missing/spool"), 73)):
            box.set(queue_dir=where)
            self.assertExit(box.sendmail("-odq", "a@example.net", stdin=message("x"), uid=65534), status)
            self.assertEqual(os.path.exists(where), status == 0)

    def test_without_a_queue_directory_mail_still_goes_out(self):
        server = self.server()
        box = self.queue_box(server, queue_dir="/nonexistent/queue")
        self.assertExit(box.sendmail("-f", "a@example.org", "a@example.net", stdin=message("x")), 0)
        self.assertEqual(len(server.messages), 1)
        self.offline(box)
        self.assertExit(box.sendmail("-f", "a@example.org", "a@example.net", stdin=message("x")), 73)

    def test_queue_max(self):
        box = self.queue_box(queue_max="1K")
        self.keep(box, "a")
        done = box.sendmail("-odq", "a@example.net", stdin=message("x" * 600))
        self.assertExit(done, 75, "queue_max")
        self.assertEqual(len(self.files(box)), 1)

    def test_queue_max_of_small_messages(self):
        box = self.queue_box(queue_max="64K")
        for number in range(1007):
            box.write("queue/%021d.msg" % number, b"")
        self.keep(box, "a")
        self.assertExit(box.sendmail("-odq", "a@example.net", stdin=message("b")), 75, "queue_max")


class People(QueueCase):
    def test_list_and_show(self):
        box = self.queue_box()
        name = self.keep(box, "a", *("r%d@example.net" % i for i in range(8)))
        self.keep(box, "b", "x" * 200 + "@example.net")
        self.run_all(box)
        done = box.run("mailq")
        self.assertEqual(done.status, 0)
        lines = done.stdout.decode().splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertTrue(lines[1].startswith(name))
        self.assertIn("      and 3 more", lines)
        self.assertRegex(lines[-1], r"^-- 2 messages, [0-9.]+ (B|KiB)$")
        ages = re.compile(rb" +\d+[smh]\b")  # a second may have passed
        for same in (box.sendmail("-bp"), box.sendoff("queue")):
            self.assertEqual(ages.sub(b"", same.stdout), ages.sub(b"", done.stdout))
        shown = box.sendoff("queue", "show", name).stdout.decode()
        self.assertIn("Subject: hello a\n", shown)
        self.assertIn("recipient (left): r0@example.net", shown)
        self.assertTrue(shown.endswith("\n\nbody a\n"))

    def shown(self, box, lines):
        """What `queue show` prints of a message of so many lines, and its peak memory in KiB."""
        text = message("a") + "0123456789" * 7 + "\n"
        self.assertExit(box.sendmail("-odq", "b@example.net", stdin=text + ("x" * 70 + "\n") * lines), 0)
        name = self.listed(box)[-1]["id"]
        small = {"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":quarantine_size_mb=1"}
        with open(box.file("shown"), "wb") as file:
            peak = peak_of([box.file("bin", "sendoff"), "queue", "show", name], box.environment(small), stdout=file)
        with open(box.file("shown"), "rb") as file:
            return file.read(), peak

    def test_a_large_message_is_shown_piece_by_piece(self):
        box = self.queue_box()
        (_, small), (text, large) = self.shown(box, 10), self.shown(box, 500_000)
        self.assertEqual(text.count(b"x" * 70 + b"\n"), 500_000)
        self.assertLess(large, small + 8192)

    def test_some_of_the_list(self):
        """As Sendmail has it; a sender that the account supplies is found as it is shown."""
        server = self.server()
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odq", "bob@example.net", stdin=message("a")), 0)
        self.assertExit(box.sendmail("-odq", "-f", "me@example.com", "ann@example.net", stdin=message("b")), 0)
        first, second = (e["id"] for e in self.listed(box))
        for words, shown in ((["-qRbob"], [first]), (["-q!RBOB"], [second]), (["-qSalice@"], [first]),
                             (["-qS@example"], [first, second]), (["-qI" + second], [second]), (["-qRnobody"], []),
                             (["-qRann", "-qSalice"], []), (["-q"], [first, second])):
            for program in (["mailq"], ["sendmail", "-bp"]):
                with self.subTest(words=words, program=program):
                    lines = box.run(*program, *words).stdout.decode().splitlines()
                    self.assertEqual([line.split()[0] for line in lines if line[:1] == "1"], shown)
                    self.assertRegex(lines[-1], "^-- %d messages, " % len(shown))
        self.assertExit(box.sendmail("-qSalice@"), 0)
        self.assertEqual([m.to for m in server.messages], [["bob@example.net"]])

    def test_a_broken_configuration_is_named(self):
        box = self.queue_box()
        self.keep(box, "a")
        box.set(queeu="yes")
        self.assertExit(box.run("mailq"), 78, "sendoff.ini", "queeu")

    def test_json_has_its_keys(self):
        box = self.queue_box()
        self.keep(box, "a")
        entry, = self.listed(box)
        self.assertEqual(list(entry), ["id", "account", "uid", "size", "queued_at", "sender", "recipients",
                                       "attempts", "next_try", "last_error", "held"])
        self.assertEqual(entry["uid"], os.getuid())

    def test_hold_release_remove(self):
        server = self.server()
        box = self.queue_box(server)
        first, second = self.keep(box, "a"), self.keep(box, "b")
        self.assertExit(box.sendoff("queue", "hold", first), 0)
        self.assertEqual([e["held"] for e in self.listed(box)], [True, False])
        self.assertRegex(box.run("mailq").stdout.decode(), r"(?m)^%s .* held  " % first)
        self.run_all(box)
        self.assertEqual(len(server.messages), 1)
        self.assertExit(box.sendoff("queue", "release", first), 0)
        self.run_all(box)
        self.assertEqual(len(server.messages), 2)
        self.assertExit(box.sendoff("queue", "remove", second), 64, "no message")
        third, fourth = self.keep(box, "c"), self.keep(box, "d")
        self.assertExit(box.sendoff("queue", "remove", third, fourth), 0)
        self.assertEqual(self.files(box), [])

    def test_wrong_words(self):
        box = self.queue_box()
        for words in (("what",), ("list", "x"), ("show",), ("show", "a", "b"), ("remove",), ("hold", "../x"),
                      ("run", "--every"), ("run", "--every", "x")):
            with self.subTest(words):
                self.assertExit(box.sendoff("queue", *words), 64)

    def test_empty(self):
        box = self.queue_box()
        self.assertEqual(box.run("mailq").stdout, b"Mail queue is empty\n")
        self.assertEqual(box.sendoff("queue", "--json").stdout, b"")
        os.rmdir(box.queue)
        self.assertEqual(box.run("mailq").stdout, b"Mail queue is empty\n")
        self.assertExit(box.sendmail("-q"), 0)

    def test_a_queue_that_nobody_runs(self):
        box = self.queue_box(retry_min="10s")
        name = self.keep(box, "a")
        os.utime(os.path.join(box.queue, name + ".msg"), (1, 1))
        self.assertEqual(box.run("mailq").stderr, "")
        self.run_all(box)
        self.assertEqual(self.listed(box)[0]["attempts"], 1)
        box.set(retry_min="1s")
        os.utime(os.path.join(box.queue, ".last-run"), (1, 1))
        for _ in range(400):
            done = box.run("mailq")
            if done.stderr:
                break
            time.sleep(0.05)
        self.assertIn("messages are due, but the queue was not run", done.stderr)
        self.assertIn("hint: ", done.stderr)

    def test_control_characters_stay_harmless(self):
        box = self.queue_box()
        address = "a\u009b\u2028\u202e@example.net"
        name = self.keep(box, "a\x1b[31m", address)
        for words in (("queue", "show", name), ("queue",), ("queue", "--json")):
            shown = box.sendoff(*words).stdout.decode()
            for character in "\x1b\x9b\u2028\u202e":
                self.assertNotIn(character, shown)
        self.assertEqual(self.listed(box)[0]["recipients"], [address])

    def test_users_see_their_own(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        box = self.queue_box()
        os.chmod(box.queue, 0o2770)
        self.keep(box, "root")
        os.chown(os.path.join(box.queue, self.files(box)[0]), 1234, -1)
        self.keep(box, "other")
        self.assertEqual([e["uid"] for e in self.listed(box)], [1234, 0])


class Origins(QueueCase):
    def test_a_message_goes_by_the_configuration_that_it_came_with(self):
        server = self.server()
        box = self.queue_box(server)
        self.keep(box, "one")
        other = box.write("other.ini", box.configuration().replace("[work]", "[elsewhere]"))
        self.assertExit(box.sendoff("queue", "run", "-C", other), 0)
        self.assertEqual(len(server.messages), 1)

    def test_an_account_that_is_gone_leaves_its_messages_waiting(self):
        server = self.server()
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odq", "bob@example.net", stdin=message("a")), 0)
        box.sections["other"] = box.sections.pop("work")
        self.assertExit(box.sendmail("-q"), 0)
        entry, = self.listed(box)
        self.assertEqual((entry["sender"], entry["last_error"]), (None, "the account 'work' is gone"))
        self.assertRegex(box.run("mailq").stdout.decode(), r"  \?\n +bob@example.net\n +\(the account 'work' is gone")
        self.assertEqual(server.messages, [])
        box.sections["work"] = box.sections.pop("other")
        self.assertExit(box.sendmail("-q"), 0)
        self.assertEqual([m.sender for m in server.messages], ["alice@example.org"])

    def test_roots_runner_reads_no_users_file(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        server = self.server()
        box = self.queue_box(server)
        os.chmod(box.queue, 0o2770)
        self.keep(box, "users")
        os.chown(os.path.join(box.queue, self.files(box)[0]), 54321, -1)
        self.keep(box, "roots")
        other = box.write("other.ini", box.configuration().replace("[work]", "[elsewhere]"))
        self.assertExit(box.sendoff("queue", "run", "-C", other), 0)
        self.assertEqual([m.data.split(b"body ")[1] for m in server.messages], [b"roots\r\n"])
        self.assertEqual(len(self.listed(box)), 1)

    def test_another_users_message_has_that_users_name(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        server = self.server()
        box = self.queue_box(server)
        box.account(**{"from": "%U@example.org"})
        os.chmod(box.queue, 0o2770)
        self.assertExit(box.sendmail("-odq", "b@example.net", stdin="Subject: x\n\nx\n"), 0)
        os.chown(os.path.join(box.queue, self.files(box)[0]), 54321, -1)
        self.run_all(box)
        m, = server.messages
        self.assertEqual(m.sender, "uid54321@example.org")


class Crowd(QueueCase):
    def test_eight_runners_and_fifty_submitters(self):
        server = self.server()
        box = self.queue_box(server)
        submitters = []
        box.run("mailq")  # the configuration is written; from here on it is only read

        def start(*words):
            return subprocess.Popen([box.file("bin", "sendmail"), *words], stdin=subprocess.PIPE,
                                    env=box.environment(None))

        for i in range(50):
            child = start("-odq" if i % 2 else "-odb", "-f", "alice@example.org", "bob@example.net")
            submitters.append((child, i))
        runners = [start("-q") for _ in range(4)]
        for child, i in submitters:
            child.stdin.write(message(str(i)).encode())
            child.stdin.close()
        runners += [start("-q") for _ in range(4)]
        for child, _ in submitters:
            self.assertEqual(child.wait(120), 0)
        for child in runners:
            child.stdin.close()
            self.assertEqual(child.wait(120), 0)
        self.run_all(box)
        self.assertTrue(server.wait_for(50))
        words = sorted(int(m.data.split(b"body ")[1]) for m in server.messages)
        self.assertEqual(words, list(range(50)))
        for _ in range(200):
            if not self.files(box):
                break
            self.run_all(box)
        self.assertEqual(self.files(box), [])


if __name__ == "__main__":
    unittest.main()
