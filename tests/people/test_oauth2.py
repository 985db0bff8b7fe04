# SPDX-License-Identifier: ISC
"""contrib/oauth2/sendoff-oauth2 against an issuer of our own, and with sendoff in front."""

import json
import os
import stat
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from case import MESSAGE, Case
from issuer import Issuer

HELPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contrib", "oauth2", "sendoff-oauth2")
USER = "me@example.org"


class OAuth2(Case):
    def setUp(self):
        self.box = self.sandbox()
        self.state = self.box.file("state-home")
        self.file = os.path.join(self.state, "sendoff", "oauth2", USER + ".json")

    def issuer(self, **options):
        issuer = Issuer(**options)
        self.addCleanup(issuer.close)
        return issuer

    def start(self, *words):
        return subprocess.Popen([sys.executable, HELPER, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, text=True,
                                env={"PATH": os.environ["PATH"], "HOME": self.box.home, "XDG_STATE_HOME": self.state})

    def run_helper(self, *words):
        child = self.start(*words)
        out, err = child.communicate(timeout=60)
        return child.returncode, out, err

    def login(self, issuer, *words):
        return self.start("login", "generic", USER, "--client-id", "an-app", "--issuer", issuer.url, *words)

    def logged_in(self, issuer):
        issuer.approve()
        child = self.login(issuer)
        self.assertEqual((child.wait(60), child.stdout.read()), (0, ""))
        child.stderr.read()
        child.stdout.close()
        child.stderr.close()

    def expire(self, **changes):
        """Makes the kept token one that has ended."""
        with open(self.file) as file:
            kept = json.load(file)
        kept.update({"expires_at": 0}, **changes)
        with open(self.file, "w") as file:
            json.dump(kept, file)

    def assertOneLine(self, text, *parts):
        self.assertEqual(text.count("\n"), 1, text)
        for part in parts:
            self.assertIn(part, text)

    def test_device_flow(self):
        issuer = self.issuer()
        child = self.login(issuer)
        line = child.stderr.readline()
        self.assertIn(issuer.url + "/activate", line)
        self.assertIn("WDJB-MJHT", line)
        issuer.approve()
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, err)
        self.assertIn("password_command = sendoff-oauth2 token " + USER, err)
        self.assertEqual(self.run_helper("token", USER), (0, "access-1\n", ""))
        self.assertEqual(issuer.renewals, 0)

    def test_device_flow_refused(self):
        issuer = self.issuer()
        issuer.refusal = "access_denied"
        _, err = (child := self.login(issuer)).communicate(timeout=60)
        self.assertEqual(child.returncode, 77)
        self.assertIn("login refused: access_denied", err)
        self.assertFalse(os.path.exists(self.file))

    def browse(self, child):
        """What the browser does: opens the address, and follows where it is sent."""
        child.stderr.readline()
        url = child.stderr.readline().strip()
        stray = urllib.request.Request(self.redirect_of(url) + "?code=forged&state=guessed")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(stray, timeout=20)
        refused.exception.close()
        with urllib.request.urlopen(url, timeout=20) as page:
            return page.read()

    def redirect_of(self, url):
        return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["redirect_uri"][0]

    def test_loopback_flow_with_pkce(self):
        issuer = self.issuer()
        child = self.login(issuer, "--flow", "loopback", "--no-browser", "--client-secret", "app-secret")
        self.assertIn(b"logged in", self.browse(child))
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, err)
        self.assertEqual(issuer.forms[-1]["client_secret"], "app-secret")
        self.assertEqual(self.run_helper("token", USER)[1], "access-1\n")

    def test_loopback_flow_refused(self):
        issuer = self.issuer()
        issuer.refusal = "access_denied"
        child = self.login(issuer, "--flow", "loopback", "--no-browser")
        self.browse(child)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 77)
        self.assertOneLine(err, "login refused: access_denied")

    def test_only_the_owner_can_read_it(self):
        self.logged_in(self.issuer())
        for path, mode in ((self.file, 0o600), (self.file + ".lock", 0o600), (os.path.dirname(self.file), 0o700)):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)

    def test_renews_what_has_ended(self):
        issuer = self.issuer()
        self.logged_in(issuer)
        self.expire()
        self.assertEqual(self.run_helper("token", USER), (0, "access-2\n", ""))
        self.assertEqual(self.run_helper("token", USER), (0, "access-2\n", ""))
        self.expire()
        self.assertEqual(self.run_helper("token", USER)[1], "access-3\n", "the new refresh token was kept")
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)

    def test_many_at_once_renew_once(self):
        issuer = self.issuer()
        self.logged_in(issuer)
        self.expire()
        issuer.delay = 0.3
        children = [self.start("token", USER) for _ in range(6)]
        self.assertEqual({child.communicate(timeout=60) for child in children}, {("access-2\n", "")})
        self.assertEqual(issuer.renewals, 1)

    def test_says_when_to_log_in_again(self):
        issuer = self.issuer()
        self.logged_in(issuer)
        self.expire()
        issuer.refusal = "invalid_grant"
        status, out, err = self.run_helper("token", USER)
        self.assertEqual((status, out), (77, ""))
        self.assertOneLine(err, "me@example.org has to log in again", "the grant has ended")

    def test_trouble_for_now(self):
        issuer = self.issuer()
        self.logged_in(issuer)
        self.expire()
        issuer.refusal = "temporarily_unavailable"
        status, _, err = self.run_helper("token", USER)
        self.assertEqual(status, 75)
        self.assertOneLine(err, "no new token for now")
        self.expire(token_endpoint="http://127.0.0.1:1/token")
        status, _, err = self.run_helper("token", USER)
        self.assertEqual(status, 75)
        self.assertOneLine(err, "127.0.0.1:1", "refused")

    def test_never_in_clear_over_the_network(self):
        self.logged_in(self.issuer())
        self.expire(token_endpoint="http://login.example/token")
        status, _, err = self.run_helper("token", USER)
        self.assertEqual(status, 64)
        self.assertOneLine(err, "no https URL")

    def test_not_logged_in_and_logged_out(self):
        self.assertEqual(self.run_helper("token", USER)[0], 77)
        self.logged_in(self.issuer())
        self.assertEqual(self.run_helper("logout", USER), (0, "", ""))
        self.assertEqual(os.listdir(os.path.dirname(self.file)), [])
        status, _, err = self.run_helper("token", USER)
        self.assertEqual(status, 77)
        self.assertOneLine(err, "is not logged in")
        self.assertEqual(self.run_helper("token", "../x")[0], 64)

    def send(self, mechanism):
        """sendoff with the helper as its password_command; the first token has ended before the second message."""
        issuer = self.issuer()
        server = self.server(tls="starttls", users={USER: "nothing yet"}, mechanisms=(mechanism.upper(),), require_auth=True)
        issuer.on_issue = lambda token: server.users.update({USER: token})
        self.logged_in(issuer)
        self.box.account(server=server, auth=mechanism, password=None, password_command="%s %s token %s" % (
            sys.executable, HELPER, USER))
        env = {"XDG_STATE_HOME": self.state}
        for expected in (1, 2):
            self.assertExit(self.box.sendmail("-i", "bob@example.net", stdin=MESSAGE, env=env), 0)
            message = server.take()[0]
            self.assertEqual((message.connection.user, message.connection.mechanism), (USER, mechanism.upper()))
            self.assertEqual(len(issuer.issued), expected)
            self.expire()

    def test_sendoff_with_xoauth2(self):
        self.send("xoauth2")

    def test_sendoff_with_oauthbearer(self):
        self.send("oauthbearer")

    def test_sendoff_when_the_login_has_ended(self):
        issuer = self.issuer()
        server = self.server(tls="starttls", users={USER: "x"}, require_auth=True)
        self.logged_in(issuer)
        self.expire()
        issuer.refusal = "invalid_grant"
        self.box.account(server=server, auth="xoauth2", password=None, password_command="%s %s token %s" % (
            sys.executable, HELPER, USER))
        done = self.box.sendmail("-i", "bob@example.net", stdin=MESSAGE, env={"XDG_STATE_HOME": self.state})
        self.assertExit(done, 77, "password_command")
