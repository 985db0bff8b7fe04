# SPDX-License-Identifier: ISC
"""Each system call fails, once or from then on, in each way that it may; the promise holds.

A sample of the points is tried, each with another error than the one before; SENDOFF_SWEEP=all
tries every point with every error, SENDOFF_SWEEP=100 about so many of each scenario.
"""

import collections
import unittest

from sweeping import SCENARIOS, WHOLE, Run, sampled
from traced import Traced

FILE = ("ENOSPC", "EIO", "EDQUOT", "EMFILE", "ENFILE", "EINTR")
FILE_CALLS = ("open", "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2",
              "link", "linkat")
# What a call may fail with; where a row is missing it is EIO.
ERRORS = {
    **dict.fromkeys(FILE_CALLS, FILE), "openat": (*FILE, "EACCES", "ENOENT"), "linkat": (*FILE, "EPERM"),
    "socket": ("EMFILE", "ENFILE", "ENOBUFS"), "dup2": ("EBADF", "EINTR"),
    "fork": ("EAGAIN",), "clone": ("EAGAIN", "ENOMEM"), "clone3": ("EAGAIN", "ENOMEM"), "vfork": ("EAGAIN",),
    "connect": ("ECONNREFUSED", "EINTR", "ENETUNREACH"), "recvfrom": ("ECONNRESET", "EINTR"),
    "sendto": ("EPIPE", "EINTR"), "sendmsg": ("EPIPE", "EINTR"), "recvmsg": ("ECONNRESET", "EINTR"),
    "poll": ("EINTR", "EINVAL"), "read": ("EIO", "EINTR"), "pread64": ("EIO", "EINTR"),
    "getrandom": ("EINTR", "ENOSYS"), "flock": ("ENOLCK", "EINTR"), "fchmod": ("EPERM", "EIO"),
    "unlink": ("EIO", "EROFS"), "unlinkat": ("EIO", "EROFS"), "ftruncate": ("EIO", "EINTR"),
    "getdents64": ("EIO",), "newfstatat": ("EACCES", "EIO"),
}
SAMPLE = 18  # points of each scenario


class Failing(Traced):
    RULE = "inject=%s:error=%s:when=%d"
    turns = collections.Counter()

    def points(self, scenario):
        """(name, number, error): with all errors, or in a sample with the next one of that call."""
        calls = self.calls(scenario)
        if WHOLE == "all":
            return [(*call, error) for call in calls for error in self.errors(call[0])]
        return [(*call, self.next_error(call[0])) for call in sampled(calls, SAMPLE)]

    def errors(self, name):
        return ERRORS.get(name, ("EIO",))

    def next_error(self, name):
        errors = self.errors(name)
        self.turns[name] += 1
        return errors[self.turns[name] % len(errors)]

    def faulted(self, scenario, point):
        done = self.start(scenario, self.strace("-e", self.RULE % (point[0], point[2], point[1])))
        return done and Run(done.returncode, done.stdout, done.stderr)

    def mutes(self, run):
        return any("(INJECTED)" in text and (text.startswith("write(2") or self.box.logfile in text)
                   for _, text in self.trace())

    def test_each_call_fails(self):
        self.sweep("a system call fails", SCENARIOS)


class FailingForGood(Failing):
    """A call that fails is not always the only one: no locks, no unnamed files, no room."""

    RULE = "inject=%s:error=%s:when=%d+"

    def errors(self, name):
        """An interruption is not for good."""
        return [error for error in super().errors(name) if error != "EINTR"]

    def mutes(self, run):
        """Where no write succeeds there is no log either."""
        return super().mutes(run) or any("(INJECTED)" in text and text.startswith("write(") for _, text in self.trace())

    test_each_call_fails = None

    def test_each_call_fails_from_then_on(self):
        self.sweep("a system call fails for good", SCENARIOS)


if __name__ == "__main__":
    unittest.main()
