# SPDX-License-Identifier: ISC
"""A Kerberos realm of its own: MIT's KDC with one user and one service."""

import glob
import os
import subprocess
import unittest

from daemon import PROGRAMS, Daemon, answers, free_ports

CONFIG = """
[libdefaults]
  default_realm = TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  TEST = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  .test = TEST
"""
KDC = """
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  TEST = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    max_life = 1h
    database_module = db2
  }}
[dbmodules]
  db_module_dir = {modules}
  db2 = {{
    db_library = db2
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
"""


def modules():
    """Where the KDC's database modules lie."""
    for root in (PROGRAMS.root, ""):
        for path in glob.glob(root + "/usr/lib/*-linux-gnu/krb5/plugins/kdb"):
            return path
    raise unittest.SkipTest("not installed: krb5-kdc")


class Kerberos(Daemon):
    """service: like smtp/host.test.  .environment is for whoever takes part."""

    def __init__(self, user, password, service):
        super().__init__("kdc")
        kdc = PROGRAMS.find("/usr/sbin/krb5kdc")
        self.port, = free_ports(1)
        self.keytab = self.path("keytab")
        self.environment = {
            "KRB5_CONFIG": self.write("krb5.conf", CONFIG.format(port=self.port)),
            "KRB5_KDC_PROFILE": self.write("kdc.conf", KDC.format(
                port=self.port, folder=self.folder, modules=modules())),
            "KRB5_KTNAME": self.keytab,
            "KRB5RCACHENAME": "none:"}  # else in /var/tmp, from where nobody takes it
        self.tool("/usr/sbin/kdb5_util", "create", "-s", "-P", "master", "-r", "TEST")
        for query in ("addprinc -pw %s %s" % (password, user), "addprinc -randkey " + service,
                      "ktadd -k %s %s" % (self.keytab, service)):
            self.tool("/usr/sbin/kadmin.local", "-r", "TEST", "-q", query)
        os.chmod(self.keytab, 0o644)
        self.spawn([kdc, "-n", "-r", "TEST"], self.listens, env=self.environment)

    def listens(self):
        return answers(self.port)

    def tool(self, program, *words, stdin=""):
        done = subprocess.run([PROGRAMS.find(program, program + ".mit"), *words], input=stdin, text=True,
                              env=dict(PROGRAMS.environment(), **self.environment),
                              capture_output=True)
        if done.returncode:
            raise RuntimeError("%s %s: %s" % (program, words, done.stderr))

    def ticket(self, user, password, cache):
        """Logs the user in; `cache` is the file that KRB5CCNAME is to name."""
        self.tool("/usr/bin/kinit", "-c", cache, user, stdin=password + "\n")
