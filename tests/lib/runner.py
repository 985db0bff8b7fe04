#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs the Python tests and the dialogue files in several processes.

usage: runner.py [-j N] [-v] [--check-logs DIR] [PATTERN…]

A pattern is a part of a test's name; without one all run.  Each worker process takes one file
after the other, so real servers (servers.py) start once per worker at most, and under a guard
(guard.py), so nothing is left however the run ends; what the tests themselves leave behind is a
failure.  The last line is
`N passed, N failed`, with `, N skipped` where there are skips; exit 1 if any failed.
"""

import argparse
import collections
import glob
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GUARD = os.path.join(TESTS, "lib", "guard.py")
sys.path.insert(0, os.path.join(TESTS, "lib"))
# Seconds that one file may take; whole sweeps, and many seeds, take hours.
PATIENCE = 6 * 3600 if os.environ.keys() & {"SENDOFF_SWEEP", "SENDOFF_PROMISE"} else 600


def jobs():
    """Files to run, those with real servers first: they take longest."""
    modules = sorted(glob.glob(os.path.join(TESTS, "**", "test_*.py"), recursive=True))
    dialogues = sorted(glob.glob(os.path.join(TESTS, "dialogue", "**", "*.txt"), recursive=True))
    modules.sort(key=lambda path: os.sep + "server" + os.sep not in path)
    return [os.path.relpath(path, TESTS) for path in modules + dialogues]


# The worker's side: a job per line on standard input, a JSON result per line on standard output.


class Recorder(unittest.TestResult):
    def __init__(self, emit):
        super().__init__()
        self.emit, self.begun = emit, 0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def say(self, test, status, detail=""):
        self.emit({"name": test.id(), "status": status, "detail": detail,
                   "seconds": time.monotonic() - self.begun})

    def addSuccess(self, test):
        self.say(test, "passed")

    def addFailure(self, test, err):
        self.say(test, "failed", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.say(subtest, "failed", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.say(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        self.say(test, "failed", "expected failures are not used here")

    addUnexpectedSuccess = addSuccess


def load(job):
    path = os.path.join(TESTS, job)
    if job.endswith(".txt"):
        from dialogue import DialogueCase
        return [DialogueCase(path, job)]
    name = job.removesuffix(".py").replace(os.sep, ".")
    found = []

    def flatten(suite):
        for test in suite:
            flatten(test) if isinstance(test, unittest.TestSuite) else found.append(test)
    flatten(unittest.defaultTestLoader.loadTestsFromName(name))
    return found


def run_job(job, patterns, emit):
    try:
        tests = load(job)
    except Exception:
        emit({"name": job, "status": "failed", "detail": traceback.format_exc()})
        return
    tests = [t for t in tests if not patterns or any(p in t.id() or p in job for p in patterns)]
    unittest.TestSuite(tests).run(Recorder(emit))


def worker(patterns):
    sys.path.insert(0, TESTS)
    # A shell that starts this in the background, or nohup, has them ignored, by all children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    threading.stack_size(1 << 20)  # hundreds of servers have to fit the memory of a 32-bit process
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a test prints is no result

    def emit(result):
        print(json.dumps(result), file=out, flush=True)
    for line in sys.stdin:
        run_job(line.strip(), patterns, emit)
        emit({"status": "done"})


# The parent's side.


class Parent:
    def __init__(self, args):
        self.args, self.lock = args, threading.Lock()
        self.queue = collections.deque(jobs())
        self.counts = collections.Counter()
        self.failures, self.skips = [], collections.Counter()

    def next_job(self):
        with self.lock:
            return self.queue.popleft() if self.queue else None

    def start_worker(self):
        return subprocess.Popen([sys.executable, GUARD, sys.executable, os.path.abspath(__file__),
                                 "--worker", *self.args.patterns], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)

    def drive(self):
        """One worker: gives it jobs until there are none; a worker that dies is replaced."""
        child = None
        while (job := self.next_job()) is not None:
            if child is None:
                child = self.start_worker()
            if not self.one(child, job):
                child = None
        if child:
            child.stdin.close()
            left = child.stdout.read()
            if child.wait():
                self.note({"name": "what the tests leave behind", "status": "failed",
                           "detail": left or "their process ended with %s" % child.returncode})

    def one(self, child, job):
        timer = threading.Timer(PATIENCE, child.terminate)
        timer.start()
        try:
            child.stdin.write(job + "\n")
            child.stdin.flush()
            for line in child.stdout:
                result = json.loads(line)
                if result["status"] == "done":
                    return True
                self.note(result)
        finally:
            timer.cancel()
        self.note({"name": job, "status": "failed",
                   "detail": "the test process ended with %s" % child.wait()})
        return False

    def note(self, result):
        with self.lock:
            self.counts[result["status"]] += 1
            if self.args.verbose or result["status"] == "failed":
                print("%s %s (%.1f s)" % (result["status"], result["name"],
                                          result.get("seconds", 0)), flush=True)
            if result["status"] == "failed":
                self.failures.append(result["name"])
                print("    " + result["detail"].rstrip().replace("\n", "\n    "), flush=True)
            elif result["status"] == "skipped":
                self.skips[result["detail"]] += 1

    def run(self):
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # the guards see that this process has ended
        threads = [threading.Thread(target=self.drive) for _ in range(self.args.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def close(self):
        """The closing lines; True if nothing failed."""
        if self.args.check_logs:
            self.counts.update(check_counts(self.args.check_logs, self.failures))
        for name in sorted(self.failures):
            print("FAILED %s" % name)
        for reason, count in self.skips.items():
            print("skipped (%d): %s" % (count, reason))
        line = "%d passed, %d failed" % (self.counts["passed"], self.counts["failed"])
        if self.counts["skipped"]:
            line += ", %d skipped" % self.counts["skipped"]
        print(line)
        return self.counts["failed"] == 0 and self.counts["passed"] > 0


def check_counts(folder, failures):
    """The results of `make check`: cmocka's cases where a log has them, else one a program."""
    counts = collections.Counter()
    results = glob.glob(os.path.join(folder, "**", "*.trs"), recursive=True)
    if not results:
        failures.append("make check: it left no results")
        counts["failed"] += 1
    for path in results:
        with open(path) as file:
            result = re.search(r":test-result: (\w+)", file.read())[1]
        with open(path.removesuffix(".trs") + ".log", errors="replace") as file:
            log = file.read()
        counts["passed"] += len(re.findall(r"^\[ +OK +\]", log, re.MULTILINE)) or result == "PASS"
        counts["skipped"] += result == "SKIP"
        if result not in ("PASS", "SKIP"):
            name = os.path.relpath(path, folder).removesuffix(".trs")
            counts["failed"] += len(set(re.findall(r"^\[  FAILED  \] (\w*[a-z]\w*)$", log,
                                                   re.MULTILINE))) or 1
            failures.append("make check: " + name)
            print("failed make check: %s\n%s" % (name, log[-3000:]))
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-j", "--jobs", type=int, default=min(4, 2 * (os.cpu_count() or 1)))
    parser.add_argument("-v", "--verbose", action="store_true", help="name the tests that pass")
    parser.add_argument("--check-logs", metavar="DIR",
                        help="count the results of `make check` in this build folder too")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    args = parser.parse_args()
    if args.worker:
        worker(args.patterns)
        return 0
    parent = Parent(args)
    parent.run()
    return 0 if parent.close() else 1


if __name__ == "__main__":
    sys.exit(main())
