# SPDX-License-Identifier: ISC
"""What the machine lacks, and signals at each step: none of it loses or doubles mail."""

import os
import resource
import signal
import socket
import subprocess

from case import MESSAGE, Case
from smtpd import STALL

TO = ("-f", "alice@example.org", "bob@example.net")
USERS = {"me": "secret"}
LARGE = MESSAGE + ("x" * 63 + "\n") * 40_000  # more than is kept in memory from the start
HUGE = MESSAGE + ("x" * 63 + "\n") * 1_100_000  # more than ever is


class InheritedTest(Case):
    def test_a_current_folder_that_is_gone(self):
        server = self.server(users=USERS)
        box = self.sandbox(server)
        gone = box.file("gone")
        os.mkdir(gone)
        box.write("sendoff.ini", box.configuration())
        done = subprocess.run(["sh", "-c", 'rmdir "$0" && exec "$@"', gone,
                               box.file("bin", "sendmail"), *TO], cwd=gone, timeout=60,
                              env=box.environment(None), input=MESSAGE.encode(),
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nobody_reads_standard_error(self):
        """SIGPIPE does not kill; the status is right."""
        server = self.server(users=USERS)
        server.on("RCPT", "550 5.1.1 no")
        reader, writer = os.pipe()
        os.close(reader)
        child = self.sandbox(server).start("sendmail", "-v", *TO, stdin=subprocess.PIPE,
                                           stdout=writer, stderr=writer)
        os.close(writer)
        child.communicate(MESSAGE.encode(), 60)
        self.assertEqual(child.returncode, 67)


class NoRoomTest(Case):
    LIMITS = 1 << 16, 3 << 20

    def limited(self, text, limit):
        """A submission by a process that may write no file of more than `limit` octets."""
        server = self.server()
        done = self.sandbox(server).sendmail(
            "-i", *TO, stdin=text,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        return done, server

    def test_large_messages_are_kept_in_memory(self):
        text = LARGE * 4
        for limit in self.LIMITS:
            with self.subTest(limit):
                done, server = self.limited(text, limit)
                self.assertExit(done, 0)
                self.assertEqual(server.messages[0].data, text.replace("\n", "\r\n").encode())

    def test_up_to_a_point(self):
        for limit in self.LIMITS:
            with self.subTest(limit):
                done, server = self.limited(HUGE, limit)
                self.assertExit(done, 73, "hint: ")
                self.assertEqual(server.connections, [])

    def test_a_log_that_cannot_be_written_changes_nothing(self):
        server = self.server()
        box = self.sandbox(server)
        for log in ("/nonexistent/log", box.home, "/dev/full", "/proc/version"):
            with self.subTest(log):
                box.set(log=log)
                self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 0)

    def test_a_state_folder_that_cannot_be_made(self):
        server = self.server(tls="starttls", users=USERS)
        box = self.sandbox(server)
        box.set(state_dir="/proc/nonexistent")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 0)

    def test_the_name_in_ehlo_is_one_that_servers_read(self):
        for hostname, said in (("b\u00fccher.example", "xn--bcher-kva.example"),
                               ("box.example", "box.example"), ("192.0.2.1", "[192.0.2.1]"),
                               ("2001:db8::1", "[IPv6:2001:db8::1]"), ("[192.0.2.1]", "[192.0.2.1]"),
                               ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
                               ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]")):
            with self.subTest(hostname):
                server = self.server()
                box = self.sandbox(server)
                box.set(hostname=hostname)
                self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 0)
                self.assertEqual(server.connections[0].commands[0], "EHLO " + said)

    def test_input_that_breaks_off_with_an_error(self):
        server = self.server()
        with open("/proc/self/mem", "rb") as broken:
            self.assertExit(self.sandbox(server).sendmail(*TO, stdin=broken), 66)
        self.assertEqual(server.connections, [])


class SignalTest(Case):
    """Later than reading: what has no final answer is given back, and never delivered after all."""

    STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "BDAT")

    def stopped(self, number, step):
        server = self.server()
        server.on(step, STALL)
        child = self.sandbox(server).start("sendmail", *TO, stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write(MESSAGE.encode())
        child.stdin.close()
        child.stdin = None
        while not (server.connections and self.has_come(server.connections[0], step)):
            self.assertIsNone(child.poll())
        child.send_signal(number)
        stderr = child.communicate(timeout=30)[1]
        self.assertEqual(server.messages, [])
        return child.returncode, stderr.decode()

    def has_come(self, record, step):
        return step == "greeting" or step in record.verbs()

    def test_term_and_hup_are_temporary(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            for step in self.STEPS:
                with self.subTest(number.name, step=step):
                    status, stderr = self.stopped(number, step)
                    self.assertEqual(status, 75, stderr)
                    self.assertTrue(stderr)

    def test_while_it_connects(self):
        """To a listener whose backlog is full."""
        with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for sock in (first, second):
                sock.setblocking(False)
                sock.connect_ex(listener.getsockname())
            for number in (signal.SIGTERM, signal.SIGINT):
                box = self.sandbox(host="127.0.0.1", port=listener.getsockname()[1], tls="off", auth="none")
                child = box.start("sendmail", *TO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                child.stdin.write(MESSAGE.encode())
                child.stdin.close()
                child.stdin = None
                while not self.is_connecting(child.pid, listener.getsockname()[1]):
                    self.assertIsNone(child.poll())
                child.send_signal(number)
                self.assertExit(box.finish(child), 75, "stopped by a signal")

    def is_connecting(self, pid, port):
        """Has the process a socket in SYN_SENT to that port?"""
        own = set()
        try:
            for fd in os.listdir("/proc/%d/fd" % pid):
                own.add(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            return False
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            fields = [line.split() for line in sockets]
        return any(f[2].endswith(":%04X" % port) and f[3] == "02" and "socket:[%s]" % f[9] in own for f in fields)

    def test_int_gives_it_up(self):
        for step in self.STEPS:
            with self.subTest(step):
                status, _ = self.stopped(signal.SIGINT, step)
                self.assertNotEqual(status, 0)
