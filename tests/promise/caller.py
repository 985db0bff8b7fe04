# SPDX-License-Identifier: ISC
"""A caller of `sendmail -bs` that talks by chance: in groups or one by one, with mistakes, and who
may hang up at any place."""

import re

from promise import oracle
from promise.world import PATIENCE, Mail

NOISE = ("NOOP", "VRFY root", "HELP", "EXPN x", "FOO", "RCPT TO:<broken", "MAIL FROM:<again@example.org>",
         "RCPT TO:<a@b@c>", "DATA x", "", "BDAT 3 LAST")
SERVED = re.compile(r"only these have the message: ([^)]*)\)")


class Caller:
    def __init__(self, world, rng, *words):
        self.world, self.rng = world, rng
        self.child = world.start("sendmail", "-bs", *words)
        self.read()

    def read(self):
        lines = []
        while not lines or lines[-1][3:4] == "-":
            lines.append(self.child.stdout.readline().decode())
            oracle.ensure(re.match(r"\d\d\d[ -].*\r\n$", lines[-1]), "this is no reply", lines)
        return lines[-1]

    def write(self, octets):
        """In one or two pieces."""
        at = self.rng.randrange(len(octets) + 1)
        for piece in (octets[:at], octets[at:]):
            self.child.stdin.write(piece)
            self.child.stdin.flush()

    def ask(self, *lines):
        """All at once; their replies."""
        self.write("".join(line + "\r\n" for line in lines).encode())
        return [self.read() for _ in lines]

    def envelope(self, mail):
        """False: given up again, or nobody was accepted."""
        lines = ["MAIL FROM:<%s>" % mail.sender] + ["RCPT TO:<%s>" % name for name in mail.to]
        for _ in range(self.rng.choice((0, 0, 1, 3))):
            lines.insert(self.rng.randint(1, len(lines)), self.rng.choice(NOISE))
        asks = [lines] if self.rng.random() < 0.5 else [[line] for line in lines]
        replies = [reply for group in asks for reply in self.ask(*group)]
        for line, reply in zip(lines, replies):
            oracle.ensure((reply[0] == "2") == (line not in NOISE[3:]), "a wrong reply", line, reply)
        if self.rng.random() < 0.1:
            self.ask(self.rng.choice(("RSET", "EHLO again", "HELO again")))
            return False
        return True

    def submit(self, mail):
        """False: it was given up, and must not be found anywhere."""
        if not self.envelope(mail):
            return False
        oracle.ensure(self.ask("DATA")[0][:3] == "354", "DATA was refused")
        content = (b"\r\n" + mail.data).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
        if self.rng.random() < 0.05:
            self.write(content[:self.rng.randrange(len(content) - 3)])
            return None
        self.write(content)
        mail.told = self.read()
        if mail.told[:3] != "250":
            served = SERVED.search(mail.told)
            mail.failed = set(mail.to) - set(served[1].split(", ") if served else ())
        return True


def session(world, rng):
    """One session of some messages; those that were handed over."""
    caller = Caller(world, rng, *world.delivery)
    caller.ask(rng.choice(("EHLO me", "HELO me")))
    handed, given_up, cut = [], [], False
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        mail = Mail(rng, len(world.mails) + len(world.abandoned) + len(handed) + len(given_up), most=10)
        taken = caller.submit(mail)
        (handed if taken else given_up).append(mail)
        cut = taken is None
        if cut:
            break
    if not cut and rng.random() < 0.7:
        oracle.ensure(caller.ask("QUIT")[0][:3] == "221", "QUIT")
    done = world.box.finish(caller.child, None, PATIENCE)
    world.wait()
    world.check_sanitizers()
    world.mails += handed
    world.abandoned += given_up
    oracle.ensure(done.status in ((65,) if cut else (0, 64)), "a wrong status", done)
    if any(mail.told[:3] == "250" for mail in handed) and not cut:
        oracle.ensure(done.status == 0, "accepted, and not 0", done)
    oracle.ensure(not done.stderr, "words on stderr", done)
    for mail in handed:
        mail.queued = world.left(mail.sender)
        oracle.check_submission(world, mail, mail.told[0])
