# SPDX-License-Identifier: ISC
"""What programs pipe into sendmail, in samples written after their ways: arguments, octets, and
the envelope, subject and text that must arrive, at a server with every extension and at one
with none."""

import email
import email.policy

from case import Case

U = "h\u00e9llo \u2713"
CRON = ("From: root (Cron Daemon)\nTo: %s\nSubject: Cron <root@box> echo " + U + "\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n"
        "X-Cron-Env: <HOME=/root>\n\n")
PHP = "To: ann@example.net\r\nSubject: " + U + "\r\n%s\r\n"
MIME = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"

# name, arguments, input, sender (None: the account's), recipients, subject, text
SAMPLES = [
    ("cron", "-FCronDaemon -i -B8BITMIME -oem root", CRON % "root" + "out\n.\n" + U, None, ["root@example.org"],
     "Cron <root@box> echo " + U, "out\n.\n" + U + "\n"),
    ("cron, MAILTO with a comma", "-FCronDaemon -i -B8BITMIME -oem ann@example.net,ben", CRON % "ann@example.net,ben" + "x\n",
     None, ["ann@example.net", "ben@example.org"], "Cron <root@box> echo " + U, "x\n"),
    ("cronie", "-FCronDaemon -i -odi -oem -oi -t -f root", CRON % "root" + "x\r\ny\n", "root@example.org", ["root@example.org"],
     "Cron <root@box> echo " + U, "x\ny\n"),
    ("anacron, no -i", "-FAnacron -odi root", "From: Anacron <root>\nTo: root\nSubject: job\nContent-Type: text/plain\n\n"
     "a\n..b\n.\nlost\n", None, ["root@example.org"], "job", "a\n.b\n"),
    ("at", "-i ann", "Subject: Output from your job        7\nTo: ann\n\nhello\n", None, ["ann@example.org"],
     "Output from your job        7", "hello\n"),
    ("at -m without output", "-i ann", "Subject: Output from your job        8\nTo: ann\n\n", None, ["ann@example.org"],
     "Output from your job        8", ""),
    ("busybox crond", "-ti", "To: ann@example.net\nSubject: cron: ls\n\nfile\n", None, ["ann@example.net"], "cron: ls", "file\n"),
    ("sudo, no -i", "-t", "To: root\nFrom: ann\nAuto-Submitted: auto-generated\nSubject: *** SECURITY ***\n\nbox : " + U + "\n",
     None, ["root@example.org"], "*** SECURITY ***", "box : " + U + "\n"),
    ("fail2ban", "-f fail2ban root", "Subject: [Fail2Ban] ssh\nFrom: F\u00e4il2Ban <fail2ban>\nTo: root\n\nHi,\n", "fail2ban@example.org",
     ["root@example.org"], "[Fail2Ban] ssh", "Hi,\n"),
    ("rkhunter, words of blanks", "root@example.net", "Subject: daily\nTo: root@example.net\n\nwarning\n", None,
     ["root@example.net"], "daily", "warning\n"),
    ("mutt", "-oem -oi -B8BITMIME -f me@example.org -- ann@example.net bcc@example.net",
     "Date: Wed, 25 Nov 2026 12:00:00 +0100\nFrom: Me <me@example.org>\nTo: ann@example.net\nMessage-ID: <m@example.org>\n"
     "Subject: =?utf-8?Q?h=C3=A9?=\n" + MIME + "\n" + U + "\n", "me@example.org", ["ann@example.net", "bcc@example.net"], "h\u00e9",
     U + "\n"),
    ("bsd-mailx with Bcc", "-i -t", "To: ann@example.net\nSubject: " + U + "\nCc: cc@example.net\nBcc: bcc@example.net\n" + MIME +
     "\ntext\n", None, ["ann@example.net", "cc@example.net", "bcc@example.net"], U, "text\n"),
    ("bsd-mailx with two From", "-i -t -f bounce@example.org", "To: ann@example.net\nSubject: x\nFrom: one@example.org\n"
     "From: two@example.org\n\ntext\n", "bounce@example.org", ["ann@example.net"], "x", "text\n"),
    ("Emacs, a list in a word", ["-oi", "-f", "me@example.org", "Carol C <carol@example.com>, dave@example.net"],
     "From: me@example.org\nTo: x@example.net\nSubject: x\n\ntext\n", "me@example.org", ["carol@example.com", "dave@example.net"],
     "x", "text\n"),
    ("aerc, CR LF and Bcc without -t", "ann@example.net bcc@example.net", "From: me@example.org\r\nTo: ann@example.net\r\n"
     "Bcc: bcc@example.net\r\nSubject: x\r\n\r\na\r\n.b\r\n", None, ["ann@example.net", "bcc@example.net"], "x", "a\n.b\n"),
    ("PHP, CR LF header, LF body", "-t -i", PHP % "From: me@example.org\r\n" + "one\n.\ntwo\r\n", None, ["ann@example.net"], U,
     "one\n.\ntwo\n"),
    ("PHP, LF among CR LF header lines", "-t -i", PHP % "X-One: 1\nX-Two: 2\r\n" + "text\r\n", None, ["ann@example.net"], U, "text\n"),
    ("PHP, two To", "-t -i", "To: \r\nSubject: x\r\nTo: ann@example.net\r\n\r\ntext\r\n", None, ["ann@example.net"], "x", "text\n"),
    ("PHP, no header at all asked for", "-t -i", "To: ann@example.net\r\nSubject: \r\n\r\n\r\n", None, ["ann@example.net"], "", "\n"),
    ("PHP, -f and -r", "-t -i -fone@example.org -rtwo@example.org -oi", PHP % "" + "text\r\n", "two@example.org",
     ["ann@example.net"], U, "text\n"),
    ("PHP, a long line", "-t -i", PHP % "" + "x" * 1700 + "\r\n", None, ["ann@example.net"], U, "x" * 1700 + "\n"),
    ("PHPMailer", "-t -i -oi -fme@example.org -t", "To: Ann <ann@example.net>\nBcc: bcc@example.net\nFrom: Me <me@example.org>\n"
     "Subject: x\n" + MIME + "\n" + U + "\n", "me@example.org", ["ann@example.net", "bcc@example.net"], "x", U + "\n"),
    ("Symfony without -i doubles dots", "-fme@example.org -- ann@example.net bcc@example.net",
     "From: me@example.org\nTo: ann@example.net\nSubject: x\n\none\n..\n...two\nend\n", "me@example.org",
     ["ann@example.net", "bcc@example.net"], "x", "one\n.\n..two\nend\n"),
    ("Symfony with -oi does not", "-oi -fme@example.org -- ann@example.net", "From: me@example.org\nTo: ann@example.net\n"
     "Subject: x\n\none\n.\n..two\n", "me@example.org", ["ann@example.net"], "x", "one\n.\n..two\n"),
    ("nodemailer, CR LF header, Bcc", "-i -f me@example.org ann@example.net bcc@example.net", "From: me@example.org\r\n"
     "To: ann@example.net\r\nBcc: bcc@example.net\r\nSubject: =?UTF-8?Q?h=C3=A9?=\r\nMIME-Version: 1.0\r\n"
     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nh=C3=A9\n.\n",
     "me@example.org", ["ann@example.net", "bcc@example.net"], "h\u00e9", "h\u00e9\n.\n"),
    ("nodemailer with -t and recipients", "-i -t -f me@example.org ann@example.net ben@example.net", "To: ann@example.net\n"
     "Cc: cc@example.net\nSubject: x\n\nx\n", "me@example.org", ["ann@example.net", "ben@example.net", "cc@example.net"], "x", "x\n"),
    ("Email::Sender, null sender", ["-i", "-f", "", "--", "ann@example.net"], "From: me@example.org\nTo: ann@example.net\n"
     "Subject: x\n\n" + U + "\n", "", ["ann@example.net"], "x", U + "\n"),
    ("MIME::Lite", "-t -oi -oem -fme@example.org", "Content-Disposition: inline\nContent-Length: 7\n"
     "Content-Transfer-Encoding: binary\nContent-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\nFrom: me@example.org\n"
     "To: ann@example.net\nBcc: bcc@example.net\nSubject: " + U + "\n\n" + U + "\n", "me@example.org",
     ["ann@example.net", "bcc@example.net"], U, U + "\n"),
    ("MailTools, several To", "-t", "To: ann@example.net\nSubject: x\nTo: ben@example.net\n\nx\n", None,
     ["ann@example.net", "ben@example.net"], "x", "x\n"),
    ("Dovecot, literal null sender", ["-i", "-f", "<>", "--", "ann@example.net"], "From: me@example.org\r\nTo: ann@example.net\r\n"
     "Subject: x\r\n\r\nx\r\n", "", ["ann@example.net"], "x", "x\n"),
    ("procmail, a comma in argv", ["-oi", "ann@example.net,", "ben@example.net"], "From me@example.org  Wed Nov 25 12:00:00 2026\n"
     "From: me@example.org\nTo: x@example.net\nSubject: x\n\nx\n", None, ["ann@example.net", "ben@example.net"], "x", "x\n"),
    ("maildrop, an mbox line first", ["-oi", "-f", "", "fwd@example.net"], "From me@example.org  Wed Nov 25 12:00:00 2026\n"
     "From: me@example.org\nSubject: x\n\n>From here\n", "", ["fwd@example.net"], "x", ">From here\n"),
    ("Sympa", ["-oi", "-odi", "-oem", "-N", "success,delay,failure", "-V0000042", "-f", "", "--"] +
     ["u%d@example.net" % i for i in range(150)], "From: l@example.org\nTo: l@example.org\nSubject: x\n\nx\n", "",
     ["u%d@example.net" % i for i in range(150)], "x", "x\n"),
    ("INN", "-oee -odq -fnews@example.org -pNNTP:host moderator@example.net", "From: me@example.org\nNewsgroups: a.b\nSubject: x\n"
     "\nx\n", "news@example.org", ["moderator@example.net"], "x", "x\n"),
    ("a here document", "-t", "From: me@example.org\nTo: ann@example.net, Ben <ben@example.net>,\n\tgroup: c@example.net, d@example.net;\n"
     "Subject: x\n\nx\n", None, ["ann@example.net", "ben@example.net", "c@example.net", "d@example.net"], "x", "x\n"),
]


class SampleTest(Case):
    def arrive(self, words, text, **options):
        server = self.server(**options)
        box = self.sandbox(server, from_override="no", **{"from": "robot@example.org"})
        words = words.split() if isinstance(words, str) else words
        done = box.sendmail(*words, stdin=text)
        self.assertExit(done, 0)
        return server.take()[0]

    def check(self, sample, message):
        _, _, _, sender, recipients, subject, text = sample
        self.assertEqual((message.sender, message.to), ("robot@example.org" if sender is None else sender, recipients))
        parsed = email.message_from_bytes(message.data, policy=email.policy.SMTP)
        self.assertEqual(parsed["Subject"] or "", subject)
        for name in ("From", "Date", "Message-ID"):
            self.assertEqual(len(parsed.get_all(name, [])), 1, message.data)
        for name in ("To", "Cc", "Subject", "MIME-Version", "Content-Type"):
            self.assertLessEqual(len(parsed.get_all(name, [])), 1, message.data)
        for name in ("Bcc", "Return-Path", "Content-Length"):
            self.assertIsNone(parsed[name], message.data)
        self.assertNotIn(b"\n", message.data.replace(b"\r\n", b""))
        self.assertNotIn(b"\r", message.data.replace(b"\r\n", b""))
        self.assertLessEqual(max(map(len, message.data.split(b"\r\n"))), 998)
        self.assertEqual(parsed.get_content().replace("\r\n", "\n"), text)

    def test_at_a_server_with_every_extension(self):
        for sample in SAMPLES:
            with self.subTest(sample[0]):
                self.check(sample, self.arrive(sample[1], sample[2]))

    def test_at_a_server_with_none(self):
        for sample in SAMPLES:
            with self.subTest(sample[0]):
                message = self.arrive(sample[1], sample[2], offers=())
                self.assertTrue(message.data.isascii(), message.data)
                self.check(sample, message)
