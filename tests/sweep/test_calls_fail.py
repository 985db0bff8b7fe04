# SPDX-License-Identifier: ISC
"""Each system call failing once and killed at once, each allocation failing once, the promise holds.

A sample of the points is tried; SENDOFF_SWEEP=all tries every one, SENDOFF_SWEEP=100 about so many
of each scenario.
"""

import collections
import re
import unittest

import release
from sweeping import SCENARIOS, WHOLE, Run, Sweep

# What a call may fail with, most likely first; where a row is missing it is EIO.
ERRORS = {
    "openat": ("EMFILE", "ENOSPC", "EACCES"), "open": ("EMFILE",), "socket": ("EMFILE",), "dup2": ("EBADF",),
    "write": ("ENOSPC", "EIO", "EDQUOT"), "pwrite64": ("ENOSPC", "EDQUOT", "EIO"), "fsync": ("EIO", "ENOSPC"),
    "fork": ("EAGAIN",), "clone": ("EAGAIN",),
    "clone3": ("EAGAIN",), "vfork": ("EAGAIN",), "connect": ("ECONNREFUSED", "EINTR"), "recvfrom": ("ECONNRESET", "EINTR"),
    "sendto": ("EPIPE", "EINTR"), "sendmsg": ("EPIPE",), "recvmsg": ("ECONNRESET",), "poll": ("EINTR", "EINVAL"),
    "read": ("EIO", "EINTR"), "getrandom": ("EINTR", "ENOSYS"), "linkat": ("EDQUOT", "EPERM", "ENOSPC"),
    "renameat": ("ENOSPC", "EIO"), "rename": ("EIO",), "flock": ("ENOLCK",), "fchmod": ("EPERM",),
    "unlinkat": ("EIO", "EROFS"), "ftruncate": ("EIO",), "getdents64": ("EIO",), "newfstatat": ("EACCES", "EIO"),
}
# A fault in these has no meaning: they end the process, or cannot fail; memory has a sweep of its own.
NEVER = {"exit_group", "exit", "rt_sigreturn", "restart_syscall", "execve", "getpid", "getuid", "geteuid", "getgid",
         "getegid", "gettid", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "umask", "close", "brk",
         "mmap", "munmap", "mprotect", "madvise"}
# Where the loader is done and the program itself begins: its first call.
MAIN = re.compile(r"prctl\(PR_SET_DUMPABLE|fcntl\(0, F_GETFD\)|fcntl\(0, F_GETFL\)")
# Those whose end is known without strace.
WAITED_FOR = [s for s in SCENARIOS if s.name != "background"]
SAMPLE = 14  # points of each scenario and kind


class Traced(Sweep):
    """Points are system calls, (name, how many of that name in its process), found by one run."""

    @classmethod
    def setUpClass(cls):
        if not release.works("strace", "-qq", "-o", "/dev/null", "true"):
            raise unittest.SkipTest("needs strace")
        super().setUpClass()

    def strace(self, *rules):
        return ("strace", "-f", "-qq", "-o", self.box.file("trace"), *rules)

    def trace(self):
        with open(self.box.file("trace"), encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n").split(None, 1) for line in file]

    def calls(self, scenario):
        """The calls of each process from main on, in order, each once."""
        self.start(scenario, self.strace())
        counts, loader, points = collections.Counter(), None, []
        for pid, text in self.trace():
            call = re.match(r"(\w+)\(", text)
            if not call:
                continue
            if MAIN.match(text):
                loader = loader or dict(counts)
            counts[pid, call[1]] += 1
            point = (call[1], counts[pid, call[1]])
            if loader is None:
                first = pid
            elif call[1] not in NEVER and point not in points and point[1] > loader.get((first, call[1]), 0):
                points.append(point)
        self.assertTrue(points, "no main in the trace")
        return points


class Failing(Traced):
    def points(self, scenario):
        errors = 3 if WHOLE else 1
        return [(name, n, error) for name, n in self.calls(scenario)
                for error in ERRORS.get(name, ("EIO",))[:errors]]

    def faulted(self, scenario, point):
        done = self.start(scenario, self.strace("-e", "inject=%s:error=%s:when=%d" % (point[0], point[2], point[1])))
        return done and Run(done.returncode, done.stdout, done.stderr)

    def mutes(self, run):
        return any("(INJECTED)" in text and text.startswith("write(2") for _, text in self.trace())

    def test_each_call_fails(self):
        self.sweep("a system call fails", SCENARIOS, SAMPLE)


class Killed(Traced):
    def points(self, scenario):
        return self.calls(scenario)

    def faulted(self, scenario, point):
        done = self.start(scenario, self.strace("-e", "inject=%s:signal=KILL:when=%d" % point))
        if done is None:
            return None
        status = None if done.returncode in (-9, 137) else done.returncode
        return Run(status, done.stdout, done.stderr)

    def test_killed_at_each_call(self):
        self.sweep("killed at a system call", SCENARIOS, SAMPLE)


class Allocations(Sweep):
    """Points are the numbers of allocations."""

    SANDBOX = "off"  # the count is written at the end

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = release.library("sweep/faults.c", "faults.so")

    def points(self, scenario):
        report = self.box.file("allocations")
        self.start(scenario, env={"LD_PRELOAD": self.library, "FAULT_REPORT": report})
        with open(report) as file:
            return list(range(1, int(file.read()) + 1))

    def faulted(self, scenario, point):
        done = self.start(scenario, env={"LD_PRELOAD": self.library, "FAULT_ALLOC": str(point)})
        return done and Run(done.returncode, done.stdout, done.stderr)

    def is_library_crash(self, run):
        where = re.search(rb"crashed in (.*)", run.stderr)
        return bool(where) and b".so" in where[1]

    def test_each_allocation_fails(self):
        self.sweep("an allocation fails", WAITED_FOR, SAMPLE)


class Short(Sweep):
    """Points are sizes: no read or write moves more octets at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = release.library("sweep/faults.c", "faults.so")

    def points(self, scenario):
        return [1, 3, 64]

    def faulted(self, scenario, point):
        done = self.start(scenario, env={"LD_PRELOAD": self.library, "FAULT_SHORT": str(point)})
        self.assertEqual(done and done.returncode, 0, done)
        return Run(done.returncode, done.stdout, done.stderr)

    def test_short_reads_and_writes(self):
        self.sweep("short reads and writes", WAITED_FOR, SAMPLE)


if __name__ == "__main__":
    unittest.main()
