# SPDX-License-Identifier: ISC
"""What the sweeps over system calls share: strace finds the calls, and makes one go wrong."""

import collections
import re
import unittest

import release
from sweeping import Sweep

# A fault in these has no meaning: they end the process, or cannot fail (futex: glibc aborts); memory
# has a sweep of its own.
NEVER = {"exit_group", "exit", "rt_sigreturn", "restart_syscall", "execve", "getpid", "getuid", "geteuid", "getgid",
         "getegid", "gettid", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "umask", "close", "brk",
         "mmap", "munmap", "mprotect", "madvise", "futex"}
# Where the loader is done and the program itself begins: its first call.
MAIN = re.compile(r"prctl\(PR_SET_DUMPABLE|fcntl\(0, F_GETFD\)|fcntl\(0, F_GETFL\)")


class Traced(Sweep):
    """Points are system calls, (name, how many of that name in its process), found by one run."""

    @classmethod
    def setUpClass(cls):
        if not release.works("strace", "-qq", "-o", "/dev/null", "true"):
            raise unittest.SkipTest("strace: not installed, or it may not trace here")
        super().setUpClass()

    def strace(self, *rules):
        return ("strace", "-f", "-qq", "-o", self.box.file("trace"), *rules)

    def trace(self):
        with open(self.box.file("trace"), encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n").split(None, 1) for line in file]

    def calls(self, scenario):
        """The calls of each process from main on, in order, each once."""
        self.start(scenario, self.strace())
        counts, loader, points, over = collections.Counter(), None, [], set()
        for pid, text in self.trace():
            call = re.match(r"(\w+)\(", text)
            if "CLONE_UNTRACED" in text:
                over.add(pid)  # the rest is covered.c's
            if not call or pid in over:
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
