# SPDX-License-Identifier: ISC
"""What the sweeps share: scenarios, a run with one fault in it, and the judge of the promise.

A scenario is one call of the program.  A point is one place in it where something goes wrong.
After each the judge lets the queue run and counts: exit 0 only if the mail is with the server or
in the queue, no failing exit and a later delivery, nothing that was kept is lost, no hang, no
crash, a failure is told, nothing is locked.  Mail comes twice at most, and only where the process
was killed after the server had it, or said that its answer was lost or could not be kept.  These
are counted and printed apart, as are crashes of libraries that got no memory.
"""

import collections
import os
import re
import subprocess

import release
from queued import QueueCase, message
from smtpd import ALL_OFFERS

WHOLE = os.environ.get("SENDOFF_SWEEP")  # "all" points, or so many of each scenario and kind
SUBMIT = ("-f", "alice@example.org", "bob@example.net")
PATIENCE = 30  # seconds until a run counts as hanging
STATUSES = {0, *range(64, 79)}
# What is said where mail may come twice: the answer was lost, or could not be kept.
UNSURE = re.compile(rb"delivered twice|: cannot write the state of ")


class Scenario:
    """How the program is called: with which configuration, server, queue and input."""

    def __init__(self, name, words, submits=True, kept=(), online=True, keys=None, account=None,
                 rules=(), server=None):
        self.name, self.words, self.submits, self.kept = name, words, submits, kept
        self.online, self.keys, self.account = online, keys or {}, account or {}
        self.rules, self.server = rules, server or {}

        self.waited_for = "-odb" not in words  # its end is seen without strace

    def __str__(self):
        return self.name


LATER = (("RCPT", "450 4.2.1 later", None),)
GONE = (("RCPT", "550 5.1.1 nobody", "gone@"),)

SCENARIOS = (
    Scenario("interactive, no queue", SUBMIT, keys={"queue": "no"}),
    Scenario("interactive", SUBMIT),
    Scenario("interactive, one by one", SUBMIT, server={"offers": {"8BITMIME"}}),
    Scenario("interactive, TLS and login", SUBMIT,
             server={"tls": "starttls", "offers": ALL_OFFERS, "users": {"me": "secret"}}),
    Scenario("refused for now", SUBMIT, rules=LATER),
    Scenario("offline", SUBMIT, online=False),
    Scenario("keep", ("-odq",) + SUBMIT),
    Scenario("background", ("-odb",) + SUBMIT),
    Scenario("run of three", ("-q",), submits=False, kept=("a", "b", "c")),
    Scenario("state update", ("-q",), submits=False, kept=("a",), rules=LATER),
    Scenario("bounce", ("-q",), submits=False, kept=("a",), rules=GONE),
    Scenario("-bs", ("-bs",)),
)

SESSION = ("HELO x\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n%s.\r\nQUIT\r\n"
           % message("x").replace("\n", "\r\n"))


def word_of(m):
    return m.data.rsplit(b"body ", 1)[1].split(b"\r\n")[0].decode()


def sampled(points, sample):
    if WHOLE == "all":
        return points
    return points[::max(1, len(points) // int(WHOLE or sample))]


class Run:
    """What a run with a fault in it came to; status None: it was killed, as the fault wanted."""

    def __init__(self, status, stdout, stderr, lost_a_child=False):
        self.status, self.stdout, self.stderr = status, stdout, stderr
        self.was_killed = status is None or lost_a_child

    def promised(self, scenario):
        if scenario.name == "-bs":
            return b"250 Ok: queued" in self.stdout
        return self.status == 0

    def refused(self, scenario):
        """Was the caller told that it failed?  A client of -bs may be told nothing."""
        if scenario.name == "-bs":
            return re.search(rb"^[45]\d\d ", self.stdout, re.MULTILINE) is not None
        return self.status not in (0, None)


class Sweep(QueueCase):
    """A subclass has points(scenario) and faulted(scenario, point)."""

    SANDBOX = "auto"

    @classmethod
    def setUpClass(cls):
        cls.own = os.environ.get("SENDOFF")
        os.environ["SENDOFF"] = release.program()
        cls.tried = cls.twice = cls.told_wrong = cls.library_crashes = 0
        cls.violations = []

    @classmethod
    def tearDownClass(cls):
        if cls.own is None:
            os.environ.pop("SENDOFF")
        else:
            os.environ["SENDOFF"] = cls.own

    def sweep(self, kind, scenarios):
        for scenario in scenarios:
            self.world(scenario)
            self.prepare(scenario)
            for point in self.points(scenario):
                with self.subTest(scenario=str(scenario), point=point):
                    self.one(scenario, point)
        print("%s: %d points, %d violations; with the answer lost or not yet durable %d came "
              "twice and %d counted as failed; %d crashes in a library without memory" % (
                  kind, self.tried, len(self.violations), self.twice, self.told_wrong,
                  self.library_crashes))

    def world(self, scenario):
        self.target = self.server(lenient=True, **scenario.server)
        self.box = self.queue_box(self.target, **scenario.keys)
        self.box.account(timeout="5s", **scenario.account)
        self.box.set(sandbox=self.SANDBOX)
        self.settings = dict(self.box.sections["work"])

    def prepare(self, scenario):
        """The state that a run begins with."""
        self.box.sections["work"] = dict(self.settings)
        self.target.rules.clear()
        for name in os.listdir(self.box.queue):
            path = os.path.join(self.box.queue, name)
            if os.path.isfile(path):
                os.unlink(path)
        for word in scenario.kept:
            done = self.box.sendmail("-odq", "-f", "alice@example.org", "bob@example.net",
                                     "gone@example.net", stdin=message(word))
            self.assertEqual(done.status, 0, str(done))
        for verb, reply, match in scenario.rules:
            self.target.on(verb, reply, match=match)
        if not scenario.online:
            self.offline(self.box)
        self.box.write("sendoff.ini", self.box.configuration())
        self.target.messages.clear()

    def start(self, scenario, prefix=(), env=None):
        """Runs the call to its end, with strace or such before it."""
        stdin = SESSION if scenario.name == "-bs" else message("x") if scenario.submits else ""
        environment = {**self.box.environment(None), **(env or {})}
        try:
            return subprocess.run([*prefix, self.box.file("bin", "sendmail"), *scenario.words],
                                  input=stdin.encode(), env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return None

    def one(self, scenario, point):
        self.prepare(scenario)
        self.logged = os.path.getsize(self.box.logfile) if os.path.exists(self.box.logfile) else 0
        run = self.faulted(scenario, point)
        type(self).tried += 1
        problems = self.judge(scenario, run)
        if problems:
            self.violations.append((str(scenario), point, problems))
        self.assertEqual(problems, [], run and (run.status, run.stdout, run.stderr, self.told(run)))

    def told(self, run):
        """What the run said on stderr and in the log."""
        text = run.stderr
        if os.path.exists(self.box.logfile):
            with open(self.box.logfile, "rb") as file:
                file.seek(self.logged)
                text += file.read()
        return text

    def judge(self, scenario, run):
        if run is None:
            return ["it hangs"]
        problems, told = self.judge_end(scenario, run), self.told(run)
        self.target.settle()
        at_once = self.arrived()
        problems += self.recover(scenario)
        later = self.arrived() - at_once
        if scenario.submits:
            x = "x for bob@example.net"
            problems += self.judge_submission(scenario, run, at_once[x], later[x])
        problems += ["%s was kept, and is lost" % word for word in scenario.kept
                     if not (at_once | later)[word + " for bob@example.net"]]
        for word in at_once | later:
            problems += self.judge_twice(run, told, word, at_once[word], later[word])
        return problems

    def arrived(self):
        """How often each message came for each recipient, reports apart."""
        return collections.Counter("%s for %s" % (word_of(m), to) for m in self.target.messages if m.sender
                                   for to in m.to)

    def judge_end(self, scenario, run):
        if run.status is None:
            return []
        if self.is_library_crash(run):
            type(self).library_crashes += 1
            return []
        if run.status not in STATUSES:
            return ["it ended with %d" % run.status]
        if run.status and not run.stderr and scenario.name != "-bs" and not self.mutes(run):
            return ["a failure without a word"]
        return []

    def is_library_crash(self, run):
        return False

    def mutes(self, run):
        """Was it the fault itself that kept the program from saying why?"""
        return False

    def judge_submission(self, scenario, run, at_once, later):
        if run.promised(scenario):
            return [] if at_once + later else ["success, and the mail is lost"]
        if not run.refused(scenario) or self.is_library_crash(run):
            return []
        if later:
            return ["it failed, and the mail was sent later"]
        if at_once and b"delivered twice" not in run.stderr + run.stdout:
            return ["it failed, and the mail was sent"]
        type(self).told_wrong += at_once
        return []

    def judge_twice(self, run, told, word, at_once, later):
        if at_once > 1 or later > 1:
            return ["%s came %d times, then %d times" % (word, at_once, later)]
        if not at_once or not later:
            return []
        type(self).twice += 1
        if run.was_killed or self.is_library_crash(run) or UNSURE.search(told) or self.mutes(run):
            return []
        return ["%s came twice, and nothing was lost" % word]

    def recover(self, scenario):
        """The queue is readable, nothing is locked, and a few runs empty it."""
        self.target.rules.clear()
        self.online(self.box, self.target)
        done = self.box.sendoff("queue", "list", "--json")
        if done.status or done.stderr:
            return ["the queue cannot be read: %s" % done]
        for _ in range(4):
            left = [n for n in os.listdir(self.box.queue) if n.endswith(".msg")]
            if not left:
                return []
            done = self.box.sendmail("-q")
            if done.status or done.stderr:
                return ["the queue cannot be run: %s" % done]
        return ["left in the queue: %s" % self.box.sendoff("queue", "list", "--json").stdout]
