# SPDX-License-Identifier: ISC
"""The pages of doc/howto: every `sh` block is run, in order, as root in a World of its own.

There smtp.example.org is a test server on port 587, with a certificate that the system trusts,
and what a page takes for given (GIVEN) is in its place.
"""

import itertools
import os
import re

import certs
from case import Case
from issuer import Issuer
from setgid import system_directory
from smtpd import Server
from world import TOP, World

PAGES = os.path.join(TOP, "doc", "howto")
USER, SECRET = "me@example.org", "secret"
BASIC = "[work]\nhost = smtp.example.org\nuser = %s\npassword = \"%s\"\n" % (USER, SECRET)
OWN = "/root/.config/sendoff/sendoff.ini"
TRUST = "/etc/ssl/certs/ca-certificates.crt"

# What a page takes for given.
GIVEN = {
    "php": {OWN: BASIC},
    "offline": {OWN: BASIC},
    "from-msmtp": {"/root/.msmtprc": """
        defaults
        auth on
        tls on
        tls_trust_file %s
        logfile ~/.msmtp.log
        account work
        host smtp.example.org
        port 587
        from me@example.org
        user me@example.org
        password secret
        account default : work
        """ % TRUST},
    "from-ssmtp": {"/etc/ssmtp/ssmtp.conf": """
        root=me@example.org
        mailhub=smtp.example.org:587
        rewriteDomain=example.org
        hostname=box.example.org
        UseSTARTTLS=YES
        AuthUser=me@example.org
        AuthPass=secret
        """, "/etc/ssmtp/revaliases": "www-data:web@example.org:smtp.example.org:587\n"},
    "from-nullmailer": {
        "/etc/nullmailer/remotes": "smtp.example.org smtp --port=587 --starttls --user=me@example.org --pass=secret\n",
        "/etc/nullmailer/adminaddr": "me@example.org\n", "/etc/nullmailer/defaulthost": "example.org\n",
        "/etc/mailname": "box.example.org\n"},
    "from-dma": {"/etc/dma/dma.conf": """
        SMARTHOST smtp.example.org
        PORT 587
        AUTHPATH /etc/dma/auth.conf
        SECURETRANSFER
        STARTTLS
        MAILNAME box.example.org
        """, "/etc/dma/auth.conf": "me@example.org|smtp.example.org:secret\n"},
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COUNTER = itertools.count(1)

# $1: the server's address; $2: the authority; $3: SYSCONFDIR; then pairs of a file and its place.
PRELUDE = r"""
set -eu
echo "$1 smtp.example.org" >> /etc/hosts
cat "$2" > %s
ln -s ../sbin/sendmail /usr/bin/sendoff
rm -rf /root/.config /etc/aliases
[ -e /usr/bin/php ] || [ ! -e /usr/bin/php.default ] || ln -s php.default /usr/bin/php
if [ "$3" != /etc ]; then
	mkdir -p "$3" /etc/sendoff
	rm -rf "$3/sendoff" "${3%%/etc}/var"
	ln -s /etc/sendoff "$3/sendoff"
	ln -s /var "${3%%/etc}/var"
fi
rm -rf /var/spool/sendoff /var/lib/sendoff
shift 3
while [ $# -gt 0 ]; do
	mkdir -p "$(dirname "$2")"
	install -m 600 "$1" "$2"
	shift 2
done
""" % TRUST


def blocks(page, language="sh"):
    with open(os.path.join(PAGES, page + ".md"), encoding="utf-8") as file:
        return re.findall(r"^```%s\n(.*?)^```$" % language, file.read(), re.S | re.M)


class HowTo(Case):
    def start_server(self, users):
        """On the port of submission, at an address that no other test uses."""
        number = os.getpid() * 4 + next(COUNTER)
        host = "127.%d.%d.%d" % (100 + number % 100, number // 100 % 250, 1 + number // 25000 % 250)
        server = Server(tls="starttls", context=certs.server_context("example"), host=host, port=587, users=users,
                        require_auth=True)
        self.addCleanup(server.close)
        self.addCleanup(lambda: self.assertEqual(server.settle(), []))
        return server

    def play(self, page, needs=(), env=None, users=None):
        """Runs the page; returns the server and what was printed."""
        box = self.sandbox()
        world = World(box)
        world.need(*needs)
        server = self.start_server(users or {USER: SECRET})
        words = [server.host, certs.get("example").ca, system_directory()]
        for number, (place, text) in enumerate(GIVEN.get(page, {}).items()):
            words += [box.write("given-%d" % number, re.sub("(?m)^ +", "", text)), place]
        script = PRELUDE + "cd %s\nset -x\n" % world.source + "\n".join(blocks(page))
        status, text = world.shell(script, *words, env=dict({"PATH": PATH}, **(env or {})))
        self.assertEqual(status, 0, text)
        return server, text

    def subjects(self, server, count):
        return [re.search(rb"(?m)^Subject: (.*?)\r$", m.data).group(1).decode() for m in server.take(count, 60)]

    def test_cron(self):
        server, text = self.play("cron")
        self.assertIn("me@example.org", text)
        first, second = server.take(2)
        self.assertEqual(first.to, [USER])
        self.assertRegex(first.data, rb"(?m)^From: .*me@example.org.*Cron Daemon|^From: .*Cron Daemon.*me@example.org")
        self.assertEqual(second.to, [USER, "kim@example.org"])

    def test_php(self):
        server, _ = self.play("php", ["/usr/bin/php.default"])
        self.assertEqual(self.subjects(server, 3), ["from PHP", "from PHP", "from -bs"])

    def test_mutt(self):
        server, text = self.play("mutt", ["/usr/bin/mutt", "/usr/bin/git"])
        messages = server.take(3)
        self.assertEqual([m.sender for m in messages], ["kim@home.example", USER, "kim@home.example"])
        self.assertIn("AUTH", text)
        self.assertNotIn("c2VjcmV0", text)

    def test_containers(self):
        server, text = self.play("containers")
        self.assertEqual(self.subjects(server, 2), ["from a container", "in silence"])
        self.assertEqual(text.count("status=sent"), 1)

    def test_offline(self):
        server, text = self.play("offline")
        self.assertEqual(self.subjects(server, 1), ["written on a train"])
        self.assertIn("Mail queue is empty", text)

    def test_system_account(self):
        server, text = self.play("system-account")
        self.assertEqual(server.take(1)[0].sender, USER)
        self.assertIn("Permission denied", text)

    def test_from_msmtp(self):
        server, _ = self.play("from-msmtp")
        self.assertEqual(self.subjects(server, 1), ["moved"])

    def test_from_ssmtp(self):
        server, _ = self.play("from-ssmtp")
        self.assertEqual(server.take(1)[0].sender, "root@example.org")

    def test_from_nullmailer(self):
        server, _ = self.play("from-nullmailer")
        self.assertEqual(self.subjects(server, 1), ["moved"])

    def test_from_dma(self):
        server, _ = self.play("from-dma")
        self.assertEqual(self.subjects(server, 1), ["moved"])

    def test_oauth2(self):
        with Issuer() as issuer:
            users = {USER: "nothing yet"}
            issuer.on_issue = lambda token: users.update({USER: token})
            issuer.approve()
            server, _ = self.play("oauth2", ["/usr/bin/python3"], {"ISSUER": issuer.url, "CLIENT_ID": "an-app"}, users)
        self.assertEqual(server.take(1)[0].connection.mechanism, "OAUTHBEARER")


class Pages(Case):
    def names(self):
        return sorted(name[:-3] for name in os.listdir(PAGES) if name.endswith(".md") and name != "README.md")

    def test_every_page_is_run_and_listed(self):
        with open(os.path.join(PAGES, "README.md"), encoding="utf-8") as file:
            index = file.read()
        for name in self.names():
            self.assertTrue(hasattr(HowTo, "test_" + name.replace("-", "_")), name)
            self.assertTrue(blocks(name), name)
            self.assertIn("(%s.md)" % name, index)

    def test_few_blocks_are_not_run(self):
        """`console` is for what needs a browser or a running systemd."""
        self.assertLessEqual(sum(len(blocks(name, "console")) for name in self.names()), 3)

    def test_links_lead_somewhere(self):
        for name in self.names():
            with open(os.path.join(PAGES, name + ".md"), encoding="utf-8") as file:
                for target in re.findall(r"\]\(([^):]+)\)", file.read()):
                    self.assertTrue(os.path.exists(os.path.join(PAGES, target)), "%s: %s" % (name, target))
