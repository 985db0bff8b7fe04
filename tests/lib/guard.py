#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs a command that starts processes and makes files, and cleans up after it however it ends.

usage: guard.py COMMAND…

The command gets a temporary folder of its own, $TMPDIR, which goes with all that is in it.  What
it started and did not wait for becomes a child of the guard, and is killed in the end.  If a
command that succeeded left something of either kind, that is listed and the exit status is 1.
SIGINT, SIGTERM, SIGHUP and the death of the guard's parent end the command and what it started.
"""

import contextlib
import ctypes
import glob
import os
import shutil
import signal
import sys
import tempfile
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 10  # seconds for processes that have been told to end


def has_children():
    """Waits for those that have ended; says whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def children():
    """{pid: command line} of this process's children, without those that one that ends bequeaths
    in the meantime."""
    found = {}
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/stat", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
            with open(folder + "/cmdline", errors="replace") as file:
                words = file.read().replace("\0", " ").strip()
        except OSError:  # it ended
            continue
        if int(parent) == os.getpid() and state != "Z":
            found[int(os.path.basename(folder))] = words
    return found


def run(command):
    """The command's exit status; in the meantime waits for orphans, as init does."""
    child = os.posix_spawnp(command[0], command, os.environ)
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def remains(folder):
    """What still runs, and what lies in the folder."""
    deadline = time.monotonic() + PATIENCE
    while has_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    paths = [os.path.join(place, name) for place, folders, files in os.walk(folder)
             for name in folders + files]
    return ["still running: %d %s" % item for item in children().items()] + \
        ["not removed: %s" % path for path in sorted(paths)[:50]]


def end_children():
    """Also those that become children as their parent is killed."""
    deadline = time.monotonic() + PATIENCE
    while has_children() and time.monotonic() < deadline:
        for pid in children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def main(command):
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    for number in SIGNALS:
        if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    folder = tempfile.mkdtemp(prefix="sendoff-")
    try:
        os.chmod(folder, 0o1777)  # tests run as several users
        os.environ["TMPDIR"] = folder
        status = run(command)
        left = remains(folder) if status == 0 else []
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        end_children()
        shutil.rmtree(folder, ignore_errors=True)
    print(*left, sep="\n", end="\n" if left else "", flush=True)
    return status or bool(left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
