# SPDX-License-Identifier: ISC
"""What other programs of this kind made of messages and addresses, one test each; the name or the
first line says what, and who did."""

import email
import email.policy

from case import MESSAGE, Case
from smtpd import ALL_OFFERS

TO = ("-f", "alice@example.org", "bob@example.net")
EACH = (ALL_OFFERS - {"PIPELINING", "CHUNKING"}, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS)
HEADER = MESSAGE.partition("\n\n")[0] + "\n\n"


class PeerCase(Case):
    def send(self, stdin, *words, offers=ALL_OFFERS):
        """A submission that must succeed; returns the one message that arrived."""
        server = self.server(offers=offers)
        self.assertExit(self.sandbox(server).sendmail(*words, stdin=stdin), 0)
        self.assertEqual(len(server.messages), 1)
        return server.messages[0]

    def refused(self, statuses, *words, stdin=MESSAGE):
        """A submission that must fail before anybody is asked."""
        server = self.server()
        done = self.sandbox(server).sendmail(*words, stdin=stdin)
        self.assertIn(done.status, statuses, str(done))
        self.assertEqual(server.connections, [])

    def parsed(self, message):
        return email.message_from_bytes(message.data, policy=email.policy.default)

    def body(self, message):
        """The decoded content, with line ends as a user has them."""
        return self.parsed(message).get_payload(decode=True).replace(b"\r\n", b"\n")


class InjectionTest(PeerCase):
    ENDS = ("\r\n", "\n", "\r")

    def test_line_ends_in_the_sender(self):
        """msmtp, esmtp, Exim: SMTP commands; msmtp: header lines."""
        for end in self.ENDS:
            self.refused([65], "-f", "a@example.org>%sRCPT TO:<eve@example.net" % end,
                         "bob@example.net")

    def test_line_ends_in_the_full_name(self):
        for end in self.ENDS:
            self.refused([65], "-F", "Alice%sBcc: eve@example.net" % end, *TO,
                         stdin="Subject: x\n\nhello\n")

    def test_line_ends_in_dsn_options(self):
        """Exim wrote them into its spool file."""
        for option in ("-V", "-N", "-R"):
            self.refused([64, 65], option, "x\nMAIL FROM:<eve@example.net>", *TO)

    def test_line_ends_in_a_recipient(self):
        """msmtp dropped the recipients after it and exited 0."""
        self.refused([65], "-f", "a@example.org", "bob@example.net\ncarol@example.net",
                     "dave@example.net")


class BccTest(PeerCase):
    SPELLINGS = ("Bcc: eve@example.net", "BCC:eve@example.net", "Bcc : eve@example.net",
                 "bcc:\n eve@example.net", "Bcc: x@example.net,\n\teve@example.net",
                 "Bcc\t: eve@example.net")

    def test_bcc_never_leaves(self):
        """ssmtp, esmtp without -t; msmtp, dma, OpenSMTPD with a blank before the colon."""
        for spelling in self.SPELLINGS:
            for words in (("-t",), TO):
                with self.subTest(spelling, words=words):
                    came = self.send(MESSAGE.replace("Subject:", spelling + "\nSubject:"),
                                     "-i", *words)
                    self.assertNotIn(b"eve@", came.data)
                    self.assertNotIn(b"bcc", came.data.lower())
                    self.assertEqual("eve@example.net" in came.to, words == ("-t",))

    def test_resent_bcc_never_leaves(self):
        """msmtp, ssmtp, esmtp, dma, OpenSMTPD."""
        text = ("Resent-From: carol@example.org\nResent-To: dave@example.net\n"
                "Resent-Bcc: eve@example.net\n" + MESSAGE)
        came = self.send(text, "-t", "-i")
        self.assertNotIn(b"eve@", came.data)
        self.assertEqual(sorted(came.to), ["dave@example.net", "eve@example.net"])
        came = self.send(text, "-i", *TO)
        self.assertNotIn(b"eve@", came.data)
        self.assertEqual(came.to, ["bob@example.net"])

    def test_only_the_newest_resent_block_counts(self):
        """dma, OpenSMTPD, ssmtp, esmtp looked at To although it was sent on."""
        text = ("Resent-To: new@example.net\nResent-From: carol@example.org\n"
                "Resent-To: old@example.net\nResent-From: dave@example.org\n" + MESSAGE)
        self.assertEqual(self.send(text, "-t", "-i").to, ["new@example.net"])


class RecipientTest(PeerCase):
    def to(self, field, *words):
        """The envelope that `To: FIELD` makes with -t."""
        return self.send(MESSAGE.replace("bob@example.net", field), "-t", *words).to

    def test_recipients_beside_the_header_are_added(self):
        """ssmtp: a note, exit 0, mail lost."""
        self.assertEqual(sorted(self.to("bob@example.net", "carol@example.net")),
                         ["bob@example.net", "carol@example.net"])

    def test_folded_fields_are_read_whole(self):
        """dma read the first line only."""
        self.assertEqual(len(self.to("bob@example.net,\n\tcarol@example.net\n ,\n"
                                     " dave@example.net")), 3)

    def test_each_once(self):
        """msmtp, OpenSMTPD, nullmailer sent two copies."""
        self.assertEqual(len(self.to("bob@example.net\nCc: bob@EXAMPLE.net, <bob@example.net>",
                                     "bob@example.net")), 1)

    def test_quoted_local_parts(self):
        """msmtp made <@q.org> of it."""
        for address in ('"john doe"@example.net', '"a\\"b"@example.net', '"a,b"@example.net'):
            self.assertEqual(self.to(address), [address])

    def test_what_is_no_address_is_refused(self):
        """dma took <a b@@>."""
        self.refused([65], "-t", stdin=MESSAGE.replace("bob@example.net", "a b@@"))

    def test_groups(self):
        """esmtp sent RCPT TO:<Grp:g1@x>."""
        self.assertEqual(self.to("Friends: bob@example.net, <carol@example.net>;, Nobody:;"),
                         ["bob@example.net", "carol@example.net"])


class MessageTest(PeerCase):
    def test_a_message_without_a_header(self):
        """nullmailer lost its first line; dma took it for the header's."""
        came = self.send("hello there\nsecond line\n", *TO)
        self.assertTrue(came.data.endswith(b"\r\n\r\nhello there\r\nsecond line\r\n"), came.data)

    def test_long_header_lines(self):
        """ssmtp cut them at 2,046 octets."""
        words = " ".join("word%d" % number for number in range(2000))
        came = self.send(MESSAGE.replace("Subject: hello", "Subject: " + words), *TO)
        self.assertEqual(self.parsed(came)["Subject"], words)
        self.assertLessEqual(max(map(len, came.data.split(b"\r\n"))), 998)

    def test_cr_lf_input(self):
        """dma, nullmailer: CR CR LF."""
        for end in ("\r\n", "\n"):
            came = self.send(MESSAGE.replace("\n", end), *TO)
            self.assertEqual(came.data, MESSAGE.replace("\n", "\r\n").encode())

    def test_nul(self):
        """OpenSMTPD, ssmtp cut or merged lines; esmtp broke the header."""
        came = self.send(MESSAGE + "a\0b\nsecond\n", *TO)
        self.assertEqual(self.body(came), b"hello\na\0b\nsecond\n")

    def test_bare_cr(self):
        """msmtp sent it as it was; servers refuse that now."""
        self.assertEqual(self.body(self.send(MESSAGE + "a\rb\n", *TO)), b"hello\na\rb\n")

    def test_smuggling(self):
        """Line ends that some servers take for the end of a message."""
        for trick in ("\n.\rMAIL", "\r.\r\nMAIL", "\r.\rMAIL", "\n.\r\r\nMAIL", "\r\n.\rMAIL"):
            for offers in EACH:
                with self.subTest(trick, offers=sorted(offers)):
                    self.send(HEADER + "a" + trick + " FROM:<eve@example.net>\n", "-i", *TO,
                              offers=offers)

    def test_long_body_lines(self):
        """msmtp, nullmailer: refused by Exim; Sendmail, Postfix: cut in two; dma: refused."""
        line = "x" * 5000
        came = self.send(MESSAGE + line + "\n", *TO)
        self.assertLessEqual(max(map(len, came.data.split(b"\r\n"))), 998)
        self.assertEqual(self.body(came), b"hello\n" + line.encode() + b"\n")

    def test_empty_input_is_a_message(self):
        came = self.send("", *TO)
        self.assertIsNotNone(self.parsed(came)["Date"])
        self.assertEqual(self.body(came), b"")


class LocalNameTest(PeerCase):
    def local(self, aliases, *words, stdin=MESSAGE):
        server = self.server()
        box = self.sandbox(server)
        box.set(aliases=box.write("aliases", aliases, 0o644))
        self.assertExit(box.sendmail("-f", "a@example.org", *words, stdin=stdin), 0)
        return server.messages[0]

    def test_names_at_localhost_are_aliased(self):
        """msmtp aliased bare names only."""
        for name in ("root", "root@localhost", "ROOT", "Root@LOCALHOST"):
            came = self.local("root: carol@example.net\n", name)
            self.assertEqual(came.to, ["carol@example.net"])

    def test_one_bad_line_does_not_stop_the_others(self):
        """msmtp refused all local mail, 78."""
        for bad in ("no colon here\n", ": nothing\n", "x: \"unterminated\n", "  stray\n"):
            with self.subTest(bad):
                came = self.local(bad + "root: carol@example.net\n", "root")
                self.assertEqual(came.to, ["carol@example.net"])

    def test_continued_alias_lines(self):
        came = self.local("root: carol@example.net,\n\tdave@example.net\n", "root")
        self.assertEqual(came.to, ["carol@example.net", "dave@example.net"])

    def test_bare_names_do_not_leave_the_machine(self):
        """RCPT TO:<root>; Amazon SES refuses To: root."""
        came = self.local("", "-t", stdin="To: root, Bob <bob>\nSubject: x\n\nhello\n")
        self.assertEqual(came.to, ["root@example.org", "bob@example.org"])
        self.assertIn(b"To: root@example.org, Bob <bob@example.org>\r\n", came.data)

    def test_the_null_sender(self):
        """dma: <<>@host>."""
        for spelling in ("", "<>"):
            self.assertEqual(self.send(MESSAGE, "-f", spelling, "bob@example.net").sender, "")
