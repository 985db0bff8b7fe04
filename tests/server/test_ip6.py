# SPDX-License-Identifier: ISC
"""Servers by IPv6 addresses, in each spelling; link-local ones by their zone; a proxy by IPv6."""

import socket
import unittest

import netns
from case import MESSAGE, Case
from socks import Proxy

TO = "bob@example.net"
USERS = {"me": "pw"}
SPELLINGS = ("::1", "[::1]", "[IPv6:::1]", "0:0:0:0:0:0:0:1")


def reason_not_to():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        return "no IPv6 here: %s" % error
    return None


@unittest.skipIf(reason_not_to(), reason_not_to())
class LiteralTest(Case):
    def test_spellings(self):
        for spelling in SPELLINGS:
            for tls in ("off", "implicit"):
                with self.subTest(spelling, tls=tls):
                    server = self.server(tls=tls, kind="ip-only", host="::1", users=USERS)
                    box = self.sandbox(server, host=spelling)
                    box.set(hostname=None)
                    done = box.sendmail(TO, stdin=MESSAGE)
                    self.assertExit(done, 0)
                    self.assertEqual(done.log[-1]["ip"], "::1")
                    server.settle()
                    self.assertTrue(server.connections[0].user)

    def test_a_port_is_told_from_the_address(self):
        server = self.server(host="::1")
        place = "[::1]:%d" % server.port
        for spelling in ("::1", "[::1]"):
            box = self.sandbox(server, host="127.0.0.1, " + spelling)
            self.assertIn(", %s" % place, box.sendmail("-bv", TO).stdout.decode())
            self.assertIn(", %s" % place, box.sendoff("check", "--offline").stdout.decode())
            server.on("MAIL", "550 5.7.1 no", times=1)
            box.account(host=spelling)
            self.assertExit(box.sendmail(TO, stdin=MESSAGE), 69, "work: %s: " % place)

    def test_where_from(self):
        server = self.server(host="::1")
        self.assertExit(self.sandbox(server, source_address="::1").sendmail(TO, stdin=MESSAGE), 0)
        done = self.sandbox(server, source_address="127.0.0.1").sendmail(TO, stdin=MESSAGE)
        self.assertExit(done, 75, "no address of the family")

    def test_a_link_local_address_needs_a_zone(self):
        done = self.sandbox(host="fe80::1", tls="off", auth="none").sendmail(TO, stdin=MESSAGE)
        self.assertExit(done, 75, "hint: a link-local address needs its zone")
        done = self.sandbox(host="fe80::1%nothing", tls="off", auth="none").sendmail(TO, stdin=MESSAGE)
        self.assertExit(done, 68, "'fe80::1%nothing' does not exist")

    def test_proxies(self):
        for family, at in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "[::1]")):
            for host, asked in (("[2001:db8::1]", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("192.0.2.1", "192.0.2.1"),
                                ("mail.test", "mail.test")):
                with self.subTest(at, host=host):
                    server = self.server()
                    with Proxy(server.port, family=family) as proxy:
                        url = "socks5://%s:%d" % (at, proxy.port)
                        self.assertExit(self.sandbox(server, host=host, proxy=url).sendmail(TO, stdin=MESSAGE), 0)
                    self.assertEqual(proxy.asked, [(asked, server.port)])
        done = self.sandbox(host="mail.test", tls="off", auth="none",
                            proxy="socks5://[::1]:1").sendmail(TO, stdin=MESSAGE)
        self.assertExit(done, 75, "proxy [::1]:1: ", "does it run at [::1]:1?")


class ZoneTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.space = netns.Namespace()

    def zone_server(self, **options):
        return self.space.run(lambda: self.server(host="fe80::1%lo", **options))

    def run_it(self, box, *words):
        return box.run(*(words or ("sendmail", TO)), stdin=MESSAGE, preexec_fn=self.space.enter)

    def test_spellings(self):
        for spelling in ("fe80::1%lo", "[fe80::1%lo]", "[IPv6:fe80::1%lo]", "fe80::1%1", "fe80::2%lo, fe80::1%lo"):
            for tls in ("off", "starttls"):
                with self.subTest(spelling, tls=tls):
                    server = self.zone_server(tls=tls, kind="link-local")
                    box = self.sandbox(server, host=spelling)
                    box.set(hostname=None)
                    done = self.run_it(box)
                    self.assertExit(done, 0)
                    self.assertEqual(done.log[-1]["ip"], "fe80::1")
                    server.settle()
                    self.assertRegex(server.connections[0].commands[0], r"^EHLO (\[IPv6:fe80::[15]\]|[a-z].*\..*)$")

    def test_check(self):
        server = self.zone_server()
        done = self.run_it(self.sandbox(server), "sendoff", "check")
        self.assertEqual(done.status, 0, str(done))
        self.assertIn("work: [fe80::1%%lo]:%d, " % server.port, done.stdout.decode())

    def test_where_from(self):
        server = self.zone_server()
        for source, status in (("fe80::5%lo", 0), ("fe80::5", 75), ("fe80::9%lo", 75), ("fe80::5%nothing", 75)):
            with self.subTest(source):
                done = self.run_it(self.sandbox(server, source_address=source))
                self.assertEqual(done.status, status, str(done))

    def test_a_login_in_clear(self):
        """The zone may be loopback's; the address says nothing of that."""
        server = self.zone_server(users=USERS)
        self.assertExit(self.run_it(self.sandbox(server)), 76, "unencrypted")
