# SPDX-License-Identifier: ISC
"""A network namespace with nothing but its loopback device, for servers and for the program.

    space = netns.Namespace()              # SkipTest where there can be none
    server = space.run(lambda: smtpd.Server(host="fe80::1%lo"))
    box.sendmail(..., preexec_fn=space.enter)
"""

import ctypes
import fcntl
import socket
import struct
import threading
import time
import unittest

LO = 1  # the loopback device's index
PATIENCE_S = 30


class Namespace:
    """A network namespace where fe80::1 and fe80::5 are addresses of the loopback device."""

    def __init__(self):
        self.libc, self.handle = ctypes.CDLL(None, use_errno=True), None
        try:
            self.run(self.make)
        except OSError as error:
            raise unittest.SkipTest(str(error)) from None

    def check(self, result):
        if result < 0:
            raise OSError(ctypes.get_errno(), "no network namespace here")

    def make(self):
        self.check(self.libc.unshare(0x40000000))  # CLONE_NEWNET
        self.handle = open("/proc/thread-self/ns/net", "rb")
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, 0x8914, struct.pack("16sh22x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running
            for address in ("fe80::1", "fe80::5"):
                binary = socket.inet_pton(socket.AF_INET6, address)
                fcntl.ioctl(sock, 0x8916, struct.pack("16sIi", binary, 64, LO))  # SIOCSIFADDR
        deadline = time.monotonic() + PATIENCE_S
        while self.is_tentative() and time.monotonic() < deadline:
            time.sleep(0.01)

    def is_tentative(self):
        """Until then nobody may bind to them."""
        with open("/proc/thread-self/net/if_inet6", encoding="ascii") as addresses:
            return any(int(line.split()[4], 16) & 0x40 for line in addresses)

    def enter(self):
        self.check(self.libc.setns(self.handle.fileno(), 0))

    def run(self, function):
        """In a thread of its own, for threads have namespaces too."""
        results = []

        def work():
            try:
                if self.handle:
                    self.enter()
                results.append((function(), None))
            except OSError as error:
                results.append((None, error))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if results[0][1]:
            raise results[0][1]
        return results[0][0]
