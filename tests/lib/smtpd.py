#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A small submission server for tests, strict about what it is sent.

It is a real server (RFC 5321, 3207, 4954, 2920, 1870, 6152, 3030, 6531, 3461): what it offers is
a set of keywords, and what it answers can be replaced step by step, so that a test can make it
refuse one recipient, close at the final dot, or say nothing for ever:

    with Server(offers={"PIPELINING", "SIZE", "AUTH"}, users={"me": "secret"}) as server:
        server.on("RCPT", "550 5.1.1 nobody here", match="carol@")
        server.on(".", CLOSE)
        ... run the client against server.port ...
        server.messages[0].data, server.connections[0].commands

It also checks its client: whatever breaks the protocol is put down in Connection.violations.
By hand:  python3 tests/lib/smtpd.py --help
"""

import argparse
import os
import re
import select
import socket
import ssl
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import saslserver  # noqa: E402

ALL_OFFERS = {
    "PIPELINING", "SIZE", "8BITMIME", "CHUNKING", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES",
    "STARTTLS", "AUTH",
}
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER")
# Which offer allows a parameter of MAIL and of RCPT.
MAIL_PARAMETERS = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN",
    "AUTH": "AUTH", "REQUIRETLS": "REQUIRETLS",
}
RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}
# Commands that must be the last of a pipelined group (RFC 2920 section 3.1, RFC 3030).
LAST_OF_GROUP = {"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "VRFY", "EXPN", "NOOP"}


class Gone(Exception):
    """The connection is over; the text says how."""


class Close:
    """Action: closes the connection in order."""

    def act(self, session):
        raise Gone("closed by server")


class Reset:
    """Action: ends the connection with a TCP reset."""

    def act(self, session):
        session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone("reset by server")


class Stall:
    """Action: says nothing and reads nothing until the client goes away."""

    def act(self, session):
        session.wait_for_hangup()
        raise Gone("stalled until the client left")


class Pause:
    """Action: waits so many seconds, then goes on with the next action."""

    def __init__(self, seconds):
        self.seconds = seconds

    def act(self, session):
        session.server.stopping.wait(self.seconds)


class Drip:
    """Action: sends the text one byte at a time."""

    def __init__(self, text, seconds=0.2):
        self.text, self.seconds = text, seconds

    def act(self, session):
        for octet in encode(self.text):
            session.send(bytes([octet]))
            if session.server.stopping.wait(self.seconds):
                raise Gone("closed by server")


CLOSE, RESET, STALL = Close(), Reset(), Stall()


def encode(text):
    """Reply text to octets, with the line end that a str leaves out; bytes go as they are."""
    if isinstance(text, bytes):
        return text
    return (text if text.endswith("\n") else text + "\r\n").encode("utf-8", "surrogateescape")


class Message:
    """One accepted message: envelope and exact content (without dot-stuffing, CR LF line ends)."""

    def __init__(self, sender, parameters):
        self.sender, self.parameters = sender, parameters
        self.recipients = []  # (address, {parameter: value}) in the order accepted
        self.data = b""
        self.chunks = []  # sizes of the BDAT chunks; empty: it came by DATA
        self.connection = None

    @property
    def to(self):
        return [address for address, _ in self.recipients]


class Connection:
    """What one client did.  Complete once `done` is set."""

    def __init__(self, number):
        self.number = number
        self.commands = []  # lines as received, credentials too
        self.replies = []
        self.flights = 0  # times the client spoke after the server had: round trips
        self.tls = None  # dict: version, cipher, resumed, sni, certificate
        self.mechanism = self.user = None
        self.violations = []
        self.ended = None  # "quit", "eof", or why
        self.done = threading.Event()

    def verbs(self):
        return [line.split(" ")[0].upper() for line in self.commands]


class Rule:
    def __init__(self, verb, action, match, times):
        self.verb, self.action, self.times = verb, action, times
        self.match = re.compile(match) if match else None

    def applies(self, verb, argument):
        if self.verb != verb or self.times == 0:
            return False
        return self.match is None or bool(self.match.search(argument))


class Server:
    """Listens on loopback (or a Unix socket) from construction until close().

    offers      EHLO keywords; "SIZE=1000" and "LIMITS=RCPTMAX=2" carry a value
    mechanisms  names after AUTH; users: {name: password or token}
    tls         "off", "starttls" or "implicit"; context: the ssl.SSLContext for the last two
    lmtp        speaks LMTP (RFC 2033): what real servers deliver to
    """

    def __init__(self, offers=ALL_OFFERS, mechanisms=MECHANISMS, users=None, tls="off",
                 context=None, host="127.0.0.1", port=0, path=None, name="server.example",
                 require_auth=False, lmtp=False):
        self.offers = {o.split("=")[0]: o.partition("=")[2] for o in offers}
        if tls != "starttls":
            self.offers.pop("STARTTLS", None)
        if users is None:
            self.offers.pop("AUTH", None)
        self.mechanisms, self.users = tuple(mechanisms), users or {}
        self.tls, self.context, self.name = tls, context, name
        self.require_auth, self.lmtp = require_auth, lmtp
        self.rules, self.messages, self.connections = [], [], []
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)
        self.stopping = threading.Event()
        self.listener = self._listen(host, port, path)
        self.host, self.path = host, path
        self.port = None if path else self.listener.getsockname()[1]
        self.snis = {}
        if context:
            context.sni_callback = lambda sock, name, _: self.snis.__setitem__(id(sock), name)
        threading.Thread(target=self._accept, daemon=True).start()

    def _listen(self, host, port, path):
        if path:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        listener.listen(128)
        return listener

    def _accept(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                record = Connection(len(self.connections) + 1)
                self.connections.append(record)
            session = Session(self, sock, record)
            threading.Thread(target=session.run, daemon=True).start()

    def on(self, verb, action, match=None, times=-1):
        """Answers `verb` (EHLO, MAIL, RCPT …; "greeting"; "." for the end of the content) with
        `action` where the regular expression `match` is found in its argument.  The rule made
        last is asked first; it holds so many `times`.  An action is a reply (str), raw octets
        (bytes), CLOSE, RESET, STALL, Pause, Drip, a function of the session that gives an
        action, or a list of actions.  None stands for what would be said anyway."""
        self.rules.insert(0, Rule(verb, action, match, times))

    def rule(self, verb, argument):
        with self.lock:
            for rule in self.rules:
                if rule.applies(verb, argument):
                    rule.times -= 1
                    return rule
        return None

    def deliver(self, message):
        with self.lock:
            self.messages.append(message)
            self.arrived.notify_all()

    def wait_for(self, count, seconds=20):
        """Waits until so many messages are there; says whether they are."""
        with self.lock:
            return self.arrived.wait_for(lambda: len(self.messages) >= count, seconds)

    def take(self, count=1, seconds=20):
        """Waits for so many messages, removes and returns them."""
        if not self.wait_for(count, seconds):
            raise AssertionError("%d of %d messages came" % (len(self.messages), count))
        with self.lock:
            taken, self.messages[:count] = self.messages[:count], []
        return taken

    def settle(self, seconds=20):
        """Waits until every connection so far is over; returns all violations."""
        for record in list(self.connections):
            if not record.done.wait(seconds):
                raise AssertionError("connection %d did not end" % record.number)
        return [v for record in self.connections for v in record.violations]

    def close(self):
        self.stopping.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Session:
    """One connection: reads commands, asks the rules, answers."""

    def __init__(self, server, sock, record):
        self.server, self.sock, self.record = server, sock, record
        self.input, self.spoke = bytearray(), True
        self.greeted = self.authenticated = None
        self.extended = False  # EHLO was taken: the offers hold
        self.message = None
        sock.settimeout(60)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # The wire.

    def send(self, octets):
        self.spoke = True
        self.sock.sendall(octets)

    def _fill(self):
        octets = self.sock.recv(65536)
        if not octets:
            raise Gone("eof")
        if self.spoke:
            self.record.flights += 1
            self.spoke = False
        self.input += octets

    def octets(self, count):
        while len(self.input) < count:
            self._fill()
        taken = bytes(self.input[:count])
        del self.input[:count]
        return taken

    def until(self, end):
        """All up to and with `end`."""
        searched = 0
        while (found := self.input.find(end, searched)) < 0:
            searched = max(0, len(self.input) - len(end) + 1)
            self._fill()
        return self.octets(found + len(end))

    def line(self):
        """The next line without its end; a line end other than CR LF is a violation."""
        line = self.until(b"\n")[:-1]
        if not line.endswith(b"\r"):
            self.violation("line ends in a bare LF: %r" % line)
        line = line.removesuffix(b"\r")
        if b"\r" in line or b"\0" in line:
            self.violation("CR or NUL inside a line: %r" % line)
        return line.decode("utf-8", "surrogateescape")

    def content(self):
        """What follows 354, up to the final dot; dots unstuffed."""
        data = self.until(b"\n")
        if data != b".\r\n":
            self.input[:0] = data
            data = self.until(b"\r\n.\r\n")
        data = (b"\r\n" + data[:-3]).replace(b"\r\n.", b"\r\n")
        return data[2:]

    def wait_for_hangup(self):
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while not self.server.stopping.is_set():
            if poll.poll(100):
                return

    def wire_pause(self):
        """Waits until the client has sent something more, which stays unread."""
        select.select([self.sock], [], [], 20)
        return b""

    def violation(self, text):
        self.record.violations.append(text)

    # Answers.

    def answer(self, verb, argument, default):
        """Says `default` unless a rule says otherwise; returns the code that was sent, or ""."""
        pipelining = "PIPELINING" in self.offered()
        if self.input and verb not in ("BDAT", ".") and (
                not pipelining or verb in LAST_OF_GROUP or verb == "greeting"):
            self.violation("%s: the client did not wait for the reply" % verb)
        rule = self.server.rule(verb, argument)
        return self.act(rule.action if rule else default, default)

    def act(self, action, default):
        if callable(action):
            action = action(self)
        if action is None:
            action = default
        if isinstance(action, (list, tuple)):
            code = ""
            for one in action:
                code = self.act(one, default)
            return code
        if not isinstance(action, (str, bytes)):
            action.act(self)
            action = getattr(action, "text", b"")
            return action[:3] if isinstance(action, str) else ""
        self.record.replies.append(action)
        self.send(encode(action))
        text = action if isinstance(action, str) else action.decode("latin-1")
        return text[:3]

    # The session.

    def run(self):
        try:
            if self.server.tls == "implicit":
                self.start_tls()
            if self.answer("greeting", "", "220 %s ESMTP test" % self.server.name)[:1] != "2":
                self.wait_for_hangup()
                raise Gone("greeted with a refusal")
            while True:
                self.command(self.line())
        except Gone as why:
            self.record.ended = str(why)
        except (OSError, ssl.SSLError) as why:
            self.record.ended = "error: %s" % why
        finally:
            self.sock.close()
            self.record.done.set()

    def command(self, line):
        self.record.commands.append(line)
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        if len(line) > 510 + 500 and verb != "AUTH":
            self.violation("command line of %d octets" % len(line))
        handler = getattr(self, "do_" + verb.lower(), None) if verb.isalpha() else None
        if handler is None:
            self.answer(verb, argument, "500 5.5.1 no such command")
        else:
            handler(argument)

    def start_tls(self):
        sock = self.server.context.wrap_socket(
            self.sock, server_side=True, do_handshake_on_connect=False)
        self.sock = sock
        sock.do_handshake()
        self.record.tls = {
            "version": sock.version(), "cipher": sock.cipher()[0],
            "resumed": sock.session_reused, "sni": self.server.snis.pop(id(sock), None),
            "certificate": sock.getpeercert(binary_form=True),
        }

    def offered(self):
        offers = dict(self.server.offers) if self.extended else {}
        if self.record.tls:
            offers.pop("STARTTLS", None)
        if "AUTH" in offers:
            offers["AUTH"] = " ".join(self.server.mechanisms)
        if not self.record.tls:
            offers.pop("REQUIRETLS", None)
        return offers

    def do_ehlo(self, argument):
        self.extended = True
        lines = [self.server.name] + sorted(
            (k + " " + v).strip() for k, v in self.offered().items())
        reply = "".join("250-%s\r\n" % text for text in lines[:-1]) + "250 " + lines[-1]
        if self.answer("EHLO", argument, reply)[:1] == "2":
            self.greeted, self.message = argument, None
        else:
            self.extended = bool(self.greeted)

    do_lhlo = do_ehlo

    def do_helo(self, argument):
        if self.answer("HELO", argument, "250 " + self.server.name)[:1] == "2":
            self.greeted, self.message = argument, None

    def do_starttls(self, argument):
        if "STARTTLS" not in self.offered():
            self.violation("STARTTLS without the offer")
            self.answer("STARTTLS", argument, "502 5.5.1 not offered")
            return
        if self.answer("STARTTLS", argument, "220 2.0.0 go ahead")[:1] == "2":
            if self.input:
                self.violation("plaintext after STARTTLS: %r" % bytes(self.input))
                self.input.clear()
            self.start_tls()
            self.greeted = self.authenticated = None
            self.extended = False

    def do_auth(self, argument):
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        if "AUTH" not in self.offered() or mechanism not in self.server.mechanisms:
            self.violation("AUTH %s without the offer" % mechanism)
            self.answer("AUTH", argument, "504 5.5.4 no such mechanism")
            return
        rule = self.server.rule("AUTH", argument)
        if rule and rule.action is not None:
            self.authenticated = self.act(rule.action, "") == "235"
            return
        user = saslserver.authenticate(self, mechanism, initial or None)
        if user is None:
            self.answer("AUTH failed", mechanism, "535 5.7.8 authentication failed")
            return
        self.authenticated = True
        self.record.mechanism, self.record.user = mechanism, user
        self.answer("AUTH done", mechanism, "235 2.7.0 welcome")

    def challenge(self, text):
        """SASL: sends a challenge (base64 text), returns the client's line."""
        self.send(encode("334 " + text))
        return self.line()

    def parameters(self, verb, text, known):
        """Splits "<address> A=b C" and checks each parameter against the offers."""
        match = re.match(r"(?:FROM|TO):<((?:\"(?:[^\"\\]|\\.)*\"|[^\"<>])*)>((?: [^ ]+)*)$",
                         text, re.IGNORECASE)
        if not match:
            self.violation("%s does not parse: %r" % (verb, text))
            return None, {}
        address, rest = match.groups()
        found = {}
        for word in rest.split():
            key, _, value = word.partition("=")
            found[key.upper()] = value
            if known.get(key.upper()) not in self.offered():
                self.violation("%s parameter without the offer: %s" % (verb, word))
        if not address.isascii() and "SMTPUTF8" not in found and verb == "MAIL":
            self.violation("%s: 8-bit address without SMTPUTF8" % verb)
        return address, found

    def do_mail(self, argument):
        address, found = self.parameters("MAIL", argument, MAIL_PARAMETERS)
        default = "250 2.1.0 ok"
        limit = int(self.server.offers.get("SIZE") or 0)
        if address is None:
            default = "501 5.5.4 syntax"
        elif not self.greeted or self.message:
            default = "503 5.5.1 not now"
            self.violation("MAIL out of order")
        elif self.server.require_auth and not self.authenticated:
            default = "530 5.7.0 authentication required"
        elif limit and int(found.get("SIZE") or 0) > limit:
            default = "552 5.3.4 too large"
        if self.answer("MAIL", argument, default)[:1] == "2":
            self.message = Message(address, found)

    def do_rcpt(self, argument):
        address, found = self.parameters("RCPT", argument, RCPT_PARAMETERS)
        default = "250 2.1.5 ok"
        if address is None:
            default = "501 5.5.4 syntax"
        elif not self.message:
            default = "503 5.5.1 MAIL first"
        elif not address.isascii() and "SMTPUTF8" not in self.message.parameters:
            self.violation("RCPT: 8-bit address without SMTPUTF8")
        if self.answer("RCPT", argument, default)[:1] == "2" and self.message:
            self.message.recipients.append((address, found))

    def refusal(self):
        """Why no content can be taken now, or None."""
        if not self.message:
            return "503 5.5.1 MAIL first"
        if not self.message.recipients:
            return "554 5.5.1 no valid recipients"
        return None

    def do_data(self, argument):
        default = self.refusal() or "354 go ahead"
        if self.answer("DATA", argument, default)[:1] != "3":
            return
        data = self.content()
        if self.message is None:
            self.message = Message("", {})
        self.message.data += data
        self.finish()

    def do_bdat(self, argument):
        match = re.match(r"(\d+)( LAST)?$", argument, re.IGNORECASE)
        rule = self.server.rule("BDAT", argument)
        if rule and isinstance(rule.action, str) and rule.action[:3] in ("500", "502", "504"):
            self.act(rule.action, None)  # such a server does not know that octets follow
            return
        if not match or "CHUNKING" not in self.offered():
            self.violation("BDAT %s: bad or not offered" % argument)
            self.act("502 5.5.1 no such command", None)
            return
        octets = self.octets(int(match[1]))
        refused = self.refusal()
        if self.message:
            self.message.data += octets
            self.message.chunks.append(len(octets))
        if rule or refused:
            code = self.act(rule.action if rule else refused, refused or "250 2.0.0 ok")
            if code[:1] != "2":
                return
        if match[2]:
            self.finish()
        elif not rule and not refused:
            self.act("250 2.0.0 %d octets" % len(octets), None)

    def finish(self):
        """The content is whole: checks it, keeps it if the answer is 2yz."""
        message, self.message = self.message, None
        message.connection = self.record
        self.check(message)
        rule = self.server.rule(".", message.sender)
        action = rule.action if rule else "250 2.0.0 ok"
        kept = not isinstance(action, str) or action.startswith("2")
        if kept:  # before the reply: whoever has read it may look
            self.server.deliver(message)
        for _ in message.recipients if self.server.lmtp else (1,):
            self.act(action, "250 2.0.0 ok")

    def check(self, message):
        data = message.data
        if not data.isascii() and message.parameters.get("BODY", "").upper() != "8BITMIME":
            self.violation("8-bit content without BODY=8BITMIME")
        if b"\0" in data:
            self.violation("NUL in the content")
        if data.count(b"\r") != data.count(b"\r\n") or data.count(b"\n") != data.count(b"\r\n"):
            self.violation("bare CR or LF in the content")
        declared = message.parameters.get("SIZE")
        if declared is not None and abs(int(declared) - len(data)) > len(data) // 50 + 64:
            self.violation("SIZE=%s for %d octets" % (declared, len(data)))

    def do_rset(self, argument):
        if self.answer("RSET", argument, "250 2.0.0 ok")[:1] == "2":
            self.message = None

    def do_noop(self, argument):
        self.answer("NOOP", argument, "250 2.0.0 ok")

    def do_vrfy(self, argument):
        self.answer("VRFY", argument, "252 2.1.5 perhaps")

    def do_quit(self, argument):
        try:
            self.answer("QUIT", argument, "221 2.0.0 bye")
        except OSError:
            pass  # a client need not wait for this reply
        raise Gone("quit")


def store(server, folder):
    """Writes each message to FOLDER/N.eml, its envelope to FOLDER/N.envelope, as they come."""
    written = 0
    while server.wait_for(written + 1, 1e9):
        message = server.messages[written]
        written += 1
        base = os.path.join(folder, "%d" % written)
        with open(base + ".envelope", "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("from <%s>\n" % message.sender)
            for address in message.to:
                file.write("to <%s>\n" % address)
            tls = message.connection.tls
            file.write("tls %s\n" % (tls["version"] if tls else "none"))
            file.write("auth %s\n" % (message.connection.mechanism or "none"))
        with open(base + ".part", "wb") as file:
            file.write(message.data)
        os.rename(base + ".part", base + ".eml")


def arguments():
    parser = argparse.ArgumentParser(
        description="Submission server for trying things out on loopback. It delivers to files.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--socket", help="listen on this Unix socket instead")
    parser.add_argument("--tls", choices=("off", "starttls", "implicit"), default="off")
    parser.add_argument("--cert", help="PEM file with certificate and chain")
    parser.add_argument("--key", help="PEM file with the key")
    parser.add_argument("--user", action="append", default=[], metavar="NAME:PASSWORD",
                        help="offer AUTH and ask for it")
    parser.add_argument("--mechanisms", default="PLAIN", help="default: PLAIN")
    parser.add_argument("--offers", default=",".join(sorted(ALL_OFFERS)),
                        help="EHLO keywords (default: %(default)s)")
    parser.add_argument("--deliver", required=True, metavar="DIR",
                        help="where N.eml and N.envelope are written")
    parser.add_argument("--ready", metavar="FILE", help="write the port here once listening")
    return parser.parse_args()


def main():
    args = arguments()
    context = None
    if args.tls != "off":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
    users = dict(pair.split(":", 1) for pair in args.user) or None
    with Server(offers=args.offers.split(","), mechanisms=args.mechanisms.split(","), users=users,
                tls=args.tls, context=context, host=args.host, port=args.port,
                path=args.socket, require_auth=bool(users)) as server:
        print("listening on %s" % (args.socket or "%s:%d" % (args.host, server.port)), flush=True)
        if args.ready:
            with open(args.ready + ".part", "w") as file:
                file.write("%s\n" % server.port)
            os.rename(args.ready + ".part", args.ready)
        store(server, args.deliver)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
