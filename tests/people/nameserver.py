# SPDX-License-Identifier: ISC
"""A name server on loopback that knows a few records, and a way to run a program that asks it.

    with NameServer({("example.dev", TXT): [text("v=spf1 -all")]}) as dns:
        box.finish(dns.start(box, "sendoff", "check"))

The program sees /etc/resolv.conf from a mount namespace of its own; that needs root.
"""

import socket
import struct
import subprocess
import threading
import unittest

from world import hindrance

A, TXT, SRV = 1, 16, 33
LOOPBACK = b"\x7f\0\0\1"  # in an A record
ADDRESS = "127.0.0.77"


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".") if p) + b"\0"


def text(*strings):
    return b"".join(bytes([len(s)]) + s.encode() for s in strings)


def service(host, port, priority=0, weight=0):
    return struct.pack(">HHH", priority, weight, port) + name(host)


class NameServer:
    def __init__(self, records):
        if hindrance():
            raise unittest.SkipTest(hindrance())
        self.records, self.asked = records, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind((ADDRESS, 53))
        except OSError as why:
            self.socket.close()
            raise unittest.SkipTest("port 53 of %s: %s" % (ADDRESS, why)) from None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            if query == b"stop":
                return
            self.socket.sendto(self._answer(query), peer)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        key = (".".join(labels).lower(), kind)
        self.asked.append(key)
        found = self.records.get(key, [])
        head = query[:2] + struct.pack(">HHHHH", 0x8180 if found else 0x8183, 1, len(found), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 300, len(r)) + r for r in found)
        return head + query[12:at + 5] + answers

    def start(self, box, program, *words, **options):
        """The program as box.start would run it, with this name server as the only one."""
        conf = box.write("resolv.conf", "nameserver %s\n" % ADDRESS, 0o644)
        script = 'mount --bind "$1" "$(readlink -f /etc/resolv.conf)"; shift; exec "$@"'
        child = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", conf,
                                  box.file("bin", program), *words],
                                 env=box.environment(None), cwd=box.home,
                                 **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        child.logged = len(box.log())
        return child

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stopper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stopper.sendto(b"stop", (ADDRESS, 53))
        stopper.close()
        self.thread.join(10)
        self.socket.close()
