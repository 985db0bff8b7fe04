# SPDX-License-Identifier: ISC
"""sendoff config import: what other programs were told, sendoff does.

Each configuration below is imported, has to pass `config lint`, and then delivers a message
through the test server with the login, the TLS and the envelope that its program would use.
test_peers.py has the programs themselves beside it.
"""

import os
import subprocess
import time

import certs
from case import MESSAGE, Case

USER, SECRET = "me@example.org", "a # ; =:\\' secret"

# Files by name, then what has to arrive: sender, EHLO name.  {port}, {ca}, {pin}, {secret}.
PEERS = {
    "msmtp": ({"msmtprc": """
        defaults
        auth on
        tls on
        tls_trust_file {ca}
        account other
        host nowhere.invalid
        from other@example.org
        account work
        host 127.0.0.1
        port {port}
        from me@example.org
        domain box.example.org
        user me@example.org
        password "{secret}"
        account default : work
        """}, "me@example.org", "starttls"),
    "msmtp with passwordeval": ({"msmtprc": """
        account default
        host 127.0.0.1
        port {port}
        tls on
        tls_starttls off
        tls_fingerprint {pin}
        auth plain
        user me@example.org
        passwordeval printf 'a # ; =:\\134\\047 secret\\n'
        from me@example.org
        domain box.example.org
        """}, "me@example.org", "implicit"),
    "ssmtp": ({"ssmtp.conf": """
        root=admin@example.org
        mailhub=127.0.0.1:{port}
        rewriteDomain=example.org
        hostname=box.example.org
        UseTLS=YES
        UseSTARTTLS=YES
        TLS_CA_File={ca}
        AuthUser=me@example.org
        AuthPass={secret}
        FromLineOverride=YES
        """}, "{login}@example.org", "starttls"),
    "dma": ({"dma.conf": """
        SMARTHOST 127.0.0.1
        PORT {port}
        AUTHPATH /etc/dma/auth.conf
        SECURETRANSFER
        STARTTLS
        FINGERPRINT {pin}
        MASQUERADE me@example.org
        MAILNAME box.example.org
        """, "auth.conf": """
        someone@example.org|other.example:other
        me@example.org|127.0.0.1:{secret}
        """}, "me@example.org", "starttls"),
    "nullmailer": ({"remotes": """
        127.0.0.1 smtp --port={port} --ssl --x509cafile={ca} --user=me@example.org "--pass=a # ; =:\\\\' secret"
        """, "me": "box.example.org\n", "allmailfrom": "me@example.org\n"}, "me@example.org", "implicit"),
    "nullmailer, second remote": ({"remotes": """
        127.0.0.1 smtp --port=1
        127.0.0.1 smtp --port={port} --starttls --x509cafile={ca} --user=me@example.org "--pass=a # ; =:\\\\' secret"
        """, "me": "box.example.org\n", "allmailfrom": "me@example.org\n"}, "me@example.org", "starttls"),
    "esmtp": ({"esmtprc": """
        helo = box.example.org
        hostname = 127.0.0.1:{port}
        username = "me@example.org"
        password = "a # ; =:\\\\' secret"
        force reverse_path = me@example.org
        identity someone@example.net
        hostname = nowhere.invalid:25
        """}, "me@example.org", "off"),
    "Postfix": ({"main.cf": """
# A null client.
myhostname = box.example.org
mydomain = example.org
myorigin = $mydomain
relayhost = [127.0.0.1]:{port}
inet_interfaces = loopback-only
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps =
   hash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = verify
smtp_tls_CAfile = {ca}
""", "sasl_passwd": """
[127.0.0.1]:1 other@example.org:other
[127.0.0.1]:{port} me@example.org:{secret}
"""}, "{login}@example.org", "starttls"),
}


# What an account inherits may be taken back, or stand beside what it says itself.
MSMTP_HEIRS = """
defaults
auth on
tls on
host 127.0.0.1
user me@example.org
password secret
source_ip 192.0.2.1

account both
from *@work.example
passwordeval echo other
allow_from_override off

account command
from me@example.org
password
passwordeval echo secret
source_ip ""
dsn_return headers

account default : command
"""


def login():
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


class Import(Case):
    def write(self, box, files, server):
        places = {"port": server.port, "ca": certs.get("good").ca, "pin": certs.fingerprint(), "secret": SECRET}
        os.makedirs(box.file("peer"))
        return [box.write("peer/" + name, text.format(**places)) for name, text in files.items()]

    def imported(self, box, paths):
        """The configuration, which is in use from now on and has passed lint."""
        done = box.sendoff("config", "import", *paths)
        self.assertEqual(done.status, 0, str(done))
        box.text = done.stdout.decode()
        self.assertEqual("mode 600" in done.stderr, "\npassword =" in box.text)
        self.assertExit(box.sendoff("config", "lint"), 0, "")
        return box.text

    def empty_queue(self, box):
        deadline = time.monotonic() + 60
        while b"is empty" not in box.sendoff("queue").stdout:
            self.assertLess(time.monotonic(), deadline, "the message stays in the queue")
            time.sleep(0.1)

    def delivered(self, name):
        files, sender, tls = PEERS[name]
        server = self.server(tls=tls, users={USER: SECRET}, require_auth=True)
        box = self.sandbox()
        self.imported(box, self.write(box, files, server))
        self.assertExit(box.sendmail("-i", "bob@example.net", stdin=MESSAGE), 0)
        message = server.take()[0]
        self.empty_queue(box)
        self.assertEqual(message.to, ["bob@example.net"])
        self.assertEqual(message.sender, sender.format(login=login()))
        self.assertEqual(message.connection.user, USER)
        self.assertEqual(message.connection.tls is None, tls == "off")
        self.assertIn("box.example.org", message.connection.commands[0])
        return message

    def test_msmtp_by_default_account(self):
        message = self.delivered("msmtp")
        self.assertEqual(message.data, MESSAGE.replace("\n", "\r\n").encode())

    def test_msmtp_with_a_command(self):
        self.delivered("msmtp with passwordeval")

    def test_ssmtp(self):
        message = self.delivered("ssmtp")
        self.assertIn(b"From: Alice <alice@example.org>", message.data)

    def test_dma(self):
        self.delivered("dma")

    def test_nullmailer(self):
        self.delivered("nullmailer")

    def test_nullmailer_falls_back(self):
        self.delivered("nullmailer, second remote")

    def test_esmtp(self):
        self.delivered("esmtp")

    def test_postfix(self):
        self.delivered("Postfix")

    def test_msmtp_chooses_by_sender(self):
        """-f chooses the account whose `from` it is."""
        server = self.server(lenient=True)
        box = self.sandbox()
        self.imported_text = box.sendoff("config", "import", box.write("msmtprc", (
            "account one\nhost nowhere.invalid\nfrom one@example.org\n"
            "account two\nhost 127.0.0.1\nport %d\nfrom two@example.org\n"
            "account default : one\n" % server.port))).stdout.decode()
        box.text = self.imported_text
        self.assertExit(box.sendmail("-f", "two@example.org", "bob@example.net", stdin=MESSAGE), 0)
        self.assertEqual(server.take()[0].sender, "two@example.org")

    def test_msmtp_accounts_that_inherit(self):
        box = self.sandbox()
        box.text = box.sendoff("config", "import", box.write("msmtprc", MSMTP_HEIRS)).stdout.decode()
        self.assertExit(box.sendoff("config", "lint"), 0, "")
        accounts = {text.splitlines()[0]: text for text in box.text.split("[")[1:]}
        self.assertIn("passwordeval is left out", accounts["both]"])
        self.assertNotIn("password_command", accounts["both]"])
        self.assertIn("match = *@work.example\n", accounts["both]"])
        self.assertNotIn("from =", accounts["both]"])
        self.assertNotIn("from_override", accounts["both]"])
        self.assertIn("password_command = echo secret\n", accounts["command]"])
        self.assertNotIn("password =", accounts["command]"])
        self.assertNotIn("source_address", accounts["command]"])
        self.assertIn("dsn_return = hdrs\n", accounts["command]"])

    def test_ssmtp_revaliases(self):
        server = self.server()
        box = self.sandbox()
        paths = [box.write("ssmtp.conf", "mailhub=nowhere.invalid\nrewriteDomain=example.org\n"),
                 box.write("revaliases", "root:admin@example.org:127.0.0.1:%d\n" % server.port)]
        box.text = box.sendoff("config", "import", *paths).stdout.decode()
        self.assertExit(box.sendoff("config", "lint"), 0, "")
        self.assertExit(box.sendmail("-f", "root", "bob@example.net", stdin=MESSAGE), 0)
        message = server.take()[0]
        self.assertEqual(message.sender, "admin@example.org")
        self.assertIn(b"From: Alice <admin@example.org>", message.data)

    def test_what_fails_says_why(self):
        box = self.sandbox()
        self.assertExit(box.sendoff("config", "import"), 64, "a file is missing")
        self.assertExit(box.sendoff("config", "import", box.file("none")), 66, "none: No such file")
        self.assertExit(box.sendoff("config", "import", "/etc/passwd"), 65, "of no program", "hint: known are")
        done = box.sendoff("config", "import", box.write("dma.conf", "PORT 25\n"))
        self.assertExit(done, 65, "names no server")
        self.assertEqual(done.stdout, b"")
