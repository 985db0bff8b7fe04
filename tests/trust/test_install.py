# SPDX-License-Identifier: ISC
"""What `make install-setgid` leaves on the disk."""

import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from sandbox import binary

BUILD = os.path.dirname(binary())


@unittest.skipIf(os.getuid() != 0, "not root")
@unittest.skipUnless(os.path.exists(os.path.join(BUILD, "Makefile")), "the program lies in no build folder")
class InstallTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="sendoff-install-")
        self.addCleanup(shutil.rmtree, self.root)

    def make(self, *words):
        subprocess.run(["make", "-C", BUILD, "-s", "install-setgid", "DESTDIR=" + self.root, "prefix=/usr",
                        "sysconfdir=/etc", "localstatedir=/var", "SETGID_GROUP=nogroup", *words],
                       check=True, stdout=subprocess.DEVNULL)

    def modes(self):
        found = {}
        for path in ("usr/bin/sendoff", "etc/sendoff", "etc/sendoff/sendoff.ini", "var/spool/sendoff",
                     "var/lib/sendoff"):
            st = os.stat(os.path.join(self.root, path))
            self.assertEqual(st.st_uid, 0)
            self.assertEqual(st.st_gid, os.stat(os.path.join(self.root, "usr/bin/sendoff")).st_gid)
            found[path] = oct(stat.S_IMODE(st.st_mode))
        return found

    def test_modes_and_owners(self):
        os.makedirs(os.path.join(self.root, "etc/sendoff"))
        with open(os.path.join(self.root, "etc/sendoff/sendoff.ini"), "w", encoding="utf-8"):
            pass
        self.make()
        wanted = {"usr/bin/sendoff": "0o2755", "etc/sendoff": "0o750", "etc/sendoff/sendoff.ini": "0o640",
                  "var/spool/sendoff": "0o2770", "var/lib/sendoff": "0o2770"}
        self.assertEqual(self.modes(), wanted)
        self.make()
        self.assertEqual(self.modes(), wanted)
        self.assertEqual(os.readlink(os.path.join(self.root, "usr/sbin/sendmail")), "/usr/bin/sendoff")
