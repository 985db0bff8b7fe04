# SPDX-License-Identifier: ISC
"""One system account without set-id: a socket, and behind it `sendmail -bs` as a user of its own.

What systemd does for sendoff.socket (Accept=yes) is done here by a few lines of Python.
"""

import os
import re
import socket
import subprocess
import sys
import threading
import unittest

import setgid
from case import MESSAGE
from queued import QueueCase, closed_port
from world import TOP

SENDERS = "alice: alice@example.org\n"
# Says SMTP by hand: argv is the socket, the sender, then a folder to chroot into and a uid, if any.
BY_HAND = """
import os, socket, sys
if len(sys.argv) > 3:
    os.chroot(sys.argv[3]); os.chdir("/"); os.setgroups([]); os.setgid(int(sys.argv[4])); os.setuid(int(sys.argv[4]))
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); f = s.makefile("rw", newline="")
def say(line):
    f.write(line + "\\r\\n"); f.flush()
    reply = f.readline()
    while reply[3:4] == "-": reply = f.readline()
    print(reply.strip())
print(f.readline().strip())
for line in ("EHLO x", "MAIL FROM:<%s>" % sys.argv[2], "RCPT TO:<bob@example.net>", "DATA",
             "Subject: by hand\\r\\n\\r\\nhello\\r\\n.", "QUIT"): say(line)
"""


class Activator:
    """Accepts on a Unix socket and gives each connection to a `sendmail -bs` of its own."""

    def __init__(self, box, user="sendoff"):
        self.box, self.user, self.children = box, user, []
        self.path = box.file("sendoff.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.children.append(self.box.start("sendmail", "-bs", user=self.user, stdin=connection,
                                                    stdout=connection, stderr=subprocess.PIPE,
                                                    prefix="setpriv --no-new-privs"))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(20)
        return [(child.communicate(timeout=20)[1], child.returncode) for child in self.children]


@unittest.skipIf(setgid.reason_not_to(), setgid.reason_not_to())
class SocketTest(QueueCase):
    def setUp(self):
        self.smtp = self.server(users={"shared": "secret"})
        self.box = setgid.Install()
        self.addCleanup(self.box.close)
        self.box.set_id(False)
        # The secret is the service's own file: the peer's uid must not matter to that.
        self.secret = self.box.write("secret", "secret\n", setgid.USERS["sendoff"], setgid.GROUP, 0o600)
        self.senders = self.box.write("etc/sendoff/senders", SENDERS, 0, setgid.GROUP, 0o640)
        self.configure(self.smtp.port)
        self.activator = Activator(self.box)

    def configure(self, port):
        self.box.configure("[work]\nhost = 127.0.0.1\nport = %d\ntls = off\nuser = shared\npassword_file = %s\n"
                           "senders = %s\n" % (port, self.secret, self.senders))

    def end(self):
        for err, status in self.activator.close():
            self.assertEqual((err, status), (b"", 0))

    def client(self, *words, user="alice", **options):
        self.box.users_file(user, ".config/sendoff/sendoff.ini",
                            "[sendoff]\nqueue = no\nlog = none\n[socket]\nsocket = %s\ntls = off\n" % self.activator.path)
        return self.box.run("sendmail", *words, "bob@example.net", user=user, stdin=MESSAGE, **options)

    def by_hand(self, *words, before=""):
        done = subprocess.run(["unshare", "-m", "sh", "-c", before + "exec \"$@\"", "sh", sys.executable, "-c", BY_HAND, *words],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_a_callers_mail_goes_by_the_systems_account(self):
        self.assertExit(self.client("-f", "alice@example.org", prefix="setpriv --no-new-privs"), 0)
        self.end()
        self.assertEqual(self.smtp.take()[0].sender, "alice@example.org")
        self.assertEqual(self.smtp.connections[0].user, "shared")
        self.assertEqual(self.box.log()[-1]["uid"], str(setgid.USERS["alice"]))

    def test_senders_ask_for_the_peer(self):
        for user, sender in (("alice", "root@example.org"), ("bob", "alice@example.org")):
            done = self.client("-f", sender, user=user)
            self.assertExit(done, 69, "550", "5.7.1", "%s may not send as <%s>" % (user, sender))
        self.end()
        self.assertEqual(self.smtp.messages, [])

    def test_the_queue_knows_whose_it_is(self):
        os.chown(self.secret, 0, setgid.GROUP)
        os.chmod(self.secret, 0o640)
        self.configure(closed_port())
        self.assertExit(self.client("-f", "alice@example.org"), 0)
        self.end()
        name, = [n for n in os.listdir(self.box.queue) if n.endswith(".msg")]
        self.assertEqual(os.stat(os.path.join(self.box.queue, name)).st_uid, setgid.USERS["sendoff"])
        listed = self.listed(self.box, user="sendoff")
        self.assertEqual([entry["uid"] for entry in listed], [setgid.USERS["alice"]])
        self.configure(self.smtp.port)
        self.assertExit(self.box.run("sendoff", "queue", "run", "--all", user="root"), 0)
        self.assertEqual(self.smtp.take()[0].sender, "alice@example.org")
        self.assertEqual(self.box.log()[-1]["uid"], str(setgid.USERS["alice"]))

    def test_from_a_chroot_with_the_socket_mounted_there(self):
        inside = self.box.file("chroot")
        os.makedirs(inside + "/run")
        with open(inside + "/run/sendoff.sock", "w", encoding="utf-8"):
            pass
        before = "mount --bind %s %s/run/sendoff.sock && " % (self.activator.path, inside)
        out = self.by_hand("/run/sendoff.sock", "alice@example.org", inside, str(setgid.USERS["alice"]), before=before)
        self.assertRegex(out, re.compile(r"^250 Ok: queued as \S+$", re.M))
        self.end()
        self.smtp.take()

    def test_root_may_use_any_sender(self):
        self.assertIn("250 Ok: queued as", self.by_hand(self.activator.path, "any@example.org"))
        self.end()
        self.smtp.take()


class UnitTest(unittest.TestCase):
    def test_no_burst_of_connections_ends_the_socket(self):
        """By its default 200 within two seconds do, until somebody restarts it."""
        with open(os.path.join(TOP, "contrib", "systemd", "sendoff.socket"), encoding="utf-8") as unit:
            self.assertIn("\nTriggerLimitIntervalSec=0\n", unit.read())
