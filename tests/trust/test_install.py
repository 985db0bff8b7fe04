# SPDX-License-Identifier: ISC
"""What `make install-setgid` leaves on the disk."""

import grp
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
        subprocess.run(["make", "-C", BUILD, "-s", "install-setgid", "DESTDIR=" + self.root,
                        "SETGID_GROUP=nogroup", *words], check=True, stdout=subprocess.DEVNULL)

    def folder(self, name):
        """Where a directory of the build lies below DESTDIR."""
        done = subprocess.run(["make", "-C", BUILD, "-s", "-f", "-", "show"], check=True, capture_output=True, text=True,
                              input="include Makefile\nshow:\n\t@echo $(%s)\n" % name)
        return self.root + done.stdout.splitlines()[-1]

    def modes(self):
        found = {}
        group = grp.getgrnam("nogroup").gr_gid
        for name, path in (("bindir", "sendoff"), ("sysconfdir", "sendoff"), ("sysconfdir", "sendoff/sendoff.ini"),
                           ("localstatedir", "spool/sendoff"), ("localstatedir", "lib/sendoff")):
            st = os.stat(os.path.join(self.folder(name), path))
            self.assertEqual((st.st_uid, st.st_gid), (0, group))
            found[name + "/" + path] = oct(stat.S_IMODE(st.st_mode))
        return found

    def test_modes_and_owners(self):
        os.makedirs(self.folder("sysconfdir") + "/sendoff")
        with open(self.folder("sysconfdir") + "/sendoff/sendoff.ini", "w", encoding="utf-8"):
            pass
        self.make()
        wanted = {"bindir/sendoff": "0o2755", "sysconfdir/sendoff": "0o750", "sysconfdir/sendoff/sendoff.ini": "0o640",
                  "localstatedir/spool/sendoff": "0o2770", "localstatedir/lib/sendoff": "0o2770"}
        self.assertEqual(self.modes(), wanted)
        self.make()
        self.assertEqual(self.modes(), wanted)

    def test_links(self):
        self.make()
        for name, path in (("sbindir", "sendmail"), ("prefix", "lib/sendmail"), ("bindir", "mailq"),
                           ("bindir", "newaliases")):
            with self.subTest(path):
                self.assertEqual(os.path.realpath(os.path.join(self.folder(name), path)),
                                 os.path.realpath(os.path.join(self.folder("bindir"), "sendoff")))
        self.make("sbindir=/elsewhere")
        self.assertEqual(self.root + os.readlink(self.root + "/elsewhere/sendmail"),
                         os.path.join(self.folder("bindir"), "sendoff"))
