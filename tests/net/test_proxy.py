# SPDX-License-Identifier: ISC
"""SOCKS5 proxies that misbehave (RFC 1928)."""

import contextlib
import socket
import threading

from case import MESSAGE, Case

METHOD, OK = b"\5\0", b"\5\0\0\1\0\0\0\0\0\0"
# What the proxy says to the client's greeting and to its request, and what is made of it.
TALKS = {
    "it closes at once": ([b""], "the proxy closed the connection"),
    "it is a web server": ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "what answers there is no SOCKS5 proxy"),
    "it wants a login": ([b"\5\xff"], "wants a login that we cannot give"),
    "it wants a login that nobody offered": ([b"\5\2"], "wants a login that we cannot give"),
    "it closes at the request": ([METHOD, b""], "the proxy closed the connection"),
    "half an answer": ([METHOD, OK[:7]], "the proxy closed the connection"),
    "another version": ([METHOD, b"\4" + OK[1:]], "an answer that is not SOCKS5"),
    "an unknown address": ([METHOD, b"\5\0\0\7\0\0\0\0\0\0"], "an answer that is not SOCKS5"),
    "host unreachable": ([METHOD, b"\5\4\0\1\0\0\0\0\0\0"], "the proxy does not connect: host unreachable"),
    "an unknown reason": ([METHOD, b"\5\x63\0\1\0\0\0\0\0\0"], "the proxy does not connect: unknown reason"),
    "it resets": (["reset"], "connection to the proxy lost: Connection reset by peer"),
    "it says nothing": (["wait"], "no answer from the proxy in time"),
    "it says nothing to the request": ([METHOD, "wait"], "no answer from the proxy in time"),
}


class BadProxyTest(Case):
    @contextlib.contextmanager
    def proxy(self, talk):
        """The URL of one that talks so to a single client."""
        over = threading.Event()

        def serve():
            sock, _ = listener.accept()
            with sock:
                for words in talk:
                    sock.recv(1 if words == "reset" else 1024)  # unread octets make close() a reset
                    if words == "wait":
                        over.wait(60)
                    elif words != "reset":
                        sock.sendall(words)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield "socks5://127.0.0.1:%d" % listener.getsockname()[1]
            over.set()
            thread.join()

    def test_each(self):
        for name, (talk, text) in TALKS.items():
            with self.subTest(name), self.proxy(talk) as url:
                box = self.sandbox(host="mail.test", tls="off", auth="none", proxy=url, timeout="1s" if "wait" in talk else "20s")
                done = box.sendmail("bob@example.net", stdin=MESSAGE)
                self.assertExit(done, 75, "proxy 127.0.0.1:", text)

    def test_addresses_that_it_may_tell(self):
        server = self.server()
        for bound in (b"\1" + bytes(4), b"\4" + bytes(16), b"\3\11localhost"):
            with self.subTest(bound), self.proxy([METHOD, b"\5\0\0" + bound + b"\0\0" + b"554 5.3.2 go away\r\n"]) as url:
                done = self.sandbox(server, proxy=url).sendmail("bob@example.net", stdin=MESSAGE)
                self.assertIn("554 5.3.2 go away", done.stderr)

    def test_a_name_that_is_too_long(self):
        with self.proxy([]) as url:
            box = self.sandbox(host=".".join(["a" * 60] * 5), tls="off", auth="none", proxy=url)
            self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 68, "host name is too long")
