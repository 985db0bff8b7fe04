# SPDX-License-Identifier: ISC
"""One connection of smtpd.Server: the commands, what is checked, what is answered."""

import re
import select
import socket
import ssl

from smtpactions import Gone, encode

# Which offer allows a parameter of MAIL and of RCPT.
MAIL_PARAMETERS = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN",
    "AUTH": "AUTH", "REQUIRETLS": "REQUIRETLS",
}
RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}
# Commands that must be the last of a pipelined group (RFC 2920 section 3.1, RFC 3030).
LAST_OF_GROUP = {"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "VRFY", "EXPN", "NOOP"}


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


class Session:
    """One connection: reads commands, asks the rules, answers."""

    def __init__(self, server, sock, record):
        self.server, self.sock, self.record = server, sock, record
        self.plain = sock.dup()  # whatever TLS makes of the other
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
        self.check_patience(verb)
        rule = self.server.rule(verb, argument)
        return self.act(rule.action if rule else default, default)

    def check_patience(self, verb):
        pipelining = "PIPELINING" in self.offered()
        if self.input and verb not in ("BDAT", ".") and (
                not pipelining or verb in LAST_OF_GROUP or verb == "greeting"):
            self.violation("%s: the client did not wait for the reply" % verb)

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
        except Exception as why:
            self.record.ended = "the test server failed: %r" % why
            self.violation(self.record.ended)
        finally:
            self.plain.close()
            self.sock.close()
            self.record.done.set()

    def interrupt(self):
        """Ends the connection, from whichever thread."""
        try:
            self.plain.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

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
        user = self.server.sasl.authenticate(self, mechanism, initial or None)
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
