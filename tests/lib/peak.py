# SPDX-License-Identifier: ISC
"""Peak memory of a process."""

import re
import subprocess
import sys
import threading

# A small program between us and the other: a child begins with the peak of what it was forked from.
BETWEEN = """
import os, sys
pid = os.fork()
if not pid:
    os.execve(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_of(argv, environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
    """Runs a program that must succeed: its peak in KiB, at least that of a bare Python."""
    done = subprocess.run([sys.executable, "-c", BETWEEN, *argv], stdin=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, env=environment)
    if done.returncode:
        raise AssertionError(done)
    return int(done.stderr.split()[-1])


class Peak(threading.Thread):
    """Watches a process's peak memory until it ends: no more than it had, perhaps less."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.highest = pid, 0
        self.start()

    def run(self):
        while True:
            try:
                with open("/proc/%d/status" % self.pid) as file:
                    found = re.search(r"VmHWM:\s+(\d+)", file.read())
            except OSError:
                return
            if not found:
                return
            self.highest = max(self.highest, int(found[1]))
            threading.Event().wait(0.01)

    def kib(self):
        self.join(10)
        return self.highest
