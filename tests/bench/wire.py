# SPDX-License-Identifier: ISC
"""A wire with a delay: packets of a network namespace come out at 127.0.0.1 of this one, late.

    with delay_line(port, rtt=0.05) as line:
        subprocess.run(line.prefix + ["client", ...])   # to 127.0.0.1, line.port

Two TUN devices with a relay between them that keeps every packet for half a round trip.  Both
ends are the kernel's own TCP, so that what Nagle's algorithm and delayed acknowledgements cost
is there, which a relay of connections (delayline.py) hides.  Wants root and /dev/net/tun; where
they are not to be had, delay_line() is that relay.
"""

import collections
import fcntl
import os
import select
import struct
import subprocess
import threading
import time

from delayline import DelayLine

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
OURS, THEIRS = "10.255.77.1", "10.255.77.2"
PACKET_MAX = 65536
TCP, SYN, ACK = 6, 0x02, 0x10


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def begins_connection(packet):
    header = (packet[0] & 15) * 4
    return packet[9] == TCP and packet[header + 13] & (SYN | ACK) == SYN


class Wire:
    kind = "TUN devices"

    def __init__(self, port, rtt):
        self.port = port
        self.delay, self.connections, self.stopped = rtt / 2, 0, False
        number = os.getpid() % 100000
        self.space, near, far = "sendoff-bench-%d" % number, "sb%dn" % number, "sb%df" % number
        self.prefix = ["ip", "netns", "exec", self.space]
        ip("netns", "add", self.space)
        try:
            self.near, self.far = open_tun(near), open_tun(far)
            ip("link", "set", far, "netns", self.space)
            self.bring_up([], near, OURS, THEIRS)
            self.bring_up(["-n", self.space], far, THEIRS, OURS)
            ip("-n", self.space, "route", "add", "127.0.0.1/32", "dev", far, "src", THEIRS)
        except (OSError, subprocess.CalledProcessError):
            ip("netns", "del", self.space)
            raise
        self.queues = {self.near: (collections.deque(), self.far),
                       self.far: (collections.deque(), self.near)}
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    @staticmethod
    def bring_up(space, name, own, peer):
        """The loopback's address may be used on it (route_localnet)."""
        ip(*space, "addr", "add", own, "peer", peer, "dev", name)
        ip(*space, "link", "set", name, "up")
        inside = ["ip", "netns", "exec", space[1]] if space else []
        setting = "/proc/sys/net/ipv4/conf/%s/route_localnet" % name
        subprocess.run(inside + ["sh", "-c", "echo 1 >" + setting], check=True)

    def carry(self):
        while not self.stopped:
            ready = select.select(list(self.queues), [], [], self.time_left())[0]
            for end in ready:
                self.take(end)
            self.deliver()

    def time_left(self):
        due = [queue[0][0] for queue, _ in self.queues.values() if queue]
        return max(0, min(due) - time.monotonic()) if due else 0.05

    def take(self, end):
        try:
            while True:
                packet = os.read(end, PACKET_MAX)
                self.queues[end][0].append((time.monotonic() + self.delay, packet))
                self.connections += begins_connection(packet) if packet[0] >> 4 == 4 else 0
        except BlockingIOError:
            pass

    def deliver(self):
        for queue, to in self.queues.values():
            while queue and queue[0][0] <= time.monotonic():
                os.write(to, queue.popleft()[1])

    def close(self):
        self.stopped = True
        self.thread.join()
        os.close(self.near)
        os.close(self.far)
        ip("netns", "del", self.space)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def delay_line(port, rtt):
    try:
        return Wire(port, rtt)
    except (OSError, subprocess.CalledProcessError):
        return DelayLine(port, rtt)
