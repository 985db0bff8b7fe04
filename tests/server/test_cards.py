# SPDX-License-Identifier: ISC
"""Client certificate and key on a smart card, by pkcs11: URLs."""

import os
import ssl
import subprocess
import unittest

import cards
import certs
import release
import servers
from cards import PIN
from case import MESSAGE
from queued import QueueCase

WRONG = "s3cr3t-pin"
CERT, KEY = "pkcs11:token=mail;object=me;type=cert", "pkcs11:token=mail;object=me;type=private"
BOTH, BY_ID = "pkcs11:token=mail;object=me", "pkcs11:id=%01"
VALUE = "?pin-value=1234%25%3F%26"


@unittest.skipIf(cards.reason_not_to(), cards.reason_not_to())
class CardCase(QueueCase):
    def box_with_card(self, cert, key, queue="no", server=None, **account):
        """A sandbox whose account shows a certificate to a server that wants one; FILE in `cert` and
        `key` is the file of the certificate or key, PIN one with the PIN."""
        box = self.queue_box(queue=queue)
        with open(certs.get("good").ca, encoding="utf-8") as ca:
            box.write("ca.pem", ca.read())
        files = certs.get("client")
        for name in ("cert", "key"):
            with open(getattr(files, name), encoding="utf-8") as file:
                box.write(name, file.read())
        subprocess.run(["openssl", "pkcs8", "-topk8", "-in", files.key, "-out", box.file("LOCKED"), "-passout", "pass:" + PIN],
                       check=True)
        box.write("PIN", PIN + "\r\nmore\n")
        context = certs.server_context(ask_client=True)
        context.verify_mode = ssl.CERT_REQUIRED
        self.smtp = self.server(tls="starttls", context=context, lenient=True)
        box.account(server=server or self.smtp)
        for name in ("PIN", "LOCKED"):
            cert, key = (url and url.replace(name, box.file(name)) for url in (cert, key))
        box.account(tls_trust=box.file("ca.pem"), tls_cert=cert.replace("FILE", box.file("cert")),
                    tls_key=key and key.replace("FILE", box.file("key")), **account)
        self.card = cards.Card(box)
        return box

    def run_it(self, box, program="sendmail", *words, stdin=MESSAGE, **env):
        return box.run(program, *(words or ("bob@example.net",)), stdin=stdin, env={**self.card.env, **env}, uid=self.card.uid)

    def assertSent(self, done, logins="o"):
        self.assertExit(done, 0)
        self.assertEqual(len(self.smtp.take()), 1)
        self.assertTrue(self.smtp.connections[-1].tls["certificate"])
        self.assertEqual(self.card.logins(), logins)


class WaysTest(CardCase):
    def test_where_certificate_and_key_are(self):
        for cert, key, logins in ((BOTH + VALUE, None, "o"), (CERT + VALUE, None, "o"), (CERT, KEY + VALUE, "o"),
                                  (CERT + VALUE, KEY, "o"), (BY_ID, BY_ID + VALUE, "o"), ("FILE", KEY + VALUE, "o"),
                                  (CERT, "FILE", "")):
            with self.subTest(cert=cert, key=key):
                self.assertSent(self.run_it(self.box_with_card(cert, key)), logins)

    def test_where_the_pin_is(self):
        for query in ("?pin-source=file:PIN", "?pin-source=PIN", "?pin-source=file://PIN",
                      "?module-name=x&pin-source=file:PIN", VALUE + "&module-name=x"):
            with self.subTest(query):
                self.assertSent(self.run_it(self.box_with_card(CERT, KEY + query)))

    def test_the_ways_to_the_server(self):
        box = self.box_with_card(CERT, KEY + VALUE, queue="yes")
        self.assertSent(self.run_it(box, "sendmail", "-odb", "bob@example.net"))
        for word in ("one", "two"):
            self.run_it(box, "sendmail", "-odq", "bob@example.net")
        self.assertExit(self.run_it(box, "sendmail", "-q"), 0)
        self.assertEqual(len(self.smtp.take(2)), 2)
        text = "MAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\nDATA\nSubject: x\n\nx\n.\n"
        done = self.run_it(box, "sendmail", "-bs", stdin="EHLO x\n" + text * 2 + "QUIT\n")
        self.assertEqual(done.stdout.count(b"250 Ok: queued as"), 2, str(done))
        self.assertEqual(len(self.smtp.take(2)), 2)

    def test_external(self):
        real = servers.exim()
        box = self.box_with_card(CERT, KEY + VALUE, server=real.via("starttls"), auth="external",
                                 user="client@example.org", password=None)
        done = self.run_it(box)
        self.assertExit(done, 0)
        self.assertEqual(done.log[-1]["auth"].lower(), "external")
        self.assertEqual(real.one().to, ["bob@example.net"])


class NoneTest(QueueCase):
    def test_p11_kit_begins_where_there_is_a_url(self):
        if not release.works("strace", "-qq", "-o", "/dev/null", "true"):
            self.skipTest("strace: not installed, or it may not trace here")
        box = self.sandbox(self.server(tls="starttls", lenient=True))
        for cert, begins in ((None, False), (certs.get("client").cert, False), ("pkcs11:token=gone", True)):
            box.account(tls_cert=cert, tls_key=cert and certs.get("client").key)
            box.write("sendoff.ini", box.configuration())
            done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=%file", "-o", box.file("trace"), release.program(),
                                   "send", "bob@example.net"], input=MESSAGE.encode(), stderr=subprocess.DEVNULL,
                                  env=box.environment({}), check=False)
            self.assertEqual(done.returncode, 76 if begins else 0)
            with open(box.file("trace"), encoding="utf-8") as trace:
                self.assertEqual("/etc/pkcs11/" in trace.read(), begins)


class FailureTest(CardCase):
    def test_what_is_wrong(self):
        for cert, key, text, logins in (
                (BOTH, None, "token 'mail' wants a PIN", ""),
                (CERT, KEY, "?pin-source=file:", ""),
                (CERT, KEY + "?pin-value=", "token 'mail' wants a PIN", ""),
                (CERT, KEY + VALUE + "%2", "token 'mail' wants a PIN", ""),
                (CERT, KEY + "?pin-value=" + WRONG, "token 'mail' refuses the PIN", "x"),
                (CERT + "?pin-value=" + WRONG, KEY, "token 'mail' refuses the PIN", "x"),
                (CERT, KEY + "?pin-value=" + WRONG * 50, "octets long", ""),
                (CERT, KEY + "?pin-source=file:PIN.gone", "PIN.gone': No such file", ""),
                (CERT, KEY + "?pin-source=file:/dev/zero", "/dev/zero': Invalid argument", ""),
                (CERT, KEY + "?pin-source=|cat", "pin-source is not file:/PATH", ""),
                ("pkcs11:token=gone;object=me" + VALUE, None, "p11tool --list-tokens", ""),
                (CERT, "pkcs11:token=mail;object=gone" + VALUE, "p11tool --list-tokens", "o"),
                ("pkcs11:token=mail;object=gone", KEY + VALUE, "p11tool --list-tokens", "o"),
                (CERT, "LOCKED", "no passphrase", ""),
                (CERT, "pkcs11:=" + VALUE, "tls_key 'pkcs11:='", "")):
            with self.subTest(cert=cert, key=key):
                box = self.box_with_card(cert, key)
                done = self.run_it(box)
                self.assertExit(done, 76, text)
                self.assertEqual((self.smtp.messages, self.card.logins()), ([], logins))
                for secret in (WRONG, PIN, "1234%25"):
                    self.assertNotIn(secret, str(done))

    def test_another_certificate(self):
        box = self.box_with_card(BOTH, BOTH + VALUE)
        cards.put(self.card.env, "good", "you", "02")
        box.account(tls_cert="pkcs11:object=you;type=cert", tls_key=KEY + VALUE)
        self.assertExit(self.run_it(box), 76, "tls_cert 'pkcs11:object=you;type=cert' and tls_key")

    def test_a_wrong_pin_is_said_to_nobody_and_locks_no_card(self):
        box = self.box_with_card("FILE", KEY + "?pin-value=" + WRONG, queue="yes")
        box.account(host="127.0.0.1, localhost")
        for words in (("sendmail", "-v", "bob@example.net"), ("sendmail", "-v", "-oem", "bob@example.net"),
                      ("sendmail", "-bv", "bob@example.net"), ("sendmail", "-q"), ("mailq",),
                      ("sendoff", "queue", "list", "--json"), ("sendoff", "check"), ("sendoff", "check", "--json"),
                      ("sendoff", "config", "show"), ("sendoff", "config", "lint")):
            with self.subTest(words):
                self.assertNotIn(WRONG, str(self.run_it(box, *words)))
        self.assertTrue(self.files(box))
        for name in self.files(box):
            with open(os.path.join(box.queue, name), encoding="utf-8") as file:
                self.assertNotIn(WRONG, file.read())
        self.assertEqual(self.card.logins(), "xx")

    def test_the_last_try_is_left_to_a_person(self):
        box = self.box_with_card("FILE", KEY + "?pin-value=" + WRONG)
        for logins, text in (("x", "refuses the PIN"), ("xx", "refuses the PIN"), ("xx", "its last try is left to you")):
            self.assertExit(self.run_it(box), 76, text)
            self.assertEqual(self.card.logins(), logins)
        box.account(tls_key=KEY + VALUE)
        done = self.run_it(box)
        self.assertExit(done, 76, "hint: log in by hand: p11tool --login --list-all 'pkcs11:")
        url = done.stderr.split("'")[-2]
        cards.p11tool("--login", "--set-pin", PIN, "--list-all", url, module=self.card.path, env=self.card.env)
        before = self.card.logins()
        self.assertSent(self.run_it(box), before + "o")

    def test_modules_that_are_bad(self):
        box = self.box_with_card(CERT, KEY + VALUE, queue="yes")
        self.assertExit(self.run_it(box, "sendmail", "-odb", "bob@example.net", CARD_CRASHES="1"), 0)
        self.assertEqual(len(self.listed(box, uid=self.card.uid)), 1)
        self.assertSent(self.run_it(box, "sendmail", "-q"))
        for lines, text in (("module: /nonexistent.so\n", "p11tool --list-tokens"),
                            ("module: /nonexistent.so\ncritical: yes\n", "tls_key"),
                            ("nonsense\n", "tls_key")):
            with self.subTest(lines):
                self.card.module(box.home, lines)
                box.set(queue="no")
                self.assertExit(self.run_it(box), 76, text)

    def test_a_url_that_is_refused(self):
        box = self.box_with_card("FILE", "FILE")
        for key in (BOTH + ";pin-value=" + WRONG, "pkcs11:pin-value=" + WRONG, BOTH + ";pinfile=/" + WRONG, "PKCS11:object=me"):
            with self.subTest(key):
                box.account(tls_key=key)
                done = self.run_it(box)
                self.assertExit(done, 78, "'tls_key' must be")
                self.assertNotIn(WRONG, str(done))
