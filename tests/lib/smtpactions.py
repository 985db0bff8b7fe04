# SPDX-License-Identifier: ISC
"""What smtpd.Server.on() can be told to do in place of a reply."""

import socket
import struct


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
