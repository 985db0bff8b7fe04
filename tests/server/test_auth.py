# SPDX-License-Identifier: ISC
"""Each SASL mechanism with a real server, with the right secret and with a wrong one."""

from unittest import mock

import certs
import cyrus
import gnutls
import servers
from case import MESSAGE, Case
from socks import Proxy

ODD_USER = "me@example.org"  # its password holds every character that could be mistaken
TOKEN, TOKEN_USER = next(iter(servers.TOKENS.items()))
PASSWORD_MECHANISMS = ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256")


class AuthCase(Case):
    def send(self, real, port="starttls", user="you@example.org", **account):
        box = self.sandbox(real.via(port, user), **account)
        done = box.sendmail("-f", "alice@example.org", "bob@example.net", stdin=MESSAGE)
        for secret in (servers.USERS.get(user), account.get("password"), TOKEN):
            if secret:
                self.assertNotIn(secret, done.stderr)
                self.assertNotIn(secret, str(done.log))
        return done

    def assertSent(self, real, done, mechanism):
        self.assertExit(done, 0)
        self.assertEqual(real.one().to, ["bob@example.net"])
        self.assertEqual(done.log[-1]["auth"].lower(), mechanism)

    def each(self, real, mechanisms, port="starttls"):
        for mechanism in mechanisms:
            for user in servers.USERS:
                with self.subTest(mechanism, user=user):
                    self.assertSent(real, self.send(real, port, user, auth=mechanism), mechanism)
            with self.subTest(mechanism, secret="wrong"):
                done = self.send(real, port, auth=mechanism, password="wrong")
                self.assertExit(done, 77, mechanism.upper())
            with self.subTest(mechanism, user="unknown"):
                done = self.send(real, port, auth=mechanism, user="nobody@example.org")
                self.assertExit(done, 77)


class PasswordTest(AuthCase):
    def test_postfix_with_dovecot(self):
        self.each(servers.postfix(), PASSWORD_MECHANISMS)

    def test_exim(self):
        self.each(servers.exim(), PASSWORD_MECHANISMS)

    def test_without_tls_on_loopback(self):
        self.each(servers.postfix(), ("plain", "scram-sha-256"), "off")

    def test_auto_takes_the_strongest(self):
        for real in (servers.postfix(), servers.exim()):
            self.assertSent(real, self.send(real), "scram-sha-256")
            self.assertExit(self.send(real, password="wrong"), 77, "SCRAM-SHA-256")

    def test_a_secret_that_scram_cannot_take(self):
        """U+0221 had no meaning yet when SASLprep (RFC 4013) was made: cancelled, and the next one."""
        for real in (servers.postfix(), servers.exim()):
            for mechanism, text in (("scram-sha-256", "hint: the user or the secret holds characters that SCRAM-SHA-256 does not know"),
                                    ("auto", "AUTH PLAIN: 535")):
                box = self.sandbox(real.via("starttls", "you@example.org"), auth=mechanism, password="p\u0221w")
                # libgsasl leaves some octets behind here.
                done = box.sendmail("bob@example.net", stdin=MESSAGE, env={"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"})
                self.assertExit(done, 77, text)

    def test_a_mechanism_that_is_not_offered(self):
        self.assertExit(self.send(servers.exim(), auth="oauthbearer"), 77)

    def test_an_unknown_mechanism_is_a_configuration_error(self):
        self.assertExit(self.send(servers.postfix(), auth="rot13"), 78, "'auth'")

    def test_without_a_login_the_server_refuses(self):
        real = servers.postfix()
        self.assertExit(self.send(real, auth="none"), 67)


class TokenTest(AuthCase):
    def test_postfix_with_dovecot(self):
        real = servers.postfix()
        for mechanism in ("oauthbearer", "xoauth2"):
            with self.subTest(mechanism):
                done = self.send(real, user=TOKEN_USER, auth=mechanism, password=TOKEN)
                self.assertSent(real, done, mechanism)
            with self.subTest(mechanism, secret="wrong"):
                done = self.send(real, user=TOKEN_USER, auth=mechanism, password="wr0ng-t0ken")
                self.assertExit(done, 77, mechanism.upper())


class CyrusTest(AuthCase):
    def test_postfix_with_cyrus(self):
        """Its passwords are in a database of its own."""
        self.each(servers.postfix(), (*PASSWORD_MECHANISMS, "digest-md5", "ntlm"), "cyrus")

    def test_anonymous(self):
        real = servers.postfix()
        done = self.send(real, "cyrus", user=None, auth="anonymous")
        self.assertExit(done, 67, "Access denied")  # logged in, but Postfix lets nobody relay so
        self.assertEqual(done.log[-1]["auth"], "ANONYMOUS")


class GssapiTest(AuthCase):
    """The name postfix.test, which the service's key is for, is known to a proxy only."""

    def gssapi(self, password):
        real, realm = servers.postfix(), servers.kerberos()
        with Proxy(real.daemon.ports["cyrus"]) as proxy:
            box = self.sandbox(real.via("cyrus", None), host="postfix.test", auth="gssapi",
                               user="me", proxy="socks5://127.0.0.1:%d" % proxy.port,
                               tls_name="mail.test")
            cache = box.file("ticket")
            if password:
                realm.ticket("me", password, cache)
            return box.sendmail("-f", "alice@example.org", "bob@example.net", stdin=MESSAGE,
                                env=dict(realm.environment, KRB5CCNAME="FILE:" + cache,
                                         LSAN_OPTIONS="print_suppressions=0:suppressions="
                                         + box.write("suppressions", "leak:libgssapi_krb5\n")))

    def test_with_a_ticket(self):
        self.assertSent(servers.postfix(), self.gssapi("krb"), "gssapi")

    def test_without_a_ticket(self):
        self.assertExit(self.gssapi(None), 77, "GSSAPI")


class ChannelBindingTest(AuthCase):
    """SCRAM bound to the TLS channel, by Cyrus SASL and GnuTLS in the test server."""

    USERS = {"you@example.org": "simple"}
    PRIORITIES = {version: "NORMAL:-VERS-ALL:+VERS-" + version for version in ("TLS1.2", "TLS1.3")}

    def bound(self, mechanism, version, **account):
        server = self.server(tls="starttls", users=self.USERS, sasl=cyrus.Sasl(self.USERS),
                             context=gnutls.Context("good", self.PRIORITIES[version]),
                             mechanisms=[mechanism.upper()])
        box = self.sandbox(server, **dict({"auth": mechanism}, **account))
        return server, box.sendmail("-f", "alice@example.org", "bob@example.net", stdin=MESSAGE)

    def test_right_and_wrong(self):
        for mechanism in ("scram-sha-1-plus", "scram-sha-256-plus"):
            for version in self.PRIORITIES:
                for account, status in (({}, 0), ({"auth": None}, 0), ({"password": "wrong"}, 77)):
                    with self.subTest(mechanism, version=version, account=account):
                        server, done = self.bound(mechanism, version, **account)
                        self.assertExit(done, status)
                        server.settle()
                        self.assertEqual(server.connections[0].mechanism,
                                         None if status else mechanism.upper())

    def test_somebody_in_the_middle(self):
        """A channel that is bound to something else is found out."""
        binding = gnutls.Socket.binding
        with mock.patch.object(gnutls.Socket, "binding",
                               lambda sock: (binding(sock)[0], b"x" * 32)):
            server, done = self.bound("scram-sha-256-plus", "TLS1.3")
        self.assertExit(done, 77)
        self.assertEqual(server.messages, [])


class CertificateTest(AuthCase):
    """EXTERNAL, and a client certificate alone."""

    def client(self, kind):
        files = certs.get(kind)
        return {"tls_cert": files.cert, "tls_key": files.key}

    def test_external_with_exim(self):
        real = servers.exim()
        done = self.send(real, auth="external", user="client@example.org", password=None,
                         **self.client("client"))
        self.assertSent(real, done, "external")

    def test_external_for_somebody_else(self):
        done = self.send(servers.exim(), auth="external", user="other@example.org",
                         password=None, **self.client("client"))
        self.assertExit(done, 77, "EXTERNAL")

    def test_external_without_a_good_certificate(self):
        done = self.send(servers.exim(), auth="external", user="client@example.org",
                         password=None)
        self.assertExit(done, 77)

    def test_a_certificate_instead_of_a_login(self):
        real = servers.postfix()
        self.assertExit(self.send(real, "certificate", auth="none", **self.client("client")), 0)
        self.assertEqual(real.one().to, ["bob@example.net"])
        done = self.send(real, "certificate", auth="none", **self.client("strange-client"))
        self.assertExit(done, 67)
