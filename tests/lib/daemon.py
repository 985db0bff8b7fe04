# SPDX-License-Identifier: ISC
"""What all real servers need: a throw-away folder, free ports, a process that ends with us.

The programs of Postfix, Exim and others are unpacked, not installed (tests/run does that), into
the folder that $SENDOFF_SERVERS names, so that no mail system of the machine is touched and two
of them can be had at once.  Programs() finds them there, or else on the machine.
"""

import atexit
import glob
import os
import pwd
import signal
import socket
import subprocess
import time
import unittest

import folders

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Programs:
    def __init__(self):
        self.root = os.environ.get("SENDOFF_SERVERS", os.path.join(TOP, "build", "servers"))

    def find(self, *paths):
        """The first of these that exists, unpacked or installed; no such: the test is skipped."""
        for path in paths:
            for candidate in (self.root + path, path):
                if os.path.exists(candidate):
                    return candidate
        raise unittest.SkipTest("not installed: %s" % paths[0])

    def environment(self):
        """What unpacked programs need to find their libraries and plug-ins."""
        folders = [self.root + "/usr/lib", self.root + "/usr/lib/postfix"]
        folders += glob.glob(self.root + "/usr/lib/*-linux-gnu")
        plugins = glob.glob(self.root + "/usr/lib/*-linux-gnu/sasl2")
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": ":".join(folders),
                "SASL_PATH": ":".join(plugins + glob.glob("/usr/lib/*-linux-gnu/sasl2"))}


PROGRAMS = Programs()


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("real servers need root")


def need_user(*names):
    """The uid of the first of these users that exists; none: the test is skipped."""
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise unittest.SkipTest("no user %s" % names[0])


def free_ports(count, host="127.0.0.1"):
    """Ports that were free a moment ago."""
    socks = [socket.create_server((host, 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


class Daemon:
    """A server process in the foreground, with a folder of its own."""

    def __init__(self, name):
        self.name, self.process = name, None
        self.folder = folders.make(name)
        atexit.register(self.stop)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def make_folder(self, name, owner=None, mode=0o700):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)
        if owner:
            os.chown(self.path(name), owner.pw_uid, owner.pw_gid)
        return self.path(name)

    def spawn(self, argv, ready, env=None):
        """Starts it; waits until ready() holds.  It is told to end if this process dies."""
        with open(self.path("output"), "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *argv], cwd=self.folder,
                env=dict(PROGRAMS.environment(), **(env or {})), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + 30
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("%s did not start:\n%s" % (self.name, self.logs()))
            time.sleep(0.02)

    def logs(self):
        text = ""
        for path in glob.glob(self.path("**", "*log*"), recursive=True) + [self.path("output")]:
            if os.path.isfile(path):
                with open(path, errors="replace") as file:
                    text += file.read()[-4000:]
        return text

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            try:  # its children are in its session
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process = None
        folders.remove(self.folder)


def answers(*ports, host="127.0.0.1"):
    """True when all these ports take connections."""
    for port in ports:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            return False
    return True
