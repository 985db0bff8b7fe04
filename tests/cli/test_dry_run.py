# SPDX-License-Identifier: ISC
"""`sendoff send --dry-run`: for each set of offers, what it prints is what such a server gets."""

import itertools

from case import Case

FIXED = "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n"
HEAD = "From: J\u00fcrgen <j@example.org>\nTo: bob@example.net\nSubject: Gr\u00fc\u00dfe\n" + FIXED
TEXT = HEAD + "\n.\n\u00e4 dot\n"
UTF8 = TEXT.replace("bob@", "b\u00f6b@")
KEYWORDS = ("8BITMIME", "SMTPUTF8", "CHUNKING", "SIZE", "DSN")
SUBJECT, RAW_SUBJECT = b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n", "Subject: Gr\u00fc\u00dfe\r\n".encode()
ENCODED, RAW = b"\r\n\r\n.\r\n=C3=A4 dot\r\n", "\r\n\r\n.\r\n\u00e4 dot\r\n".encode()


class DryRunOffersTest(Case):
    def dry(self, text, *words, offers=None):
        """The lines of the envelope, the content."""
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        option = () if offers is None else ("--offers", offers)
        done = box.sendoff("send", "--dry-run", *option, "-i", "-f", "me@example.org", *words, stdin=text)
        self.assertEqual((done.status, done.stderr, done.log), (0, "", []), str(done))
        envelope, _, content = done.stdout.partition(b"\r\n\r\n")
        return envelope.decode().split("\r\n"), content

    def test_a_message_id_is_of_the_domain_of_the_sender_that_goes_out(self):
        for words, keys, domain in ((("-f", "root"), {}, "example.org"),
                                    (("-f", "a@b.example"), {}, "b.example"),
                                    (("-f", "root"), {"from": "me@c.example"}, "c.example"),
                                    (("-f", "root@localhost"), {"from": "me@c.example"}, "c.example"),
                                    (("-f", "a@b.example"), {"from": "me@c.example", "from_override": "yes"}, "c.example"),
                                    (("-f", ""), {"from": "me@c.example"}, "example.org"),
                                    ((), {"from": "me@c.example"}, "c.example")):
            with self.subTest(words, **keys):
                box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off", **keys)
                done = box.sendoff("send", "--dry-run", *words, "bob@example.net", stdin="\nx\n")
                self.assertRegex(done.stdout.decode(), "(?m)^Message-ID: <[^@>]+@%s>\r$" % domain)

    def test_every_set_is_what_such_a_server_gets(self):
        for count in range(len(KEYWORDS) + 1):
            for offers in itertools.combinations(KEYWORDS, count):
                with self.subTest(offers):
                    self.same_as_sent(offers)

    def same_as_sent(self, offers):
        words = ("-N", "failure", "-R", "hdrs", "bob@example.net", "carol@example.net")
        text = UTF8 if "SMTPUTF8" in offers else TEXT
        envelope, content = self.dry(text, *words, offers=",".join(offers))
        with_server = self.server(offers={*offers, "PIPELINING"}, lenient=True)
        box = self.sandbox(with_server)
        self.assertExit(box.sendmail("-i", "-f", "me@example.org", *words, stdin=text), 0)
        message, = with_server.take()
        sent = [line for line in message.connection.commands if line[:4] in ("MAIL", "RCPT")]
        self.assertEqual(envelope, sent)
        self.assertEqual(content, message.data)

    def test_8bit_text(self):
        for offers, subject, body in ((None, SUBJECT, ENCODED), ("SIZE", SUBJECT, ENCODED), ("CHUNKING", SUBJECT, ENCODED),
                                      ("SMTPUTF8", SUBJECT, ENCODED), ("8BITMIME", SUBJECT, RAW), ("8bitmime,chunking", SUBJECT, RAW),
                                      ("8BITMIME,SMTPUTF8", SUBJECT, RAW)):
            with self.subTest(offers):
                envelope, content = self.dry(TEXT, "bob@example.net", offers=offers)
                self.assertEqual("BODY=8BITMIME" in envelope[0], body is RAW)
                self.assertIn(subject, content)
                self.assertTrue(content.endswith(body), content)
                self.assertEqual(b"quoted-printable" in content, body is ENCODED)

    def test_an_address_that_needs_smtputf8(self):
        envelope, content = self.dry(UTF8, "b\u00f6b@example.net", offers="8BITMIME,SMTPUTF8")
        self.assertEqual(envelope[0], "MAIL FROM:<me@example.org> BODY=8BITMIME SMTPUTF8")
        self.assertEqual(envelope[1], "RCPT TO:<b\u00f6b@example.net>")
        self.assertIn(RAW_SUBJECT, content)
        self.assertTrue(content.endswith(RAW))

    def test_an_address_that_nobody_could_carry(self):
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        done = box.sendoff("send", "--dry-run", "-f", "me@example.org", "b\u00f6b@example.net", stdin=TEXT)
        self.assertExit(done, 67, "SMTPUTF8")
        self.assertEqual(done.stdout, b"")

    def test_a_domain_cannot_end_the_path(self):
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        for domain in ("x.example\uff1e\u3000SIZE\uff1d1", "evil\uff20x.example", "x.example\uff0cy.example"):
            with self.subTest(domain):
                done = box.sendoff("send", "--dry-run", "-f", "me@example.org", "bob@" + domain, stdin=TEXT)
                self.assertExit(done, 67, "its domain is no name that IDNA knows")
                self.assertEqual(done.stdout, b"")

    def test_a_sender_that_its_domain_makes_too_long(self):
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        box.set(domain="example.org")
        for length, status in ((242, 0), (243, 65)):
            done = box.sendoff("send", "--dry-run", "-f", "x" * length, "bob@example.net", stdin=TEXT)
            self.assertExit(done, status, "longer than 256 octets" if status else "")

    def test_aliases_that_lead_nowhere(self):
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        box.write("aliases", "pipe: |cat\nnull: /dev/null\n")
        words = ("send", "--dry-run", "-f", "me@example.org")
        done = box.sendoff(*words, "pipe", "bob@example.net", stdin=TEXT)
        self.assertExit(done, 67, "names a command")
        self.assertIn(b"RCPT TO:<bob@example.net>\r\n\r\n", done.stdout)
        self.assertExit(box.sendoff(*words, "pipe", stdin=TEXT), 67, "names a command")
        self.assertExit(box.sendoff(*words, "null", stdin=TEXT), 0)

    def test_what_no_server_takes(self):
        box = self.sandbox(auth="none", host="127.0.0.1", port=1, tls="off")
        text = HEAD + "MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n\na\0\n--b--\n"
        done = box.sendoff("send", "--dry-run", "-f", "me@example.org", "bob@example.net", stdin=text)
        self.assertExit(done, 65, "signed or encrypted")
        self.assertEqual(done.stdout, b"")

    def test_bodies_that_need_work_at_any_server(self):
        for body, wanted in (("x" * 999 + "\n", b"x" * 75 + b"=\r\n" + b"x" * 75), ("a\rb\n", b"a=0Db\r\n"), ("a\0b\n", b"a=00b\r\n"),
                             ("no end", b"no end\r\n"), ("a\r\nb\nc\r\n", b"a\r\nb\r\nc\r\n")):
            for offers in (None, "8BITMIME,SMTPUTF8,CHUNKING"):
                with self.subTest(body[:10], offers=offers):
                    _, content = self.dry(HEAD + "\n" + body, "bob@example.net", offers=offers)
                    self.assertTrue(content.partition(b"\r\n\r\n")[2].startswith(wanted), content)
