# SPDX-License-Identifier: ISC
"""What the sweeps share: scenarios, a run with one fault in it, and the judge of the promise.

A scenario is one call of the program.  A point is one place in it where something goes wrong.
After each the judge lets the queue run and counts: exit 0 only if the mail is with the server or
in the queue, nothing that was kept is lost, no hang, no crash, a failure is told, nothing is
locked.  Mail that came twice is no violation where the server's answer may not have been
durable, and neither are crashes of libraries that got no memory; they are counted and printed
apart.
"""

import os
import subprocess

import release
from queued import QueueCase, message
from smtpd import ALL_OFFERS

WHOLE = os.environ.get("SENDOFF_SWEEP")  # "all" points, or so many of each scenario and kind
SUBMIT = ("-f", "alice@example.org", "bob@example.net")
PATIENCE = 30  # seconds until a run counts as hanging
STATUSES = {0, *range(64, 79)}


class Scenario:
    """How the program is called: with which configuration, server, queue and input."""

    def __init__(self, name, words, submits=True, kept=(), online=True, keys=None, account=None,
                 rules=(), server=None):
        self.name, self.words, self.submits, self.kept = name, words, submits, kept
        self.online, self.keys, self.account = online, keys or {}, account or {}
        self.rules, self.server = rules, server or {}

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

    def __init__(self, status, stdout, stderr, faulted=True):
        self.status, self.stdout, self.stderr = status, stdout, stderr
        self.faulted = faulted  # False: the program was done before it came to the point

    def promised(self, scenario):
        if scenario.name == "-bs":
            return b"250 Ok: queued" in self.stdout
        return self.status == 0


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

    def sweep(self, kind, scenarios, sample):
        for scenario in scenarios:
            self.world(scenario)
            self.prepare(scenario)
            points = self.points(scenario)
            for point in sampled(points, sample):
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
        run = self.faulted(scenario, point)
        type(self).tried += 1
        problems = self.judge(scenario, run)
        if problems:
            self.violations.append((str(scenario), point, problems))
        self.assertEqual(problems, [], run and (run.status, run.stdout, run.stderr))

    def judge(self, scenario, run):
        if run is None:
            return ["it hangs"]
        problems = self.judge_end(scenario, run)
        before = [word_of(m) for m in self.target.messages if m.sender]
        problems += self.recover(scenario)
        got = [word_of(m) for m in self.target.messages if m.sender]
        if scenario.submits and run.promised(scenario) and "x" not in got:
            problems.append("success, and the mail is lost")
        if run.status and not run.promised(scenario) and "x" in got:
            problems += self.judge_late(run, before)
        problems += ["%s was kept, and is lost" % word for word in scenario.kept if word not in got]
        problems += self.judge_twice(got, before)
        return problems

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

    def judge_late(self, run, before):
        """A failing exit and mail all the same: only when it was sent before the answer was lost."""
        if before.count("x") == 1 and (b"twice" in run.stderr or self.is_library_crash(run)):
            type(self).told_wrong += 1
            return []
        return ["it failed, and the mail was sent%s" % ("" if "x" in before else " later")]

    def judge_twice(self, got, before):
        problems = []
        for word in set(got):
            if got.count(word) > 1:
                type(self).twice += 1
            if got.count(word) > 2 or before.count(word) > 1:
                problems.append("%s came %d times" % (word, got.count(word)))
        return problems

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
