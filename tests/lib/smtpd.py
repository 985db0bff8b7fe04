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
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import saslserver  # noqa: E402
from smtpactions import CLOSE, RESET, STALL, Drip, Pause  # noqa: E402, F401
from smtpsession import Session  # noqa: E402

ALL_OFFERS = {
    "PIPELINING", "SIZE", "8BITMIME", "CHUNKING", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES",
    "STARTTLS", "AUTH",
}
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER")


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
    sasl        what checks logins: saslserver, or a cyrus.Sasl
    """

    session = Session  # plays one connection

    def __init__(self, offers=ALL_OFFERS, mechanisms=MECHANISMS, users=None, tls="off",
                 context=None, host="127.0.0.1", port=0, path=None, name="server.example",
                 require_auth=False, lmtp=False, sasl=saslserver):
        self.offers = {o.split("=")[0]: o.partition("=")[2] for o in offers}
        if tls != "starttls":
            self.offers.pop("STARTTLS", None)
        if users is None:
            self.offers.pop("AUTH", None)
        self.mechanisms, self.users = tuple(mechanisms), users or {}
        self.tls, self.context, self.name = tls, context, name
        self.require_auth, self.lmtp, self.sasl = require_auth, lmtp, sasl
        self.rules, self.messages, self.connections, self.sessions = [], [], [], []
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
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)  # with the zone of a link-local one
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
            session = self.session(self, sock, record)
            self.sessions.append(session)
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
        for session in self.sessions:
            session.interrupt()
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


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
