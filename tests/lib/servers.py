# SPDX-License-Identifier: ISC
"""Real servers, each started when first asked for, once per process, and stopped at its end.

    real = servers.postfix()             or exim(), opensmtpd(); raises SkipTest where it cannot be had
    box.account(server=real.via("starttls"))
    ... send ...
    message = real.take()                what was delivered: a smtpd.Message
    servers.without_trace(message)       its content without the server's own Received field

A real server takes submissions on loopback (STARTTLS, implicit TLS, and neither) and delivers
everything to a sink: an smtpd.Server that speaks LMTP.  Users and their secrets: USERS, TOKENS.
`refused@example.net` and `deferred@example.net` are recipients, `refused@example.org` and
`deferred@example.org` senders that it answers with 5yz and 4yz.
"""

import functools
import types

from daemon import need_root
from dovecot import Dovecot
from exim import Exim
from kerberos import Kerberos
from opensmtpd import OpenSmtpd
from postfix import Postfix
from smtpd import Server

USERS = {"me@example.org": "pa ss=wörd;#\"1'", "you@example.org": "simple"}
TOKENS = {"ya29." + "A1b2-_" * 40: "me@example.org"}
SINK_OFFERS = {"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "DSN", "ENHANCEDSTATUSCODES"}


class Real:
    """A running server and its sink."""

    def __init__(self, daemon, sink):
        self.daemon, self.sink = daemon, sink

    def via(self, port="starttls", user="you@example.org", password=None):
        """What sandbox.account() wants to know; port is a name in daemon.ports."""
        users = {user: password or USERS.get(user, "unknown")} if user else {}
        return types.SimpleNamespace(
            host="127.0.0.1", port=self.daemon.ports[port], path=None, users=users,
            tls=port if port in ("off", "implicit") else "starttls")

    def take(self, count=1):
        """Waits for so many delivered messages; a list when count is given."""
        return self.sink.take(count, 30)

    def one(self):
        return self.take(1)[0]


def without_trace(message):
    """The content as submitted: the topmost Received field, which the server added, taken off."""
    head, _, rest = message.data.partition(b"\r\n")
    if not head.startswith(b"Received:"):
        raise AssertionError("no Received field on top: %r" % message.data[:200])
    while rest[:1] in (b" ", b"\t"):
        _, _, rest = rest.partition(b"\r\n")
    return rest


@functools.lru_cache(None)
def dovecot():
    need_root()
    return Dovecot(USERS, TOKENS)


@functools.lru_cache(None)
def kerberos():
    """A realm with the user `me`, password `krb`, and the service of postfix()."""
    need_root()
    return Kerberos("me", "krb", "smtp/postfix.test")


def sink():
    return Server(offers=SINK_OFFERS, lmtp=True, name="sink.test")


@functools.lru_cache(None)
def postfix():
    need_root()
    inbox = sink()
    return Real(Postfix(inbox.port, dovecot().socket, USERS, kerberos()), inbox)


@functools.lru_cache(None)
def exim():
    need_root()
    inbox = sink()
    return Real(Exim(inbox.port, dovecot().socket, USERS), inbox)


@functools.lru_cache(None)
def opensmtpd():
    """In clear only, without logins; see OpenSmtpd."""
    need_root()
    inbox = sink()
    return Real(OpenSmtpd(inbox.port), inbox)
