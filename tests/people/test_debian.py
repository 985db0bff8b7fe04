# SPDX-License-Identifier: ISC
"""contrib/debian: the package.  Building it takes minutes, so only with SENDOFF_TEST_DEB=1."""

import glob
import os
import re
import shutil
import subprocess
import unittest

from case import Case
from world import TOP

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


@unittest.skipUnless(os.environ.get("SENDOFF_TEST_DEB"), "takes minutes: only with SENDOFF_TEST_DEB=1")
class Package(Case):
    def test_builds_clean(self):
        if not shutil.which("dpkg-buildpackage") or not shutil.which("dh"):
            self.skipTest("not installed: dpkg-buildpackage, dh")
        box = self.sandbox()
        done = subprocess.run([os.path.join(DEBIAN, "build"), box.path], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=dict(os.environ, DEB_BUILD_OPTIONS="nocheck", TMPDIR=box.path))
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        package = glob.glob(box.file("sendoff_*.deb"))[0]
        listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r"\./usr/sbin/sendmail -> \.\./bin/sendoff\n")
        self.assertRegex(listed, r"(?m)^-rwxr-xr-x root/root .* \./usr/bin/sendoff$")
        self.assertRegex(listed, r"sendoff-queue\.timer\n")
        for field in ("Provides", "Conflicts", "Replaces"):
            value = subprocess.run(["dpkg-deb", "-f", package, field], capture_output=True, text=True, check=True).stdout
            self.assertEqual(value, "mail-transport-agent\n")
