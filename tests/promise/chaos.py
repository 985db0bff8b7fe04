# SPDX-License-Identifier: ISC
"""A submission server that behaves by chance, and knows exactly what it took.

Everything it does follows from its seed and the number of the connection.  It is honest in one
thing: where it says 2yz to a message in the end, it had the whole of it, and it keeps what it took.
"""

import random
import re

from smtpactions import CLOSE, RESET, STALL, Pause
from smtpd import Server
from smtpsession import Session

FOR_NOW = ("421 4.3.2 closing", "450 4.2.0 greylisted", "451 4.3.0 trouble", "452 4.3.1 full",
           "452 too much", "454 4.7.0 later", "430", "4", "450 4.2.0 " + "later " * 100)
FOR_GOOD = ("550 5.1.1 nobody", "550", "551 5.7.1 no", "552 5.2.2 full", "552 5.3.4 large",
            "553 5.1.3 name", "554 5.7.1 spam", "500 5.5.2 what", "503 5.5.1 order",
            "530 5.7.0 login", "535 5.7.8 who", "550-5.1.1 one\r\n550 5.1.1 two", "599 5.9.9 odd")
NO_REPLY = (b"HTTP/1.1 400\r\n", b"25\r\n", b"\r\n", b"150 ok\r\n", b"650 ok\r\n",
            b"250-one\r\n550 two\r\n", b"\0\0\0\r\n", b"334 \r\n", b"+OK\r\n")
NOT_FOR_GOOD = ("552", "535 5.7.8")  # to RCPT: "too many", and a login that is no good
MOODS = (0, 0, 0, 0.01, 0.05, 0.2, 0.5)  # the chance that a reply is not what it should be
OUTSIDE = ("greeting", "EHLO", "HELO", "STARTTLS", "AUTH done")  # never pipelined


def first_code(action):
    """The code that an action says first, or ""."""
    if isinstance(action, (list, tuple)):
        return next((code for code in map(first_code, action) if code), "")
    if isinstance(action, bytes):
        action = action.decode("latin-1")
    return action[:3] if isinstance(action, str) else ""


class Said:
    """Trouble that a server made: what it said to what."""

    def __init__(self, verb, argument, action):
        self.verb, self.argument, self.action = verb, argument, action
        self.words = str(action).replace("\\n", "\n")

    def says(self, digit):
        """Is there a reply whose code begins so?"""
        return re.search(r"(^|[\n'])" + digit, self.words) is not None

    def __repr__(self):
        return "%s %.40s -> %.60s" % (self.verb, self.argument, self.words)


class ChaosSession(Session):
    def __init__(self, server, sock, record):
        super().__init__(server, sock, record)
        self.random = random.Random("%s/%d" % (server.seed, record.number))
        self.verdict = None  # said before the content was there
        self.refused = []  # recipients of this transaction, for good
        self.mood = 0 if server.is_calm else self.random.choice(MOODS)
        self.may_read, self.may_send = self.some_octets(1, 6.5), self.some_octets(0, 4)
        self.is_lazy = not server.is_calm and self.random.random() < 0.1
        self.is_split = self.random.random() < 0.2

    def some_octets(self, low, high):
        """So many, as powers of ten, and the connection ends; None: it does not."""
        if not self.mood or self.random.random() > 0.3:
            return None
        return int(10 ** self.random.uniform(low, high))

    # The wire: it ends behind any octet of either direction, in pieces, slowly.

    def cut(self):
        self.server.say("cut", "", "")
        self.random.choice((CLOSE, RESET)).act(self)

    def send(self, octets):
        left = self.may_send
        if left is not None:
            self.may_send -= len(octets)
        wanted = octets if left is None else octets[:max(left, 0)]
        step = self.random.choice((1, 2, 7)) if self.is_split and len(wanted) < 300 else len(wanted)
        for at in range(0, len(wanted), step or 1):
            super().send(wanted[at:at + step])
        if len(wanted) < len(octets):
            self.cut()

    def _fill(self):
        if self.is_lazy and self.random.random() < 0.2:
            self.server.stopping.wait(self.random.uniform(0, 0.2))
        if self.may_read == 0:
            self.cut()
        before = len(self.input)
        super()._fill()
        if self.may_read is not None:
            self.may_read -= len(self.input) - before
            if self.may_read < 0:
                del self.input[self.may_read:]
                self.may_read = 0

    # What it says.

    def do_mail(self, argument):
        self.refused = []
        super().do_mail(argument)

    def answer(self, verb, argument, default):
        self.check_patience(verb)
        return self.act(self.choose(verb, argument, default), default)

    def choose(self, verb, argument, default):
        message, limit = self.message, self.server.rcpt_limit
        if verb == "RCPT" and message and limit and len(message.recipients) >= limit:
            return self.server.rcpt_limit_reply
        action = self.shape(default)
        if self.random.random() >= self.mood * (0.2 if verb == "RCPT" else 1):
            return action
        trouble = self.random.choice((
            self.refuse, self.refuse, self.refuse, self.end, self.half, self.leave, self.babble,
            self.stall, self.twice, self.linger))
        action = trouble(verb, action)
        self.server.say(verb, argument, action)
        if verb == "RCPT" and action in FOR_GOOD and not action.startswith(NOT_FOR_GOOD):
            self.refused.append(argument.partition("<")[2].partition(">")[0])
        return action

    def shape(self, default):
        """The same in other words."""
        if "\r\n" in default or self.random.random() > 0.2:
            return default
        code = self.random.choice(("250", "251", "200")) if default[:3] == "250" else default[:3]
        return self.random.choice((code, default[:3] + "-first\r\n" + default, code + " " + "x" * 2000,
                                   code + "-\r\n" + code + "-\r\n" + code + " "))

    def refuse(self, verb, default):
        return self.random.choice(self.random.choice((FOR_NOW, FOR_GOOD)))

    def end(self, verb, default):
        return [self.random.choice(([], "421 4.3.2 bye")), self.random.choice((CLOSE, RESET))]

    def half(self, verb, default):
        octets = default.encode() + b"\r\n"
        return [octets[:self.random.randrange(len(octets))], self.random.choice((CLOSE, RESET))]

    def leave(self, verb, default):
        return [default, self.random.choice((CLOSE, RESET))]

    def babble(self, verb, default):
        return self.random.choice(NO_REPLY)

    def stall(self, verb, default):
        slow = verb == "." or self.random.random() < 0.5
        return [Pause(0.3), CLOSE] if slow else [STALL]

    def twice(self, verb, default):
        """One reply too many, in one piece; in a group of commands nobody could tell which is which."""
        may_be_grouped = verb not in OUTSIDE and "PIPELINING" in self.offered()
        if self.input or self.is_split or may_be_grouped:
            return default
        return default + "\r\n" + self.random.choice((default, "250 2.0.0 more", "554 5.0.0 no"))

    def linger(self, verb, default):
        return [Pause(self.random.uniform(0, 0.3)), default]

    # The content.

    def early(self):
        """Sometimes the verdict comes before the content has; after a yes it does read to the end."""
        self.verdict = None
        may_lose = self.may_read is not None or self.refusal()
        if not may_lose and self.random.random() < self.mood / 4:
            self.verdict = self.choose(".", self.message.sender, "250 2.0.0 ok")
            if first_code(self.verdict)[:1] == "2":
                self.verdict = "250 2.0.0 ok"
            self.act(self.verdict, "250 2.0.0 ok")

    def content(self):
        self.early()
        return super().content()

    def do_bdat(self, argument):
        size, _, last = argument.partition(" ")
        if self.server.knows_no_bdat:
            self.act("502 5.5.1 what?", None)
            return
        self.early()
        octets = self.octets(int(size))
        refused = self.refusal()
        if refused:
            self.answer("BDAT", argument, refused)
            return
        self.message.data += octets
        self.message.chunks.append(len(octets))
        if last:
            self.finish()
        else:
            self.answer("BDAT", argument, "250 2.0.0 ok")

    def finish(self):
        message, self.message = self.message, None
        message.connection, message.refused = self.record, self.refused
        self.check(message)
        action = self.verdict
        if action is None:
            action = self.choose(".", message.sender, "250 2.0.0 ok")
        if self.takes(action) and message.recipients:  # before the reply: who has read it may look
            self.server.deliver(message)
        if self.verdict is None:
            self.act(action, "250 2.0.0 ok")
        self.verdict = None

    def takes(self, action):
        """A server that said neither yes nor no may have taken it."""
        code = first_code(action)
        if len(code) == 3 and code[0] in "245":
            return code[0] == "2"
        return self.random.random() < 0.5


class ChaosServer(Server):
    """rcpt_limit    recipients that it takes at once
    knows_no_bdat  although it may offer CHUNKING
    is_calm        set: from the next connection on everything is as it should be
    said           the trouble that it made
    """

    session = ChaosSession

    def __init__(self, seed, rcpt_limit=0, knows_no_bdat=False, **options):
        self.seed, self.is_calm, self.said = seed, False, []
        self.rcpt_limit, self.knows_no_bdat = rcpt_limit, knows_no_bdat
        self.rcpt_limit_reply = random.Random(seed).choice(
            ("452 4.5.3 too many", "452 too many", "552 too many", "452 4.5.3"))
        super().__init__(**options)

    def say(self, verb, argument, action):
        self.said.append(Said(verb, argument, action))
