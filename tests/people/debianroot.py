# SPDX-License-Identifier: ISC
"""A minimal Debian of the running release in a folder of its own, to install packages in.

It is made by debootstrap, or unpacked from the tarball of such a root that $SENDOFF_TEST_DEB_ROOT
names.  Commands run in namespaces of mounts and processes, so that nothing of theirs outlives
them; the network is the machine's, so loopback leads to the test servers.  Where there can be no
such root, or nothing can be fetched, the test is skipped.
"""

import os
import platform
import shutil
import subprocess
import tempfile
import unittest

# $1: the root; $2: the user; then the command.
ENTER = r"""
set -e
root=$1 user=$2
shift 2
mount -t proc proc "$root/proc"
mount -t tmpfs none "$root/dev"
for node in null zero full random urandom; do
	: >"$root/dev/$node"
	mount --bind "/dev/$node" "$root/dev/$node"
done
exec chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups --reset-env -- "$@"
"""
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c"]


def hindrance():
    """Why there can be no such root here, or None."""
    if os.geteuid() != 0:
        return "needs root, for a chroot"
    if platform.freedesktop_os_release().get("ID") != "debian":
        return "the package is built for Debian, which this is not"
    wanted = ["unshare", "setpriv", "apt-get"] + ([] if tarball() else ["debootstrap"])
    lacking = [name for name in wanted if not shutil.which(name)]
    return "not installed: " + ", ".join(lacking) if lacking else None


def tarball():
    return os.environ.get("SENDOFF_TEST_DEB_ROOT")


def output(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def archives_of_the_machine():
    """Lines `SITE RELEASE COMPONENT` of Debian's archives that apt uses here."""
    listed = output("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian")
    return list(dict.fromkeys(listed.splitlines()))


class Root:
    def __init__(self):
        if hindrance():
            raise unittest.SkipTest(hindrance())
        self.path = tempfile.mkdtemp(prefix="sendoff-debian-")
        os.chmod(self.path, 0o755)
        try:
            self.make()
        except BaseException:
            self.close()
            raise

    def make(self):
        if os.statvfs(self.path).f_flag & (os.ST_NOSUID | os.ST_NODEV):
            raise unittest.SkipTest("no set-id programs below %s" % tempfile.gettempdir())
        release = platform.freedesktop_os_release()["VERSION_CODENAME"]
        archives = archives_of_the_machine() or ["http://deb.debian.org/debian %s main" % release]
        mirror = next((line.split()[0] for line in archives if line.split()[1] == release), "http://deb.debian.org/debian")
        if tarball():
            made = ["tar", "-x", "--numeric-owner", "-f", tarball(), "-C", self.path]
        else:
            made = ["debootstrap", "--variant=minbase", release, self.path, mirror]
        done = subprocess.run(made, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise unittest.SkipTest("no root: " + " ".join((done.stdout + done.stderr).splitlines()[-2:]))
        shutil.copy("/etc/resolv.conf", self.file("etc/resolv.conf"))
        self.write("etc/apt/sources.list", "".join("deb %s\n" % line for line in archives))
        self.write("etc/apt/apt.conf.d/90machine", output("apt-config", "dump", "Acquire"))
        if self.apt("update", "-o", "APT::Update::Error-Mode=any").returncode:
            raise unittest.SkipTest("apt can fetch nothing")

    def file(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, content, mode=0o644, group=0):
        path = self.file(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chown(path, 0, group)
        os.chmod(path, mode)

    def start(self, *words, user="root", **options):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return subprocess.Popen([*UNSHARE, ENTER, "sh", self.path, user, "env", *("%s=%s" % pair for pair in env.items()), *words],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def run(self, *words, user="root", stdin=""):
        """A CompletedProcess; stdout and stderr are together in stdout."""
        child = self.start(*words, user=user, stdin=subprocess.PIPE)
        try:
            output = child.communicate(stdin.encode(), 300)[0]
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError("still running: %s" % (words,)) from None
        return subprocess.CompletedProcess(words, child.returncode, output.decode("utf-8", "backslashreplace"))

    def apt(self, *words):
        return self.run("apt-get", "-qq", "-y", "-o", "Acquire::Retries=3", *words)

    def files(self):
        """Path, mode, owner and group of all there is, but for what dpkg and apt keep."""
        passed_over = {self.file(name) for name in ("proc", "dev", "sys", "run", "tmp", "var/cache", "var/lib/apt",
                                                    "var/lib/dpkg", "var/log")}
        found = set()
        for folder, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in passed_over]
            for name in folders + names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found.add((os.path.relpath(path, self.path), oct(status.st_mode), status.st_uid, status.st_gid))
        return found

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)
