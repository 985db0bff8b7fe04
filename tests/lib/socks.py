# SPDX-License-Identifier: ISC
"""A SOCKS5 proxy (RFC 1928, 1929) that leads every name to one port on loopback."""

import socket
import threading


class Proxy:
    """target: the port behind it; login: (user, password) to ask for, or None.
    .asked holds the (name, port) of each request, .logins what was said of oneself."""

    def __init__(self, target, login=None, reply=0, family=socket.AF_INET):
        self.target, self.login, self.reply = target, login, reply
        self.asked, self.logins = [], []
        self.listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock:
            try:
                self._talk(sock, sock.makefile("rb"))
            except (OSError, EOFError, IndexError):
                pass

    def _talk(self, sock, file):
        methods = file.read(file.read(2)[1])
        wanted = 2 if self.login else 0
        if wanted not in methods:
            sock.sendall(b"\5\xff")
            return
        sock.sendall(bytes([5, wanted]))
        if self.login:
            user = file.read(file.read(2)[1]).decode()
            self.logins.append((user, file.read(file.read(1)[0]).decode()))
            right = self.logins[-1] == self.login
            sock.sendall(b"\1\0" if right else b"\1\1")
            if not right:
                return
        self.asked.append(self._address(file))
        sock.sendall(bytes([5, self.reply]) + b"\0\1\0\0\0\0\0\0")
        if self.reply == 0:
            with socket.create_connection(("127.0.0.1", self.target)) as there:
                threading.Thread(target=copy, args=(there, sock), daemon=True).start()
                copy(file.raw, there)

    def _address(self, file):
        kind = file.read(4)[3]
        if kind == 3:
            name = file.read(file.read(1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            name = socket.inet_ntop(family, file.read(size))
        return name, int.from_bytes(file.read(2), "big")

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def copy(source, target, keep=None):
    """Copies until the end; `keep`, a bytearray, gets a copy."""
    receive = source.recv if hasattr(source, "recv") else source.read
    try:
        while octets := receive(65536):
            if keep is not None:
                keep += octets
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
