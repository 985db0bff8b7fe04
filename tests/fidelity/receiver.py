# SPDX-License-Identifier: ISC
"""A real server behind a sandbox: what is sent to it is judged where it delivers."""

import itertools
import smtplib
import ssl

import compare
import servers
from judge import Fidelity

NUMBERS = itertools.count(1)


class Receiver(Fidelity):
    """Each message gets a recipient of its own, so that none is taken for another."""

    def way(self, real, port):
        real.sink.messages.clear()
        return real, self.sandbox(real.via(port))

    def passed_on(self, way, data):
        """Sends; what the server delivered, without its trace."""
        real, box = way
        recipient = "case%d@example.net" % next(NUMBERS)
        self.assertExit(box.sendmail("-i", "-f", "alice@example.org", recipient, stdin=data), 0)
        message = real.one()
        self.assertEqual((message.sender, message.to), ("alice@example.org", [recipient]))
        return servers.without_trace(message)

    def judge_at(self, way, data):
        wanted = compare.digest(compare.canonical(data))
        self.assertEqual(compare.difference(wanted, compare.digest(self.passed_on(way, data))), "")

    def raw(self, real, port):
        """A session of Python's own SMTP client, logged in, for what sendoff would never send."""
        session = smtplib.SMTP("127.0.0.1", real.daemon.ports[port], timeout=30)
        self.addCleanup(session.close)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        session.starttls(context=context)
        session.login("you@example.org", servers.USERS["you@example.org"])
        session.mail("alice@example.org")
        session.rcpt("raw@example.net")
        return session

    def raw_content(self, real, port, content):
        """The server's reply to content sent octet for octet."""
        session = self.raw(real, port)
        self.assertEqual(session.docmd("DATA")[0], 354)
        session.send(content + b"\r\n.\r\n")
        return session.getreply()
