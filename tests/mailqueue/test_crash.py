# SPDX-License-Identifier: ISC
"""Killed at any system call, or refused any file operation, the queue keeps its promise.

strace does the killing and refusing.  A sample of the points is tried; SENDOFF_SWEEP=all tries
every one.  Each test prints how many points it tried and how many messages came twice: only
those may that the server had taken and whose removal was not yet durable.
"""

import collections
import os
import re
import shutil
import subprocess
import unittest

from queued import QueueCase, message

BORING = ("mmap", "munmap", "brk", "getpid", "ioctl", "rt_sigaction", "rt_sigprocmask", "madvise", "futex",
          "mprotect", "exit_group", "getrandom", "sigaltstack", "clock_gettime", "uname", "getuid", "geteuid")
SAMPLE = 12  # points of each scenario, unless SENDOFF_SWEEP=all
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EMFILE", "ENFILE", "EINTR")
CALLS = ("openat", "write", "pwrite64", "fsync", "linkat", "fchmod", "rename", "renameat",
         "fstat", "newfstatat", "read", "pread64", "flock", "unlink", "unlinkat", "ftruncate")


def strace_works():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def word_of(m):
    return m.data.rsplit(b"body ", 1)[1].split(b"\r\n")[0].decode()


@unittest.skipUnless(strace_works(), "needs strace")
class Crash(QueueCase):
    def traced(self, box, rules, words, stdin):
        """Runs sendmail under strace; the status, or None when it was killed."""
        box.write("sendoff.ini", box.configuration())
        env = box.environment(None)
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        env["LSAN_OPTIONS"] = "detect_leaks=0"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", box.file("trace"), *rules, box.file("bin", "sendmail"), *words],
            input=stdin.encode(), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
            check=False)
        self.assertNotIn(done.returncode, (99, 134, 139), done.stderr.decode())
        return None if done.returncode in (-9, 137) else done.returncode

    def points(self, box, words, stdin):
        """Each call of the first process once it has its configuration: (name, how many of that name)."""
        self.traced(box, [], words, stdin)
        with open(box.file("trace"), encoding="utf-8", errors="replace") as file:
            lines = [line.split(None, 1) for line in file]
        seen, points, started = collections.Counter(), [], False
        for pid, text in lines:
            name = re.match(r"(\w+)\(", text)
            if pid != lines[0][0] or not name:
                continue
            seen[name[1]] += 1
            started = started or "sendoff.ini" in text
            if started and name[1] not in BORING:
                points.append((name[1], seen[name[1]]))
        if os.environ.get("SENDOFF_SWEEP") == "all":
            return points
        return points[::max(1, len(points) // SAMPLE)]

    def kill(self, box, point, words, stdin=""):
        return self.traced(box, ["-e", "inject=%s:signal=KILL:when=%d" % point], words, stdin)

    def recover(self, box):
        """The queue is readable, nothing is locked, and a few runs empty it."""
        self.listed(box)
        for _ in range(3):
            self.run_all(box)
        self.assertEqual([n for n in self.files(box) if n.endswith(".msg")], [])

    def sweep(self, prepare, words, stdin, check):
        server = self.server(lenient=True)
        box = self.queue_box(server)
        prepare(box, server)
        points = self.points(box, words, stdin)
        twice = killed = 0
        for n in points:
            with self.subTest(point=n):
                for name in self.files(box):
                    os.unlink(os.path.join(box.queue, name))
                server.messages.clear()
                server.rules.clear()
                prepare(box, server)
                status = self.kill(box, n, words, stdin)
                killed += status is None
                server.rules.clear()
                gone = set(self.kept) - set(self.files(box))
                before = [word_of(m) for m in server.messages if m.sender]
                self.recover(box)
                got = [word_of(m) for m in server.messages if m.sender]
                check(status, got, server)
                twice += len(got) - len(set(got))
                for name in gone:  # its removal was durable, or it was gone all the same
                    again = got[len(before):] if self.kept[name] in before else []
                    self.assertNotIn(self.kept[name], again)
        self.assertGreater(killed, len(points) // 2)
        print("%s: %d points, %d came twice" % (self.id().rsplit(".", 1)[1], len(points), twice))

    kept = {}

    def put(self, box, *words):
        self.kept = {}
        for word in words:
            name = self.keep(box, word, "bob@example.net", "gone@example.net")
            self.kept[name + ".msg"] = word

    def test_keep(self):
        def check(status, got, _):
            self.assertLessEqual(len(got), 1)
            if status == 0:
                self.assertEqual(got, ["x"])

        self.sweep(lambda box, server: None, ("-odq", "-f", "alice@example.org", "bob@example.net"),
                   message("x"), check)

    def test_keep_after_a_refusal_for_now(self):
        def check(status, got, _):
            self.assertLessEqual(len(got), 1)
            if status == 0:
                self.assertEqual(got, ["x"])

        def prepare(_, server):
            server.on("RCPT", "450 4.2.1 later")

        self.sweep(prepare, ("-f", "alice@example.org", "bob@example.net"), message("x"), check)

    def test_background(self):
        def check(status, got, _):
            if status == 0:
                self.assertIn("x", got)

        self.sweep(lambda box, server: None, ("-odb", "-f", "alice@example.org", "bob@example.net"),
                   message("x"), check)

    def test_run_of_three(self):
        def check(_, got, __):
            self.assertEqual(set(got), set("abc"))

        self.sweep(lambda box, server: self.put(box, *"abc"), ("-q",), "", check)

    def test_state_update(self):
        def prepare(box, server):
            self.put(box, "a")
            server.on("RCPT", "450 4.2.1 later")

        def check(_, got, __):
            self.assertEqual(got, ["a"])

        self.sweep(prepare, ("-q",), "", check)

    def test_bounce(self):
        def prepare(box, server):
            self.put(box, "a")
            server.on("RCPT", "550 5.1.1 nobody", match="gone@")

        def check(_, got, server):
            reached = {r for m in server.messages if m.sender for r in m.to}
            bounces = [m for m in server.messages if not m.sender]
            self.assertIn("bob@example.net", reached)
            # Told, or sent to after all by the run that followed: the server had changed its mind.
            self.assertTrue(bounces or "gone@example.net" in reached)

        self.sweep(prepare, ("-q",), "", check)


@unittest.skipUnless(strace_works(), "needs strace")
class Refused(Crash):
    """Every file operation failing once: exit 0 keeps the promise, any other exit has kept nothing."""

    def faults(self, box, words):
        self.traced(box, [], words, message("x"))
        with open(box.file("trace"), encoding="utf-8", errors="replace") as file:
            text = file.read()
        first = text.split(None, 1)[0]
        found = []
        for call in CALLS:
            lines = re.findall(r"^%s +%s\((.*)" % (first, call), text, re.MULTILINE)
            for n, arguments in enumerate(lines, 1):
                if call not in ("openat", "newfstatat", "read") or box.path in arguments or '"."' in arguments:
                    found += [(call, n, error) for error in ERRORS]
        if os.environ.get("SENDOFF_SWEEP") == "all":
            return found
        step = max(1, len(found) // (2 * SAMPLE))
        return found[::step + (1 - step) % len(ERRORS)]  # each with the next error

    def check_faults(self, online, words, refuses=False):
        server = self.server(lenient=True)
        box = self.queue_box(server if online else None)
        if refuses:
            server.on("RCPT", "450 4.2.1 later")
        faults = self.faults(box, words)
        self.online(box, server)
        for call, n, error in faults:
            with self.subTest(call=call, n=n, error=error):
                for name in self.files(box):
                    os.unlink(os.path.join(box.queue, name))
                server.messages.clear()
                server.rules.clear()
                if refuses:
                    server.on("RCPT", "450 4.2.1 later")
                if not online:
                    self.offline(box)
                status = self.traced(box, ["-e", "inject=%s:error=%s:when=%d" % (call, error, n)],
                                     words, message("x"))
                self.online(box, server)
                server.rules.clear()
                if status != 0:
                    self.assertEqual([f for f in self.files(box) if not f.endswith(".new")], [])
                self.recover(box)
                self.assertEqual([word_of(m) for m in server.messages], ["x"] if status == 0 else [])
        print("%s: %d faults" % (self.id().rsplit(".", 1)[1], len(faults)))

    SUBMIT = ("-f", "alice@example.org", "bob@example.net")

    def test_queue_only(self):
        self.check_faults(True, ("-odq",) + self.SUBMIT)

    def test_offline(self):
        self.check_faults(False, self.SUBMIT)

    def test_refused_for_now(self):
        self.check_faults(True, self.SUBMIT, refuses=True)

    def test_a_queue_that_is_made_is_there_after_a_power_failure(self):
        """A new directory's name is durable when its parent was synced."""
        box = self.queue_box()
        box.set(queue_dir="~/a/b/queue", state_dir="~/a/state")
        self.assertEqual(self.traced(box, ["-y", "-e", "trace=mkdir,mkdirat,fsync"], ("-odq",) + self.SUBMIT,
                                     message("x")), 0)
        with open(box.file("trace"), encoding="utf-8") as file:
            calls = file.read()
        made = re.findall(r'mkdir\("([^"]*)", \w+\) += 0', calls)
        self.assertEqual(made[-1], box.home + "/a/b/queue")
        for path in made:
            synced = r'mkdir\("%s", \w+\) += 0\n.*fsync\(\d+<%s>\) += 0' % (path, os.path.dirname(path))
            self.assertIsNotNone(re.search(synced, calls, re.DOTALL), path + "\n" + calls)

    def test_a_background_that_cannot_begin(self):
        """What would have gone on is no second copy of the caller's own process."""
        server = self.server(lenient=True)
        box = self.queue_box(server)
        self.keep(box, "due")
        for call in ("chdir", "setsid", "dup2"):
            with self.subTest(call):
                server.on("RCPT", "450 4.2.1 later", match="later@")
                self.assertEqual(self.traced(box, ["-e", "inject=%s:error=EACCES" % call],
                                             (*self.SUBMIT, "later@example.net"), message(call)), 0)
                self.assertEqual(len([n for n in self.files(box) if n.endswith(".state")]), 1)
                server.rules.clear()
                self.recover(box)
                self.assertEqual(sorted(word_of(m) for m in server.messages), sorted(["due", call, call]))
                server.messages.clear()
                self.keep(box, "due")

    # The kills are Crash's.
    test_keep = test_keep_after_a_refusal_for_now = test_background = None
    test_run_of_three = test_state_update = test_bounce = None


if __name__ == "__main__":
    unittest.main()
