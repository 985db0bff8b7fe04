# SPDX-License-Identifier: ISC
"""Scripted dialogues: a text file says what the server says and what the client must answer.

A file has three parts.  First how the program is called:

    # what it shows                       comment
    args: -t -i                           words as a shell would split them
    stdin: To: bob@example.net            one line of standard input each
    config: timeout = 2s                  a key of the account; `sendoff:` one of [sendoff]
    tls: starttls                         off (default), starttls, implicit
    cert: expired                         a kind of certs.py (default good)

Then the dialogue, S: the server, C: the client, exact octets, each line ended by CR LF:

    S: 220 server.example ESMTP
    C: EHLO client.example
    C: Date: (any)                        (any) stands for any text within the line
    C: (eof)                              the client closes, and has said nothing more
    S: (tls)                              TLS handshake, here and with implicit TLS first
    S: (close)   S: (reset)               the server ends the connection
    S: (stall)                            the server is silent until the client goes away
    S: (drip) 250 slow                    the line goes out octet by octet, five a second
    S: (connection)                       the client comes back on a new connection

In stdin:, S: and C: lines \\r \\n \\t \\\\ \\xNN are octets; \\c at the end leaves the line end out.
Then what came of it, one or more on a line, two blanks between:

    exit: 75  status: 4.4.2  error: connection closed
    log: status=failed nrcpt=1            words that the log line must hold
    stdout: text  stderr: text            contained in it; (nothing) for no output at all

`status:` is dsn= in the log line, `error:` the same as `stderr:`.  With exit 0 nothing may be
printed unless the file says so.  What the client sends after the last line is a failure.
"""

import re
import shlex
import socket
import ssl
import struct
import subprocess
import time
import types
import unittest

import certs
from sandbox import Sandbox

PATIENCE = 30
HEADER = ("args", "stdin", "config", "sendoff", "tls", "cert", "env")
TRAILER = ("exit", "status", "error", "log", "stdout", "stderr")
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\", "0": b"\0"}


def octets(text, end):
    """A line of the file to octets, escapes undone, `end` added unless \\c forbids it."""
    if text.endswith("\\c"):
        text, end = text[:-2], b""
    parts = re.split(r"\\(x[0-9A-Fa-f]{2}|.)", text)
    out = b""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            out += part.encode("utf-8", "surrogateescape")
        elif part[0] == "x" and len(part) == 3:
            out += bytes([int(part[1:], 16)])
        else:
            out += ESCAPES[part]
    return out + end


class Script:
    """A parsed dialogue file."""

    def __init__(self, path):
        self.header = {key: [] for key in HEADER}
        self.steps = []  # (line number, "S" or "C", text)
        self.expected = []  # (field, text)
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for number, line in enumerate(file, 1):
                self._line(path, number, line.removesuffix("\n"))
        if not any(field == "exit" for field, _ in self.expected):
            raise ValueError("%s: no exit: line" % path)

    def _line(self, path, number, line):
        if not line.strip() or line.startswith("#"):
            return
        key, colon, text = line.partition(":")
        text = text.removeprefix(" ")
        if key in ("S", "C"):
            self.steps.append((number, key, text))
        elif key in HEADER and not self.steps:
            self.header[key].append(text)
        elif key in TRAILER:
            fields = re.split(r"\s{2,}(?=(?:%s): )" % "|".join(TRAILER), line)
            self.expected += [tuple(f.strip().split(": ", 1)) for f in fields]
        else:
            raise ValueError("%s:%d: not understood: %s" % (path, number, line))

    def one(self, key, default):
        return self.header[key][-1] if self.header[key] else default


class Mismatch(AssertionError):
    pass


class Player:
    """Plays the server's part on one listening socket."""

    def __init__(self, script):
        self.script, self.sock, self.input = script, None, b""
        self.said = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.1)
        self.alive = lambda: True  # whether the client runs
        self.port = self.listener.getsockname()[1]
        self.context = None
        if script.one("tls", "off") != "off":
            self.context = certs.server_context(script.one("cert", "good"))

    def play(self):
        if not self.script.steps:
            return
        self.connection()
        for number, side, text in self.script.steps:
            try:
                (self.server if side == "S" else self.client)(text)
            except (OSError, EOFError, Mismatch) as why:
                raise Mismatch("line %d: %s: %s\n%s" % (
                    number, side, why or type(why).__name__, "\n".join(self.said))) from None
        self.rest()

    def connection(self):
        if self.sock:
            self.sock.close()
        self.sock = self.accept()
        self.sock.settimeout(PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""

    def accept(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            alive = self.alive() and time.monotonic() < deadline
            try:
                return self.listener.accept()[0]
            except TimeoutError:
                if not alive:
                    raise Mismatch("the client did not connect") from None

    def server(self, text):
        self.said.append("S: " + text)
        action = re.match(r"\((tls|close|reset|stall|drip|connection)\) ?", text)
        if not action:
            self.sock.sendall(octets(text, b"\r\n"))
        elif action[1] == "drip":
            self.drip(octets(text[action.end():], b"\r\n"))
        else:
            getattr(self, action[1])()

    def tls(self):
        if self.input:
            raise Mismatch("plaintext before the handshake: %r" % self.input)
        self.sock = self.context.wrap_socket(self.sock, server_side=True)

    def close(self):
        # What the client has sent is read first: closing with unread input would be a reset.
        self.sock.shutdown(socket.SHUT_WR) if not isinstance(self.sock, ssl.SSLSocket) else None
        self.sock.settimeout(0)
        try:
            while self.sock.recv(65536):
                pass
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def stall(self):
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionError:
            pass

    def drip(self, text):
        try:
            for octet in text:
                self.sock.sendall(bytes([octet]))
                time.sleep(0.2)
        except OSError:
            pass  # the client had enough

    def fill(self):
        try:
            more = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            more = b""
        if not more:
            raise EOFError("the client closed the connection")
        self.input += more

    def client(self, text):
        if text == "(eof)":
            self.rest()
            return
        wanted = octets(text, b"\r\n")
        while b"\n" not in self.input and len(self.input) < len(wanted) + 65536:
            if not wanted.endswith(b"\n") and len(self.input) >= len(wanted):
                break
            self.fill()
        end = self.input.index(b"\n") + 1 if wanted.endswith(b"\n") else len(wanted)
        line, self.input = self.input[:end], self.input[end:]
        self.said.append("C: " + line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
        pattern = b"[^\r\n]*".join(re.escape(p) for p in wanted.split(b"(any)"))
        if not re.fullmatch(pattern, line, re.DOTALL):
            raise Mismatch("expected %r, got %r" % (wanted, line))

    def rest(self):
        """To the end of the connection; nothing more may come."""
        if self.sock.fileno() < 0:
            return
        try:
            while True:
                self.fill()
        except (EOFError, OSError):
            pass
        if self.input:
            raise Mismatch("the client said more: %r" % self.input)

    def finish(self):
        """After the client's end: nobody else came."""
        self.listener.settimeout(0)
        try:
            self.listener.accept()
        except BlockingIOError:
            return
        raise Mismatch("another connection than those of the script")

    def release(self):
        self.listener.close()
        if self.sock:
            self.sock.close()


def sandbox_for(script, port):
    box = Sandbox()
    tls = script.one("tls", "off")
    box.account(host="127.0.0.1", port=port, tls=tls, auth="none")
    if tls != "off":
        box.account(tls_trust=certs.get("good").ca)
    for section, key in (("work", "config"), ("sendoff", "sendoff")):
        for line in script.header[key]:
            name, _, value = line.partition("=")
            box._merge(section, {name.strip(): value.strip()})
    return box


class DialogueCase(unittest.TestCase):
    """One dialogue file as a test."""

    def __init__(self, path, name):
        super().__init__("runTest")
        self.file, self.name = path, name

    def id(self):
        return self.name

    def runTest(self):
        script = Script(self.file)
        player = Player(script)
        self.addCleanup(player.release)
        box = sandbox_for(script, player.port)
        self.addCleanup(box.close)
        done = self.run_client(script, player, box)
        texts = types.SimpleNamespace(stderr=done.stderr,
                                      stdout=done.stdout.decode("utf-8", "backslashreplace"))
        for field, text in script.expected:
            self.check(field, text, texts, done)
        named = {field.replace("error", "stderr") for field, _ in script.expected}
        for stream in {"stdout", "stderr"} - named if done.status == 0 else ():
            self.assertEqual(getattr(texts, stream), "", "%s\n%s" % (stream, done))

    def run_client(self, script, player, box):
        stdin = b"".join(octets(line, b"\n") for line in script.header["stdin"])
        env = dict(line.split("=", 1) for line in script.header["env"])
        feed = open(box.write("stdin", stdin), "rb")
        child = box.start("sendmail", *shlex.split(script.one("args", "")), env=env, stdin=feed,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        feed.close()
        player.alive = lambda: child.poll() is None
        try:
            player.play()
        except (Mismatch, OSError) as why:
            child.kill() if child.poll() is None and isinstance(why, Mismatch) else None
            done = box.finish(child)
            raise Mismatch("%s\n\n%s" % (why, done)) from None
        done = box.finish(child)
        player.finish()
        return done

    def check(self, field, text, texts, done):
        if field == "exit":
            self.assertEqual(done.status, int(text), str(done))
        elif field == "status":
            self.assertTrue(done.log, "no log line: %s" % done)
            self.assertEqual(done.log[-1].get("dsn"), text, str(done))
        elif field == "log":
            for word in shlex.split(text):
                key, _, value = word.partition("=")
                self.assertTrue(done.log, "no log line: %s" % done)
                self.assertEqual(done.log[-1].get(key), value, "%s of %s" % (key, done))
        else:
            found = getattr(texts, field.replace("error", "stderr"))
            if text == "(nothing)":
                self.assertEqual(found, "", str(done))
            else:
                self.assertIn(text, found, str(done))
