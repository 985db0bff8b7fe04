# SPDX-License-Identifier: ISC
"""What servers do that they should not: a table.  test_hostile_servers.py plays each row."""

import base64
import os

from smtpd import ALL_OFFERS, CLOSE, RESET, STALL, Drip

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", ".")
BEFORE_THE_DOT = STEPS[:-1]  # the reply to the message itself may take ten times as long
REFUSING = ("greeting", "MAIL", "RCPT", "DATA", ".")  # after a refused EHLO comes HELO
PLAIN = frozenset(ALL_OFFERS - {"PIPELINING", "CHUNKING"})
FLIGHTS = frozenset(ALL_OFFERS - {"CHUNKING"})
WANTED = {"greeting": b"220", "DATA": b"354"}  # the code that each step hopes for; else 250
REFUSED = {"RCPT": 67}  # the status after a 5xx; else 69


class Behaviour:
    """At each of these steps the server acts so; after it the program ends with one of `statuses`
    (REFUSED: with what a 5xx at this step means).  In octets CODE stands for the wanted code."""

    def __init__(self, name, steps, action, statuses, **world):
        self.name, self.action, self.world = name, action, world
        self.steps = (steps,) if isinstance(steps, str) else steps
        self.statuses = (statuses,) if isinstance(statuses, int) else statuses

    def rules(self, step):
        return [(step, with_code(self.action, WANTED.get(step, b"250")))]

    def ends(self, step):
        return (REFUSED.get(step, 69),) if self.statuses is REFUSED else self.statuses


def with_code(action, code):
    if isinstance(action, bytes):
        return action.replace(b"CODE", code)
    if isinstance(action, list):
        return [with_code(each, code) for each in action]
    return Endless(with_code(action.text, code)) if isinstance(action, Endless) else action


class Endless:
    """An action: says the text over and over until the client leaves."""

    def __init__(self, text):
        self.text = text

    def __call__(self, session):
        block = self.text * (65536 // len(self.text) + 1)
        try:
            while not session.server.stopping.is_set():
                session.send(block)
        except OSError:
            pass
        return CLOSE


def lines(count, text):
    return "".join("250-%s\r\n" % (text % number if "%" in text else text) for number in range(count)) + "250 OK"


def tls(action):
    """STARTTLS is agreed to; then, in place of the server's hello, this."""
    return [b"220 go ahead\r\n", lambda session: session.sock.recv(65536) and b"", action, STALL]


def challenges(text):
    """An action: this challenge to each response, without an end."""
    def act(session):
        for _ in range(100_000):
            if session.challenge(text) == "*":
                return "501 5.7.0 cancelled"
        return "535 5.7.8 no"
    return act


def scram(first, then="535 5.7.8 wrong"):
    """An action: SCRAM whose first message is so; NONCE stands for the client's."""
    def act(session):
        said = base64.b64decode(session.record.commands[-1].split()[2]).decode()
        text = first.replace("NONCE", said.partition("r=")[2])
        answer = session.challenge(base64.b64encode(text.encode()).decode())
        return "501 5.7.0 cancelled" if answer == "*" else then
    return act


def inside(text):
    """An action: what the server says as one TLS record, then octets that are no record."""
    def act(session):
        session.send(text)
        os.write(session.plain.fileno(), b"250 in clear\r\n" * 100)
        return STALL
    return act


ENCRYPTED = {"tls": "starttls", "offers": frozenset(ALL_OFFERS)}
SCRAM = {"mechanisms": ["SCRAM-SHA-256"], "account": {"auth": "scram-sha-256"}, "timeout": "10s"}
ESCAPES = "\x1b[2J\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1bP1$r0m\x1b\\ \x08\x7f\x0e \x9b31m".encode()

LINES = [
    Behaviour("a line of a megabyte without an end", BEFORE_THE_DOT, [b"CODE " + b"x" * 1_000_000, STALL], 75,
              timeout="1s"),
    Behaviour("a line without an end, for ever", STEPS, Endless(b"x" * 1000), 76),
    Behaviour("a right line without an end, for ever", STEPS, Endless(b"CODE-"), 76),
    Behaviour("lines of the wanted code, for ever", STEPS, Endless(b"CODE-more\r\n"), 76),
    Behaviour("lines of a refusal, for ever", STEPS, Endless(b"550-more\r\n"), 76),
    Behaviour("lines of text, for ever", STEPS, Endless(b"hello\r\n"), 76),
    Behaviour("empty lines, for ever", STEPS, Endless(b"\r\n"), 76),
    Behaviour("nothing but CR, for ever", STEPS, Endless(b"\r"), 76),
    Behaviour("nothing but LF, for ever", STEPS, Endless(b"\n"), 76),
    Behaviour("nothing but NUL, for ever", STEPS, Endless(b"\0"), 76),
    Behaviour("ten thousand NUL", STEPS, [bytes(10_000), CLOSE], 75),
    Behaviour("NUL before the code", STEPS, b"\0CODE ok\r\n", 76),
    Behaviour("NUL inside the code", STEPS, b"2\x0050 ok\r\n", 76),
    Behaviour("NUL in the words of a refusal", REFUSING, b"550 5.0.0 no\0body\r\n", REFUSED),
    Behaviour("chance octets", STEPS, [bytes(range(255, -1, -1)) * 8, CLOSE], 76),
    Behaviour("an HTTP server", STEPS, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 76),
    Behaviour("an SSH server", STEPS, b"SSH-2.0-OpenSSH_9.2\r\n", 76),
    Behaviour("a POP server", STEPS, b"+OK ready\r\n", 76),
    Behaviour("an IMAP server", STEPS, b"* OK ready\r\n", 76),
    Behaviour("a TLS alert", STEPS, [b"\x15\x03\x01\x00\x02\x02\x28", CLOSE], 75),
    Behaviour("an empty line", STEPS, b"\r\n", 76),
    Behaviour("a code of one digit", STEPS, b"2\r\n", 76),
    Behaviour("a code of two digits", STEPS, b"25 ok\r\n", 76),
    Behaviour("a code of four digits", STEPS, b"CODE0 ok\r\n", 76),
    Behaviour("a code of zeros", STEPS, b"000 ok\r\n", 76),
    Behaviour("a code that begins with 1", STEPS, b"150 ok\r\n", 76),
    Behaviour("a code that begins with 6", STEPS, b"650 ok\r\n", 76),
    Behaviour("a code of 999", STEPS, b"999 ok\r\n", 76),
    Behaviour("a code with a sign", STEPS, b"-50 ok\r\n", 76),
    Behaviour("a code with a blank", STEPS, b"2 50 ok\r\n", 76),
    Behaviour("a blank before the code", STEPS, b" CODE ok\r\n", 76),
    Behaviour("letters for a code", STEPS, b"abc ok\r\n", 76),
    Behaviour("wide digits", STEPS, "２５０ ok\r\n".encode(), 76),
    Behaviour("a letter behind the code", STEPS, b"CODEx ok\r\n", 76),
    Behaviour("a tab behind the code", STEPS, b"CODE\tok\r\n", 76),
    Behaviour("lines whose codes disagree", STEPS, b"CODE-one\r\n550 two\r\n", 76),
    Behaviour("a reply that never ends its lines, then silence", BEFORE_THE_DOT, [b"CODE-one\r\n", STALL], 75,
              timeout="1s"),
    Behaviour("half a line, then the end", STEPS, [b"CODE o", CLOSE], 75),
    Behaviour("half a line, then a reset", STEPS, [b"CODE o", RESET], 75),
    Behaviour("the end at once", STEPS, [CLOSE], 75),
    Behaviour("a reset at once", STEPS, [RESET], 75),
    Behaviour("silence", BEFORE_THE_DOT, [STALL], 75, timeout="1s"),
    Behaviour("silence after the dot", ".", [STALL], 75, timeout="1s"),
    Behaviour("an octet a second", BEFORE_THE_DOT, [Drip("250 " + "x" * 100, 1)], 75, timeout="1s"),
    Behaviour("421 everywhere", STEPS, [b"421 4.3.2 closing\r\n", CLOSE], 75),
]

WORDS = [
    Behaviour("terminal escapes in the words", REFUSING, b"550 5.0.0 " + ESCAPES + b"\r\n", REFUSED),
    Behaviour("a CR in the words", REFUSING, b"550 5.0.0 no\rsendmail: work: all is well\r\n", REFUSED),
    Behaviour("words that are not UTF-8", REFUSING, b"550 5.0.0 caf\xe9 \xff\xfe \xc0\xaf \xed\xa0\x80\r\n", REFUSED),
    Behaviour("words of 150 kilobytes", REFUSING, b"550 5.0.0 " + b"word " * 30_000 + b"\r\n", REFUSED),
    Behaviour("a refusal of nine hundred lines", REFUSING, b"550-5.0.0 line\r\n" * 900 + b"550 5.0.0 end\r\n",
              REFUSED),
    Behaviour("a refusal without words", REFUSING, b"550\r\n", REFUSED),
    Behaviour("an enhanced code that disagrees", REFUSING, b"550 2.0.0 ok\r\n", REFUSED),
    Behaviour("an enhanced code with huge numbers", REFUSING, b"550 5.99999999999.99999999999 no\r\n", REFUSED),
    Behaviour("format characters in the words", REFUSING, b"550 5.0.0 %s%n%1000000d ${HOME} `id` $(id)\r\n", REFUSED),
]

CLASSES = [
    Behaviour("a welcome that is no welcome", "greeting", b"250 hello\r\n", 0),
    Behaviour("354 where a welcome should be", "greeting", b"354 go ahead\r\n", 76),
    Behaviour("334 to the client's commands", ("EHLO", "MAIL", "RCPT", "DATA"), b"334 \r\n", 76),
    Behaviour("354 to what is not DATA", ("EHLO", "MAIL", "RCPT", "."), b"354 go ahead\r\n", 76),
    Behaviour("250 to DATA", "DATA", b"250 ok\r\n", 76),
    Behaviour("all replies before the first command", "greeting",
              b"220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n250 done\r\n", 76),
    Behaviour("two replies for one", BEFORE_THE_DOT, b"CODE ok\r\nCODE ok\r\n", 76),
    Behaviour("a refusal behind the yes", STEPS[:4], b"CODE ok\r\n554 5.0.0 no\r\n", 76),
    Behaviour("a refusal behind the last yes", ".", b"250 ok\r\n554 5.0.0 no\r\n", 0),
    Behaviour("354 to BDAT", "BDAT", b"354 go ahead\r\n", 76, offers=ALL_OFFERS),
    Behaviour("lines to BDAT, for ever", "BDAT", Endless(b"250-more\r\n"), 76, offers=ALL_OFFERS),
    Behaviour("silence to QUIT", "QUIT", [STALL], 0, timeout="1s"),
    Behaviour("lines to QUIT, for ever", "QUIT", Endless(b"221-more\r\n"), 0, timeout="1s"),
    Behaviour("a reset at QUIT", "QUIT", [RESET], 0),
]

CAPABILITIES = [
    Behaviour("ten thousand lines of EHLO", "EHLO", lines(10_000, "X-EXT%d"), 76),
    Behaviour("a thousand lines of EHLO, a kilobyte each", "EHLO", lines(1000, "X-%%05d%s" % ("y" * 1000)), 76),
    Behaviour("nine hundred lines of EHLO", "EHLO", lines(900, "X-EXT%d"), 0),
    Behaviour("a capability of half a megabyte", "EHLO", "250-x\r\n250 X" + "y" * 500_000, 0),
    Behaviour("ten thousand mechanisms", "EHLO", "250-x\r\n250 AUTH" + " PLAIN" * 10_000, 0, users={"me": "secret"}),
    Behaviour("mechanisms with escapes", "EHLO", "250-x\r\n250 AUTH \x1b[2J\x07 X\x00Y", 77, users={"me": "secret"}),
    Behaviour("a capability with NUL", "EHLO", "250-x\r\n250-SIZE\0 10\r\n250 8BITMIME", 0),
    Behaviour("SIZE of minus one", "EHLO", "250-x\r\n250 SIZE -1", 0),
    Behaviour("SIZE of 23 digits", "EHLO", "250-x\r\n250 SIZE 99999999999999999999999", 0),
    Behaviour("SIZE of one", "EHLO", "250-x\r\n250 SIZE 1", 69),
    Behaviour("LIMITS of no recipient", "EHLO", "250-x\r\n250 LIMITS RCPTMAX=0", 0),
    Behaviour("LIMITS of 20 digits", "EHLO", "250-x\r\n250 LIMITS RCPTMAX=99999999999999999999", 0),
    Behaviour("EHLO refused with 502", "EHLO", b"502 5.5.1 what?\r\n", 0),
]

AUTH = [
    Behaviour("a challenge of a megabyte to " + name, "AUTH", b"334 " + b"QUFB" * 250_000 + b"\r\n", status,
              account={"auth": name})
    for name, status in (("plain", 76), ("login", 77), ("cram-md5", 77), ("xoauth2", 77), ("oauthbearer", 77))
] + [
    Behaviour("challenges for ever to " + name, "AUTH", challenges("QUFB"), 76, account={"auth": name})
    for name in ("plain", "login", "cram-md5")
] + [
    Behaviour("a challenge that is no base64", "AUTH", b"334 *not base64*\r\n", 76, account={"auth": "cram-md5"}),
    Behaviour("a challenge of NULs and escapes", "AUTH", b"334 AAAAABtbMkoH\r\n", 77, account={"auth": "cram-md5"}),
    Behaviour("escapes in the refusal of a login", "AUTH", b"535 5.7.8 " + ESCAPES + b"\r\n", 77,
              account={"auth": "plain"}),
    Behaviour("250 to AUTH", "AUTH", b"250 ok\r\n", 0, account={"auth": "plain"}),
    Behaviour("success before SCRAM's proof", "AUTH", b"235 2.7.0 welcome\r\n", 76, **SCRAM),
    Behaviour("success amid SCRAM's proof", "AUTH", scram("r=NONCExyz,s=c2FsdA==,i=4096", "235 2.7.0 welcome"), 76,
              **SCRAM),
    Behaviour("a wrong proof of SCRAM", "AUTH", scram("r=NONCExyz,s=c2FsdA==,i=4096", "334 dj1BQUFB"), 76, **SCRAM),
    Behaviour("a nonce that is not ours", "AUTH", scram("r=other,s=c2FsdA==,i=4096"), 76, **SCRAM),
    Behaviour("a salt of half a megabyte", "AUTH", scram("r=NONCExyz,s=" + "QUFB" * 100_000 + ",i=4096"), 76,
              **SCRAM),
] + [
    Behaviour("SCRAM's iterations: " + count, "AUTH", scram("r=NONCExyz,s=c2FsdA==,i=" + count), 76, **SCRAM)
    for count in ("2147483647", "2147483648", "4294967295", "99999999999999999999", "0", "-1", "x")
]

TLS = [
    Behaviour("replies injected behind the go-ahead", "STARTTLS", b"220 go ahead\r\n250-x\r\n250 AUTH PLAIN\r\n",
              76, **ENCRYPTED),
    Behaviour("STARTTLS answered with 250", "STARTTLS", b"250 ok\r\n", 76, **ENCRYPTED),
    Behaviour("STARTTLS refused for now", "STARTTLS", b"454 4.7.0 later\r\n", 75, **ENCRYPTED),
    Behaviour("STARTTLS refused for good", "STARTTLS", b"501 5.5.4 no\r\n", 76, **ENCRYPTED),
    Behaviour("the end in the handshake", "STARTTLS", tls(CLOSE), 75, **ENCRYPTED),
    Behaviour("a reset in the handshake", "STARTTLS", tls(RESET), 75, **ENCRYPTED),
    Behaviour("silence in the handshake", "STARTTLS", tls(STALL), 75, timeout="1s", **ENCRYPTED),
    Behaviour("text in the handshake", "STARTTLS", tls(b"rubbish\r\n" * 10), 76, **ENCRYPTED),
    Behaviour("a record of zeros in the handshake", "STARTTLS", tls(b"\x16\x03\x03\x40\x00" + b"\0" * 0x4000), 76,
              **ENCRYPTED),
    Behaviour("empty records, for ever", "STARTTLS", tls(Endless(b"\x16\x03\x03\x00\x00")), 76, **ENCRYPTED),
    Behaviour("warnings, for ever", "STARTTLS", tls(Endless(b"\x15\x03\x03\x00\x02\x01\x5a")), 76, **ENCRYPTED),
    Behaviour("half a record in the handshake", "STARTTLS", tls(b"\x16\x03\x03\x00\x7a\x02"), 75, **ENCRYPTED),
    Behaviour("an octet every half second in the handshake", "STARTTLS",
              tls(Drip(b"\x16\x03\x03\x00\x7a" + b"\x02" * 200, 0.5)), 75, timeout="1s", **ENCRYPTED),
    Behaviour("text in clear amid the records", ("MAIL", "RCPT", "."), inside(b"250-o"), 75,
              **{**ENCRYPTED, "offers": PLAIN | {"STARTTLS"}}),
    Behaviour("a certificate of a thousand names", "greeting", None, 76, tls="starttls", kind="thousand",
              offers=ALL_OFFERS),
]

BEHAVIOURS = LINES + WORDS + CLASSES + CAPABILITIES + AUTH + TLS
