# SPDX-License-Identifier: ISC
"""What a caller may hand down does no harm: closed descriptors, ignored and blocked signals, an
empty environment, a umask, another's HOME, a directory that cannot be read."""

import os
import signal
import subprocess

import release
import setgid
from case import MESSAGE, Case
from peak import peak_of
from sandbox import SANITIZERS

USER = 12399
# A sanitizer keeps what was freed; here that would be all that was ever sent.
SMALL_QUARANTINE = {"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":quarantine_size_mb=1"}


class InheritedTest(Case):
    def sent(self, *words, program="sendmail", **options):
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        done = box.run(program, *words, "-t", stdin=MESSAGE, **options)
        self.assertExit(done, 0)
        self.assertEqual(server.take(1, 20)[0].to, ["bob@example.net"])
        return box

    def test_signals_ignored_or_blocked(self):
        def inherit():
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

        self.sent(preexec_fn=inherit)

    def test_a_password_command_with_sigchld_ignored(self):
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        box.account(password=None, password_command="echo pw")
        done = box.sendmail("-t", stdin=MESSAGE,
                            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertExit(done, 0)

    def test_umask_and_directory(self):
        self.sent(preexec_fn=lambda: (os.umask(0o777), os.chdir("/proc/self/fdinfo")) and None)

    def test_an_empty_environment(self):
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        box.write("sendoff.ini", box.configuration())
        names = ("PATH", "HOME", "SENDOFF_CONFIG")
        done = box.sendmail("-C", box.config, "-t", stdin=MESSAGE, env=dict.fromkeys(names))
        self.assertExit(done, 0)

    def test_closed_output(self):
        """Nothing that is opened later lands on descriptor 1 or 2 and is written to."""
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        done = box.run("sendmail", "-v", "-t", stdin=MESSAGE, preexec_fn=lambda: os.closerange(1, 3))
        self.assertEqual(done.status, 0)
        self.assertNotIn(b"EHLO", server.take(1, 20)[0].data)

    def test_closed_output_without_dev_null(self):
        """As in a chroot: the connection must not become standard error, where -v writes."""
        if setgid.reason_not_to():
            self.skipTest(setgid.reason_not_to())
        server = self.server()
        box = self.sandbox(server)
        box.write("sendoff.ini", box.configuration())
        done = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev; exec \"$@\" 2>&-", "sh",
                               box.file("bin", "sendmail"), "-v", "-t"],
                              input=MESSAGE.encode(), env=box.environment({"LSAN_OPTIONS": "detect_leaks=0"}),
                              check=False)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(server.take()), 1)

    def test_other_descriptors_are_closed_on_old_kernels_too(self):
        """A child in the background must not hold what the caller waits for."""
        if not release.works("strace", "-qq", "-o", "/dev/null", "true"):
            self.skipTest("strace: not installed, or it may not trace here")
        box = self.sandbox()
        reader, writer = os.pipe()
        subprocess.run(["strace", "-qq", "-o", box.file("trace"), "-e", "trace=close,close_range",
                        "-e", "inject=close_range:error=ENOSYS", box.file("bin", "sendmail"), "--version"],
                       pass_fds=(writer,), check=True,
                       env=box.environment({"ASAN_OPTIONS": "detect_leaks=0"}), stdout=subprocess.DEVNULL)
        os.close(reader)
        os.close(writer)
        with open(box.file("trace"), encoding="utf-8", errors="replace") as trace:
            calls = trace.read().partition("close_range")[2]
        self.assertRegex(calls, r"\nclose\(%d\) += 0\n" % writer)

    def test_somebody_elses_home(self):
        """Debian's cron and at run a user's jobs with HOME=/root: its configuration is not theirs."""
        if os.getuid() != 0:
            self.skipTest("needs root")
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        other = box.file("other")
        os.makedirs(other + "/.config/sendoff")
        with open(other + "/.config/sendoff/sendoff.ini", "w", encoding="utf-8") as file:
            file.write(box.configuration())
        done = box.sendmail("-t", stdin=MESSAGE, uid=USER, env={"SENDOFF_CONFIG": None, "HOME": box.home})
        self.assertExit(done, 78)  # its own home has none
        os.chown(other, 0, 0)
        os.chmod(other + "/.config/sendoff/sendoff.ini", 0o644)
        done = box.sendmail("-t", stdin=MESSAGE, uid=USER, env={"SENDOFF_CONFIG": None, "HOME": "/root"})
        self.assertExit(done, 78)


class MemoryTest(Case):
    def peak(self, size):
        server = self.server(tls="starttls", users={"me@example.org": "pw"})
        box = self.sandbox(server)
        line = b"0123456789" * 7 + b"\n"
        box.write("sendoff.ini", box.configuration())
        path = box.write("message", MESSAGE.encode() + line * (size // len(line)))
        with open(path, "rb") as stdin:
            peak = peak_of([box.file("bin", "sendmail"), "-i", "-t"], box.environment(SMALL_QUARANTINE), stdin)
        self.assertGreater(len(server.take(1, 60)[0].data), size)
        return peak

    def test_peak_memory_does_not_grow_with_the_message(self):
        small, large = self.peak(5_000_000), self.peak(50_000_000)
        print("peak memory: %d KiB for 5 MB, %d KiB for 50 MB" % (small, large))
        self.assertLess(large, small + 4096)
