# SPDX-License-Identifier: ISC
"""A delay line: relays TCP connections to a server, each direction late by half a round trip.

    with DelayLine(port, rtt=0.05) as line:
        ... connect to line.port ...

The kernel accepts at once, so the round trip of the TCP handshake is made up for here: the server
is connected to one and a half trips after the client, as it would be told by the client's last
ACK, and what the client says before one trip has passed counts as said then.
"""

import heapq
import itertools
import selectors
import socket
import threading
import time

BLOCK = 1 << 18


class DelayLine:
    kind, prefix = "a relay of connections", []

    def __init__(self, port, rtt):
        self.target, self.rtt = port, rtt
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.events, self.order = [], itertools.count()
        self.connections = 0
        self.stopped = False
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _at(self, when, call, *args):
        heapq.heappush(self.events, (when, next(self.order), call, args))

    def _serve(self):
        while not self.stopped:
            wait = 0.05
            if self.events:
                wait = max(0, min(wait, self.events[0][0] - time.monotonic()))
            for key, mask in self.selector.select(wait):
                if key.fileobj is self.listener:
                    self._accept()
                elif mask & selectors.EVENT_READ:
                    self._read(key.fileobj)
            while self.events and self.events[0][0] <= time.monotonic():
                _, _, call, args = heapq.heappop(self.events)
                call(*args)

    def _accept(self):
        client, _ = self.listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections += 1
        now = time.monotonic()
        self._at(now + 1.5 * self.rtt, self._connect, client, now + self.rtt)

    def _connect(self, client, established):
        server = socket.create_connection(("127.0.0.1", self.target))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for near, far, earliest in ((client, server, established), (server, client, 0)):
            self.selector.register(near, selectors.EVENT_READ, (far, earliest))

    def _read(self, near):
        far, earliest = self.selector.get_key(near).data
        try:
            data = near.recv(BLOCK)
        except OSError:
            data = b""
        due = max(time.monotonic(), earliest) + self.rtt / 2
        if data:
            self._at(due, self._send, far, data)
        else:
            self.selector.unregister(near)
            self._at(due, self._shut, far)

    @staticmethod
    def _send(far, data):
        try:
            far.sendall(data)
        except OSError:
            pass

    @staticmethod
    def _shut(far):
        try:
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.stopped = True
        self.thread.join()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
