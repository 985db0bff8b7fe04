# SPDX-License-Identifier: ISC
"""What a seed makes: servers, accounts, messages; and how they are handed to the program."""

import email
import email.policy
import glob
import json
import os
import socket
import subprocess
import time

import certs
from promise.chaos import ChaosServer
from sandbox import SANITIZERS, Sandbox

PATIENCE = 90  # seconds that a run may take; the account's timeout is one
LINES = (b"text", b"", b".", b"..", b".dot", b"From here", b"QUIT", b"a" * 998, b"tab\t", b" ", b"x = y; =20")
OFTEN = ("PIPELINING", "SIZE", "8BITMIME", "CHUNKING", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
SELDOM = ("XCLIENT=NAME ADDR", "PIPECONNECT", "X-", "LIMITS=RCPTMAX=3", "LIMITS=RCPTMAX=100 MAILMAX=2",
          "SIZE=300000", "LIMITS=MAILMAX=1", "SIZEX=1")
USERS = {"me": "secret"}
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")


def command_lines():
    """Of all processes."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                yield file.read()
        except OSError:
            pass  # gone


class Mail:
    """One message.  Its sender is its own, so that everything can be traced to it."""

    def __init__(self, rng, number, most=250):
        self.sender = "s%d@example.org" % number
        count = min(most, rng.choice((1, 1, 2, 3, 5, 10, 40, rng.randint(100, 250))))
        self.to = ["r%d@b.cc" % n for n in range(count)]
        if rng.random() < 0.05:
            self.to[-1] = "jürgen@b.cc"
        self.text = ("From: %s\nTo: r@b.cc\nSubject: s\nDate: Wed, 25 Nov 2026 12:00:00 +0000\n"
                     "Message-ID: <m%d@t>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                     "Content-Transfer-Encoding: 8bit\n\n" % (self.sender, number)).encode() + self.body(rng)
        self.told = None  # status and words, or the reply to the dot
        self.failed = set()  # of whom the caller was told that they did not get it
        self.queued = set()  # left in the queue behind the submission
        self.taken_at_once = {}
        self.is_silent = False  # asks for no reports

    def body(self, rng):
        size = rng.choice((0, 10, 2000, 2000, 50_000, 262_144 - rng.randrange(600), 262_144, 1_100_000))
        lines = list(LINES) + ([b"\xc3\xbc" * rng.randint(1, 200)] if rng.random() < 0.3 else [])
        block = b"\n".join(rng.choice(lines) for _ in range(min(60, size)))
        text = (block + b"\n") * (size // (len(block) + 1) + 1) if size else b""
        return text[:-1] if size and rng.random() < 0.3 else text

    @property
    def data(self):
        """As it has to arrive where nothing needs a change."""
        text = self.text if self.text.endswith(b"\n") else self.text + b"\n"
        return text.replace(b"\n", b"\r\n")

    def is_whole(self, data):
        if data == self.data:
            return True
        if data.isascii() == self.text.isascii():
            return False
        parsed = email.message_from_bytes(data, policy=email.policy.SMTP)
        return (parsed["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
                and parsed.get_payload(decode=True).replace(b"\r\n", b"\n").rstrip(b"\n")
                == self.text.partition(b"\n\n")[2].rstrip(b"\n"))


class World:
    """Servers, and a sandbox whose accounts lead to them."""

    def __init__(self, seed, rng):
        self.box, self.servers = Sandbox(), []
        self.mails, self.abandoned = [], []
        self.has_queue = rng.random() < 0.7
        self.mode = rng.choice(((), (), (), ("-oem",), ("-oee",), ("-oeq",)))
        self.delivery = rng.choice(((), (), ("-odi",), ("-odb",), ("-odq",)))
        self.box.set(queue="yes" if self.has_queue else "no", queue_dir=self.box.file("queue"),
                     account="work", retry_min="1s", postmaster="postmaster@example.org")
        os.mkdir(self.box.file("queue"), 0o700)
        for name in ("work", "backup")[:rng.choice((1, 1, 2))]:
            self.add_account(name, "%s/%s" % (seed, name), rng)

    def add_account(self, name, seed, rng):
        tls = rng.choice(("off", "off", "off", "starttls", "implicit"))
        offers = [o for o in OFTEN if rng.random() < 0.8] + [o for o in SELDOM if rng.random() < 0.08]
        server = ChaosServer(
            seed, tls=tls, context=certs.server_context("good") if tls != "off" else None,
            offers=offers + ["STARTTLS", "AUTH"], users=USERS if rng.random() < 0.3 else None,
            mechanisms=rng.sample(MECHANISMS, rng.randint(1, 3)),
            rcpt_limit=rng.choice((0, 0, 0, 1, 2, 7, 100)),
            knows_no_bdat=rng.random() < 0.03)
        if rng.random() < 0.1:  # a small window
            server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
        self.servers.append(server)
        self.box.account(name, server, timeout="1s", **{"from": "me@example.org"})
        if rng.random() < 0.2:
            self.box.account(name, pipeconnect="auto")
        if rng.random() < 0.1 and tls == "off":
            self.box.account(name, host="127.0.0.1, localhost")
        if name == "backup":
            self.box.account("work", fallback="backup")

    def taken(self):
        return [message for server in self.servers for message in server.messages]

    def said(self):
        return [said for server in self.servers for said in server.said]

    # Running.

    def run(self, *words, stdin=b"", beside_queue_run=False):
        """To its end, and to that of what it left behind in the background."""
        other = self.start("sendmail", "-q") if beside_queue_run else None
        done = self.box.finish(self.start(*words), stdin, PATIENCE)
        if other:
            self.box.finish(other, b"", PATIENCE)
        self.wait()
        self.check_sanitizers()
        return done

    def wait(self):
        until = time.monotonic() + PATIENCE
        while any(self.box.path.encode() in words for words in command_lines()):
            if time.monotonic() > until:
                raise AssertionError("still running in the background")
            time.sleep(0.02)

    def start(self, *words, **options):
        asan = SANITIZERS["ASAN_OPTIONS"] + ":log_path=" + self.box.file("asan")
        return self.box.start(*words, env={"ASAN_OPTIONS": asan}, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def check_sanitizers(self):
        for path in glob.glob(self.box.file("asan") + "*"):
            with open(path) as file:
                raise AssertionError(file.read())

    def listed(self):
        if not self.has_queue:
            return []
        done = self.run("sendoff", "queue", "list", "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def left(self, sender):
        """The recipients that messages of this sender in the queue wait for."""
        return {r for entry in self.listed() if entry["sender"] == sender for r in entry["recipients"]}

    def log_of(self, mail):
        msgid = "<m%s@t>" % mail.sender[1:].partition("@")[0]
        return [line for line in self.box.log() if line.get("msgid") == msgid]

    def close(self):
        for server in self.servers:
            server.close()
        self.box.close()
