# SPDX-License-Identifier: ISC
"""Runs programs that call sendmail, with the built program in its place.

A World is the machine as it is, seen from a mount namespace of its own: the packages that
tests/run has unpacked ($SENDOFF_CALLERS) are laid over it, and /usr/sbin/sendmail with its other
names is the program under test.  What is written to /usr, /etc, /var, /run and /root is gone
afterwards.  Programs find everything at its usual place; the machine itself is not touched.  The
source tree, which may lie below /root, is at World.source.
"""

import functools
import os
import shutil
import subprocess
import tempfile
import unittest

from sandbox import binary

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREE = os.environ.get("SENDOFF_CALLERS", os.path.join(TOP, "build", "callers"))

# Shell: lays the folders of some trees (which have neither blank nor colon in their names) over the
# machine's, with what is written there kept in $w, which is a file system of its own.
LAY_OVER = r"""
lay_over() { # TREE...
	mount -t tmpfs none "$w"
	for folder in usr etc var; do
		mkdir -p "$w/upper/$folder" "$w/work/$folder"
		lower=
		for tree; do
			[ ! -d "$tree/$folder" ] || lower=$lower$tree/$folder:
		done
		mount -t overlay none -o "lowerdir=$lower/$folder,upperdir=$w/upper/$folder,workdir=$w/work/$folder" "/$folder"
	done
}
"""

# $1: a folder for the mounts; $2: the tree; $3: the program; $4: the configuration;
# $5: the sources; then the command.
ENTER = LAY_OVER + r"""
set -e
w=$1 tree=$2 program=$3 config=$4 sources=$5
shift 5
lay_over "$tree"
mkdir -p "$w/root/.config/sendoff" "$w/source"
mount --bind "$sources" "$w/source"
cp "$program" "$w/sendmail"
install -m 600 "$config" "$w/root/.config/sendoff/sendoff.ini"
mount --bind "$w/root" /root
mount -t tmpfs none /run
rm -f /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases
cp "$w/sendmail" /usr/sbin/sendmail
ln -s ../sbin/sendmail /usr/lib/sendmail
ln -s ../sbin/sendmail /usr/bin/mailq
ln -s ../sbin/sendmail /usr/bin/newaliases
[ ! -e /usr/bin/bsd-mailx ] || ln -sf bsd-mailx /usr/bin/mail
exec "$@"
"""


# May we lay one folder over another?  $1: a folder for it.
TRY = r"""
set -e
mount -t tmpfs none "$1"
mkdir "$1/lower" "$1/upper" "$1/work" "$1/all"
mount -t overlay none -o "lowerdir=$1/lower:/etc,upperdir=$1/upper,workdir=$1/work" "$1/all"
"""
UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]


@functools.lru_cache(None)
def no_namespace(script="true"):
    """Why there can be no mount namespace here, or this cannot be done in one (a container may
    not, in a bare chroot there is none to be had); or None."""
    if os.geteuid() != 0:
        return "needs root, for a mount namespace"
    if not shutil.which("unshare"):
        return "not installed: unshare"
    with tempfile.TemporaryDirectory(prefix="sendoff-world-") as place:
        done = subprocess.run([*UNSHARE, script, "sh", place], capture_output=True, text=True)
    return "no mount namespace here: " + done.stderr.strip() if done.returncode else None


def hindrance():
    """Why there can be no World here, or None."""
    return no_namespace(TRY)


class World:
    def __init__(self, box):
        if hindrance():
            raise unittest.SkipTest(hindrance())
        self.box = box
        self.place = box.file("world")
        self.source = os.path.join(self.place, "source")
        os.makedirs(self.place)

    def need(self, *paths):
        """Skips the test where one of these is neither unpacked nor installed."""
        for path in paths:
            if not os.path.exists(TREE + path) and not os.path.exists(path):
                raise unittest.SkipTest("not installed: %s" % path)

    def start(self, *words, env=None, **options):
        config = self.box.write("world.ini", self.box.configuration())
        tree = TREE if os.path.isdir(TREE) else self.place
        enter = [*UNSHARE, ENTER, "sh", self.place, tree, binary(), config, TOP]
        environment = self.box.environment(dict({"HOME": "/root", "USER": "root", "LOGNAME": "root", "TERM": "dumb",
                                                 "LC_ALL": "C.UTF-8", "SENDOFF_CONFIG": None}, **(env or {})))
        return subprocess.Popen([*enter, *words], env=environment, cwd=self.box.path, **options)

    def run(self, *words, stdin=b"", timeout=120, **options):
        """Runs a command there; returns status, stdout and stderr together."""
        child = self.start(*words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        try:
            output = child.communicate(stdin.encode() if isinstance(stdin, str) else stdin, timeout)[0]
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError("still running: %s\n%s" % (words, child.communicate()[0])) from None
        text = output.decode("utf-8", "backslashreplace")
        if "Sanitizer" in text or "runtime error:" in text:
            raise AssertionError("sanitizer: %s" % text)
        return child.returncode, text

    def shell(self, script, *words, **options):
        return self.run("sh", "-c", script, "sh", *words, **options)
