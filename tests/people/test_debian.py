# SPDX-License-Identifier: ISC
"""contrib/debian: the package.

Building it, and installing it in a fresh Debian, takes minutes and downloads some 100 MB: only
with SENDOFF_TEST_DEB=1.  debianroot.py says how that Debian is made.
"""

import atexit
import email
import functools
import glob
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import certs
from case import Case
from people.debianroot import Root
from world import TOP

SLOW = unittest.skipUnless(os.environ.get("SENDOFF_TEST_DEB"), "takes minutes: only with SENDOFF_TEST_DEB=1")
DEBIAN = os.path.join(TOP, "contrib", "debian")


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


class Text(Case):
    """What can be seen without building."""

    def test_what_it_installs_is_there(self):
        for name in ("sendoff.install", "sendoff.docs", "sendoff.examples", "sendoff.bash-completion"):
            for line in read(DEBIAN, name).splitlines():
                self.assertTrue(os.path.exists(os.path.join(TOP, line.split(" ")[0])), line)

    def test_builds_with_what_the_tests_install(self):
        wanted = {name for name in re.findall(r"(?m)^build (\S+-dev)$", read(TOP, "tests", "packages"))} - {"libc6-dev"}
        self.assertLessEqual(wanted, set(re.findall(r"[a-z0-9-]+-dev", read(DEBIAN, "control"))))

    def test_scripts_are_shell(self):
        for name in ("sendoff.postinst", "sendoff.postrm", "build"):
            self.assertEqual(subprocess.run(["sh", "-n", os.path.join(DEBIAN, name)]).returncode, 0, name)

    def test_purge_takes_back_what_configure_did(self):
        made = set(re.findall(r"(?m)^\toverride \d+ (\S+)$", read(DEBIAN, "sendoff.postinst")))
        self.assertEqual(len(made), 4)
        self.assertEqual(made, set(re.search(r"for path in (.*); do", read(DEBIAN, "sendoff.postrm")).group(1).split()))


@functools.lru_cache(None)
def package():
    """The built package, until the process ends."""
    if not shutil.which("dpkg-buildpackage") or not shutil.which("dh"):
        raise unittest.SkipTest("not installed: dpkg-buildpackage, dh")
    place = tempfile.mkdtemp(prefix="sendoff-package-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    done = subprocess.run([os.path.join(DEBIAN, "build"), place], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=dict(os.environ, DEB_BUILD_OPTIONS="nocheck", TMPDIR=place))
    if done.returncode:
        raise AssertionError(done.stdout[-3000:] + done.stderr[-3000:])
    return glob.glob(os.path.join(place, "sendoff_*.deb"))[0]


@SLOW
class Package(Case):
    def test_holds_what_it_should(self):
        listed = subprocess.run(["dpkg-deb", "-c", package()], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r"\./usr/sbin/sendmail -> \.\./bin/sendoff\n")
        self.assertRegex(listed, r"(?m)^-rwxr-xr-x root/root .* \./usr/bin/sendoff$")
        self.assertRegex(listed, r"sendoff-queue\.timer\n")
        self.assertRegex(listed, r"(?m)^-rw-r--r-- root/root .* \./etc/cron\.d/sendoff$")
        for field in ("Provides", "Conflicts", "Replaces"):
            value = subprocess.run(["dpkg-deb", "-f", package(), field], capture_output=True, text=True, check=True).stdout
            self.assertEqual(value, "mail-transport-agent\n")


CONFIGURATION = """
[sendoff]
domain = example.org
hostname = box.example.org
adminaddr = admin@example.net

[work]
host = 127.0.0.1
port = {port}
tls_trust = /etc/sendoff/ca.pem
from = %U@example.org
user = me@example.org
password = "the secret of all"
"""


@SLOW
class OnlyMta(Case):
    """The package on a fresh Debian where nothing else sends mail, from installing to purging."""

    def setUp(self):
        self.root = Root()
        self.addCleanup(self.root.close)
        self.mail = self.server(tls="starttls", users={"me@example.org": "the secret of all"}, require_auth=True)

    def done(self, *words, **options):
        """What the command prints; it has to succeed."""
        done = self.root.run(*words, **options)
        self.assertEqual(done.returncode, 0, "%s\n%s" % (words, done.stdout))
        return done.stdout

    def arrived(self, recipient):
        """The oldest message for this recipient, parsed, once it is there; it is taken away."""
        deadline = time.monotonic() + 150  # cron looks once a minute
        while not (found := [m for m in self.mail.messages if m.to == [recipient]]):
            self.assertLess(time.monotonic(), deadline, "nothing came for %s" % recipient)
            time.sleep(0.1)
        self.mail.messages.remove(found[0])
        self.assertEqual(found[0].connection.user, "me@example.org")
        self.assertIsNotNone(found[0].connection.tls)
        return found[0].sender, email.message_from_bytes(found[0].data)

    def test_from_installing_to_purging(self):
        self.prepare()
        before, kept = self.root.files(), self.kept()
        self.install()
        self.configure()
        self.cron_begins()
        for user in ("root", "alice"):
            with self.subTest(user=user):
                self.mail_of(user)
                self.php_of(user)
        self.secret_stays_secret()
        self.queue_of_each()
        self.cron_has_mailed()
        self.remove(before, kept)

    def prepare(self):
        """All but the package and what will not be installed without one like it."""
        fields = subprocess.run(["dpkg-deb", "-f", package(), "Depends"], capture_output=True, text=True, check=True).stdout
        needed = re.findall(r"(?:^|, )([a-z0-9.+-]+)", fields)
        installed = self.root.apt("install", "--no-install-recommends", "cron", "php-cli", *needed)
        self.assertEqual(installed.returncode, 0, installed.stdout)
        for user in ("alice", "bob"):
            self.done("useradd", "-m", user)

    def kept(self):
        """Files that a package changes rather than owns, and what dpkg knows of overrides."""
        return [read(self.root.file(name)) for name in ("etc/passwd", "etc/group", "etc/gshadow", "var/lib/dpkg/statoverride")]

    def install(self):
        shutil.copy(package(), self.root.file("tmp/sendoff.deb"))
        installed = self.root.apt("install", "--no-install-recommends", "/tmp/sendoff.deb", "bsd-mailx")
        self.assertEqual(installed.returncode, 0, installed.stdout)
        self.assertEqual(self.done("dpkg-query", "-W", "-f", "${Package} ${Provides}\n").count("mail-transport-agent"), 1)
        self.assertIn("2755 /usr/bin/sendoff", self.done("dpkg-statoverride", "--list"))
        self.assertTrue(os.path.lexists(self.root.file("etc/systemd/system/timers.target.wants/sendoff-queue.timer")))

    def configure(self):
        with open(certs.get("good").ca, encoding="utf-8") as file:
            self.root.write("etc/sendoff/ca.pem", file.read())
        answers = ["--address", "me@example.org", "--host", "127.0.0.1", "--port", str(self.mail.port), "--tls", "off", "--force"]
        self.root.run("sendoff", "setup", "-C", "/etc/sendoff/sendoff.ini", *answers, stdin="the secret of all\n")
        with open(self.root.file("etc/sendoff/sendoff.ini"), "r+", encoding="utf-8") as file:  # with owner and mode that it has
            self.assertIn("the secret of all", file.read())
            file.truncate(0)
            file.seek(0)
            file.write(CONFIGURATION.format(port=self.mail.port))
        self.done("sendoff", "config", "lint")
        self.assertIn("PLAIN as me@example.org", self.done("sendoff", "check", user="alice"))

    def cron_begins(self):
        """With lines for root and for a user, run in this minute or the next."""
        self.root.write("etc/cron.d/hello", "* * * * * root echo from the cron of root\n")
        self.done("crontab", "-", user="alice", stdin="MAILTO=alice@example.net\n* * * * * echo from the cron of alice\n")
        self.cron = self.root.start("cron", "-f")
        self.addCleanup(self.cron.communicate)
        self.addCleanup(self.cron.kill)

    def cron_has_mailed(self):
        for user, recipient in (("root", "admin@example.net"), ("alice", "alice@example.net")):
            sender, message = self.arrived(recipient)
            self.assertEqual(sender, user + "@example.org")
            self.assertRegex(message["Subject"], "^Cron <%s@" % user)
            self.assertEqual(message.get_payload(), "from the cron of %s\r\n" % user)
        self.cron.kill()

    def mail_of(self, user):
        self.assertEqual(self.done("mail", "-s", "by mail", "carol@example.net", user=user, stdin="hello\n"), "")
        sender, message = self.arrived("carol@example.net")
        self.assertEqual((sender, message["Subject"], message.get_payload()), (user + "@example.org", "by mail", "hello\r\n"))

    def php_of(self, user):
        code = "exit(mail('dave@example.net', 'by PHP', \"hello\\r\\nyou\") ? 0 : 1);"
        self.assertEqual(self.done("php", "-r", code, user=user), "")
        sender, message = self.arrived("dave@example.net")
        self.assertEqual((sender, message["Subject"], message.get_payload()), (user + "@example.org", "by PHP", "hello\r\nyou\r\n"))

    def secret_stays_secret(self):
        self.assertNotEqual(self.root.run("cat", "/etc/sendoff/sendoff.ini", user="alice").returncode, 0)
        for words in (["sendoff", "config", "show"], ["sendmail", "-v", "erin@example.net"]):
            self.assertNotIn("secret of all", self.done(*words, user="alice", stdin="hello\n"))
        self.arrived("erin@example.net")

    def queue_of_each(self):
        """While the server refuses to be asked, mail waits; who sent it sees it, root sees all."""
        self.assertEqual(self.done("mailq", user="alice"), "Mail queue is empty\n")
        self.mail.on("greeting", "421 4.3.2 closed for a while", times=2)
        self.assertEqual(self.done("mail", "-s", "later", "frank@example.net", user="alice", stdin="hello\n"), "")
        for user, sees in (("alice", True), ("root", True), ("bob", False)):
            self.assertEqual("frank@example.net" in self.done("mailq", user=user), sees, user)
        self.mail.rules.clear()
        self.done("sendoff", "queue", "run", "--all")
        self.assertEqual(self.arrived("frank@example.net")[0], "alice@example.org")
        self.assertEqual(self.done("mailq"), "Mail queue is empty\n")

    def remove(self, before, kept):
        self.done("rm", "/etc/cron.d/hello")
        self.done("crontab", "-r", user="alice")
        self.done("apt-get", "-qq", "purge", "-y", "--auto-remove", "bsd-mailx")
        self.done("dpkg", "-r", "sendoff")
        self.assertFalse(os.path.lexists(self.root.file("usr/sbin/sendmail")))
        self.assertTrue(os.path.exists(self.root.file("etc/sendoff/sendoff.ini")), "removed is not purged")
        self.done("dpkg", "--purge", "sendoff")
        self.assertEqual(self.kept(), kept)
        self.assertEqual(self.root.files() ^ before, set())
