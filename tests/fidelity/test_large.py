# SPDX-License-Identifier: ISC
"""A message far larger than memory may grow goes through re-encoding and arrives.

$SENDOFF_LARGE is its size in MB (default 8; 200 is what a release is tried with, built without
sanitizers).  Rate and peak memory are printed, beside those of msmtp for a message that needs no
encoding, where it is installed.
"""

import binascii
import contextlib
import hashlib
import os
import shutil
import socket
import sys
import threading
import time

from case import Case
from peak import peak_of

MEGABYTES = int(os.environ.get("SENDOFF_LARGE", "8"))
GROWTH = 4  # MiB that a message may cost over a small one
HEAD = "From: alice@example.org\nTo: bob@example.net\nSubject: large\n"
TEXT = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
LINE = ("Gr\u00fc\u00dfe %07d " + "\u00e4 line of text that is as long as such lines are. " * 3 + "\n")
PLAIN = "Words %07d " + "a line of text that is as long as such lines are. " + "\n"


class Sink:
    """A server that offers nothing but SIZE and writes the content to a file as it comes."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(ConnectionError):  # nobody waits for the reply to QUIT
                self.serve(sock)

    def serve(self, sock):
        lines = sock.makefile("rb")
        sock.sendall(b"220 sink\r\n")
        for line in lines:
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                sock.sendall(b"354 go on\r\n")
                self.take(lines)
            if verb == b"QUIT":
                return
            sock.sendall({b"EHLO": b"250-sink\r\n250 SIZE\r\n"}.get(verb, b"250 ok\r\n"))

    def take(self, lines):
        with open(self.path, "wb") as out:
            for line in lines:
                if line == b".\r\n":
                    return
                out.write(line[1:] if line[:1] == b"." else line)

    def close(self):
        self.listener.close()


def digest_of_lines(lines):
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def body(file):
    for line in file:
        if line == b"\r\n":
            break
    yield from file


class LargeTest(Case):
    def setUp(self):
        self.box = self.sandbox()
        self.sink = Sink(self.box.file("arrived"))
        self.addCleanup(self.sink.close)
        self.box.account(host="127.0.0.1", port=self.sink.port, tls="off", auth="none")
        self.box.write("sendoff.ini", self.box.configuration())

    def message(self, name, line, megabytes, head=HEAD + TEXT):
        """A file of that size; the digest of its body with the line ends of mail."""
        path, digest = self.box.file(name), hashlib.sha256()
        count = max(1, int(megabytes * 1e6) // len((line % 0).encode()))
        with open(path, "wb") as out:
            out.write(head.encode())
            for number in range(count):
                octets = (line % number).encode()
                out.write(octets)
                digest.update(octets.replace(b"\n", b"\r\n"))
        return path, digest.hexdigest()

    def measured(self, argv, path, **environment):
        """Seconds and peak memory in MiB."""
        env = self.box.environment({"ASAN_OPTIONS": "quarantine_size_mb=1:exitcode=99", **environment})
        with open(path, "rb") as stdin:
            start = time.monotonic()
            peak = peak_of(argv, env, stdin)
            return time.monotonic() - start, peak / 1024

    def sendmail(self, path):
        return self.measured([self.box.file("bin", "sendmail"), "-i", "-f", "alice@example.org", "bob@example.net"], path)

    def tell(self, what, path, seconds, peak):
        megabytes = os.path.getsize(path) / 1e6
        print("%s: %.0f MB, %.1f MB/s, peak %.1f MiB" % (what, megabytes, megabytes / seconds, peak), file=sys.stderr)

    def encoded(self, what, line, decode, head):
        """A large message needs hardly more memory than a small one, and arrives."""
        small = self.sendmail(self.message("small", line, 0.2, head)[0])[1]
        path, wanted = self.message("large", line, MEGABYTES, head)
        seconds, peak = self.sendmail(path)
        self.tell(what, path, seconds, peak)
        with open(self.sink.path, "rb") as arrived:
            self.assertEqual(digest_of_lines(decode(line) for line in body(arrived)), wanted)
        self.assertLess(peak, small + GROWTH)

    def test_quoted_printable(self):
        self.encoded("sendoff, quoted-printable", LINE, binascii.a2b_qp, HEAD + TEXT)

    def test_base64(self):
        head = HEAD + "MIME-Version: 1.0\nContent-Type: application/octet-stream\n\n"
        self.encoded("sendoff, base64", LINE, binascii.a2b_base64, head)

    def test_without_encoding(self):
        self.encoded("sendoff, as it is", PLAIN, lambda line: line, HEAD + "\n")

    def test_from_the_queue(self):
        """What waited costs no more memory, however large the server wants it re-encoded."""
        self.box.set(queue="yes", queue_dir=self.box.file("queue"))
        self.box.write("sendoff.ini", self.box.configuration())
        peaks = []
        for megabytes in (0.2, MEGABYTES):
            path, wanted = self.message("waits", LINE, megabytes)
            with open(path, encoding="utf-8") as stdin:
                done = self.box.sendmail("-i", "-odq", "-f", "alice@example.org", "bob@example.net", stdin=stdin.read())
            self.assertExit(done, 0)
            peaks.append(self.measured([self.box.file("bin", "sendmail"), "-q"], os.devnull)[1])
        with open(self.sink.path, "rb") as arrived:
            self.assertEqual(digest_of_lines(binascii.a2b_qp(line) for line in body(arrived)), wanted)
        self.assertLess(peaks[1], peaks[0] + GROWTH)

    def test_msmtp_for_comparison(self):
        program = shutil.which("msmtp", path="/usr/bin")
        if not program:
            self.skipTest("not installed: msmtp")
        path, wanted = self.message("large", PLAIN, MEGABYTES, HEAD + "\n")
        seconds, peak = self.measured(
            [program, "--file=/dev/null", "--host=127.0.0.1", "--port=%d" % self.sink.port,
             "--from=alice@example.org", "bob@example.net"], path)
        self.tell("msmtp, as it is", path, seconds, peak)
        with open(self.sink.path, "rb") as arrived:
            self.assertEqual(digest_of_lines(body(arrived)), wanted)
