# SPDX-License-Identifier: ISC
"""Messages as the programs make them that call sendmail, written after their ways.

SAMPLES is a list of (name, arguments, octets, changes).  Changes are pairs of octets, what is
piped in and what a reader must see instead: bare names completed, repeated fields joined, input
behind the dot dropped.  What is said in tests/callers about envelopes is not said again here.
"""

import quopri

SAMPLES = []
TEXT = "erste Zeile\n.\n..zwei\nFrom hier\ncaf\u00e9 \u2192 \u65e5\u672c\nohne Ende"
LATIN = TEXT.replace("\u2192 \u65e5\u672c", "\u00fc").encode("latin-1")
QP = quopri.encodestring(TEXT.encode()).decode().replace("=2E", ".")
ENCODED = "=?utf-8?Q?J=C3=BCrgen_Kr=C3=BCger?= <juergen@example.org>"
MIME = "MIME-Version: 1.0\nContent-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n"
BIT8, PRINTABLE = MIME % ("utf-8", "8bit"), MIME % ("utf-8", "quoted-printable")
STAMP = "Date: Wed, 25 Nov 2026 12:00:00 +0100\nMessage-ID: <9f3c.1@example.org>\n"


def sample(name, words, data, *changes):
    """The recipient is added to the arguments."""
    as_octets = [tuple(x if isinstance(x, bytes) else x.encode() for x in pair) for pair in changes]
    SAMPLES.append((name, words.split(), data if isinstance(data, bytes) else data.encode(), as_octets))


def crlf(text):
    return text.replace("\n", "\r\n")


def daemons():
    cron = ("From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@box> %s\n" + BIT8 +
            "X-Cron-Env: <LANG=de_DE.UTF-8>\nX-Cron-Env: <SHELL=/bin/sh>\nX-Cron-Env: <LOGNAME=root>\n\n")
    whole = (("From: root (", "From: root@example.org ("), ("To: root", "To: root@example.org"))
    words = "-FCronDaemon -i -B8BITMIME -oem"
    sample("cron", words, cron % "backup" + "done\n", *whole)
    sample("cron: text of all kinds", words, cron % "printf 'caf\u00e9\\n'" + TEXT, *whole)
    sample("cron: progress bar", words, cron % "wget" + "".join("%d%%\r" % i for i in range(101)) + "\nfertig \u2713\n", *whole)
    sample("cron: a command of 5,000 octets", words, cron % ("x; " * 1700) + "out\n", *whole)
    sample("cron: a command without blanks", words, cron % ("\u00e9x" * 900) + "out\n", *whole)
    sample("cron: a line of 5,000 octets", words, cron % "cat" + "y" * 5000 + "\n" + TEXT, *whole)
    sample("cron: HTML", words, (cron % "report").replace("text/plain", "text/html") + "<p>" + TEXT, *whole)
    sample("cron: output in Latin-1", words, (cron % "ls").encode() + LATIN, *whole)
    sample("cron: octets by accident", words, (cron % "cat /bin/true").encode() + bytes(range(256)) * 8, *whole)
    sample("cron: list in MAILTO", words, (cron % "x").replace("To: root", "To: ann@example.com,ben") + "x\n", whole[0],
           (",ben", ",ben@example.org"))
    sample("cronie", "-FCronDaemon -i -odi -oem -oi", 'From: "(Cron Daemon)" <root>\nTo: ann\nSubject: Cron <ann@box> \u00fc\n' + BIT8 +
           "Auto-Submitted: auto-generated\nPrecedence: bulk\nX-Cron-Env: <USER=ann>\n\n" + TEXT,
           ("<root>", "<root@example.org>"), ("To: ann", "To: ann@example.org"))
    sample("anacron", "-FAnacron -odi", "From: Anacron <root>\nTo: ann@example.com\nSubject: Anacron job 'daily' on box\n"
           "Content-Type: text/plain; charset=UTF-8\n\nGr\u00fc\u00dfe\n..doppelt\n.\nweg\n",
           ("<root>", "<root@example.org>"), ("..doppelt\n.\nweg\n", ".doppelt\n"))
    sample("at", "-i", "Subject: Output from your job       12\nTo: ann\n\n" + TEXT, ("To: ann", "To: ann@example.org"))
    sample("at: no output", "-i", "Subject: Output from your job       13\nTo: ann\n\n", ("To: ann", "To: ann@example.org"))
    sample("busybox crond", "-i", "To: ann@example.com\nSubject: cron: echo .\n\n" + TEXT)
    sample("mdadm", "", "From: mdadm monitoring <root>\nTo: ann@example.com\nSubject: Fail event on /dev/md1:box\n\nA disk failed.\n\n"
           "md1 : active raid1 sdb1[1] sda1[0](F)\n      976 blocks [2/1] [_U]\n", ("<root>", "<root@example.org>"))
    sample("logwatch", "", "To: ann@example.com\nFrom: root\nSubject: Logwatch for box (Linux)\nAuto-Submitted: auto-generated\n"
           "Precedence: bulk\n" + BIT8 + "\n \n ################ Logwatch \u2026 ################ \n" +
           " k\u00f6nnte: %s \n" % ("z" * 1200) * 20, ("From: root", "From: root@example.org"))
    sample("smartd", "-i", "To: ann@example.com, ben\nSubject: SMART error on host: box\n" + BIT8 + "\nDevice: /dev/sda, FAILED \u2717\n",
           (", ben", ", ben@example.org"))
    sample("sudo", "", "To: root\nFrom: ann\nAuto-Submitted: auto-generated\nSubject: *** SECURITY information for box ***\n\n"
           "box : ann : command not allowed ; COMMAND=/bin/caf\u00e9\n", ("To: root", "To: root@example.org"), ("From: ann", "From: ann@example.org"))
    sample("fail2ban", "", "Subject: [Fail2Ban] sshd: banned 192.0.2.1\nFrom: F\u00e4ilban <fail2ban>\nTo: root\n\nHi,\n\nwhois: M\u00fcnchen\n",
           ("<fail2ban>", "<fail2ban@example.org>"), ("To: root", "To: root@example.org"))


def mailers():
    mutt = STAMP + "From: Ann <ann@example.org>\nTo: bob@example.net\nSubject: t\n"
    sample("mutt", "-oem -oi -B8BITMIME", mutt + BIT8 + "Content-Disposition: inline\n\n" + TEXT)
    sample("mutt: Latin-1", "-oem -oi", (mutt + MIME % ("iso-8859-1", "8bit") + "Content-Disposition: inline\n\n").encode() + LATIN)
    sample("mutt: attachment", "-oem -oi", mutt + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="C5tQ/x+y"\n'
           "Content-Disposition: inline\nContent-Transfer-Encoding: 8bit\n\n\n--C5tQ/x+y\nContent-Type: text/plain; charset=utf-8\n"
           "Content-Disposition: inline\nContent-Transfer-Encoding: 8bit\n\n" + TEXT + "\n--C5tQ/x+y\nContent-Type: application/octet-stream\n"
           "Content-Disposition: attachment; filename*=utf-8''%C3%BC\nContent-Transfer-Encoding: base64\n\nAAEC/w==\n\n--C5tQ/x+y--\n")
    sample("mutt: bounce", "-oi", "Resent-From: me@example.org\nResent-Date: Wed, 25 Nov 2026 13:00:00 +0100\nResent-To: bob@example.net\n"
           "Resent-Message-ID: <2@example.org>\n" + mutt + BIT8 + "\n" + TEXT)
    nail = STAMP + "To: bob@example.net\nSubject: =?utf-8?B?R3LDvMOfZQ==?= an alle\nUser-Agent: s-nail v14.9.24\n"
    sample("s-nail", "-i", nail + PRINTABLE + "\n" + QP.replace("\n.\n", "\n=2E\n").replace("\nFrom", "\n=46rom"))
    sample("s-nail: empty", "-i", nail + "\n")
    sample("bsd-mailx", "-i", "To: bob@example.net, ben\nSubject: Gr\u00fc\u00dfe an alle\nCc: cc@example.com\n"
           "Bcc: bcc@example.com\n" + BIT8 + "\n" + TEXT, (", ben", ", ben@example.org"))
    sample("bsd-mailx: two From", "-i", "From: bounce@example.org\nTo: bob@example.net\nSubject: x\nFrom: Me <me@example.org>\n"
           "Content-Type: text/html\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n\n" + TEXT, ("From: bounce@example.org\n", ""))
    sample("mailutils", "-oi", "Subject: Gr\u00fc\u00dfe\nCc: <cc@example.com>\nBcc: <bcc@example.com>\nTo: <bob@example.net>,<eve@example.com>\n"
           "User-Agent: mail (GNU Mailutils 3.15)\nDate: Wed, 25 Nov 2026 12:00:00 +0000\n\n" + TEXT)
    git = ("From: =?UTF-8?q?J=C3=BCrgen=20Kr=C3=BCger?= <juergen@example.org>\nTo: bob@example.net\nCc: =?UTF-8?q?Z=C3=BCrich?= <z@example.com>,\n"
           "\t=?UTF-8?q?J=C3=BCrgen?= <juergen@example.org>\nSubject: [PATCH] =?UTF-8?q?f=C3=BCr=20alle?=\n" +
           STAMP + "X-Mailer: git-send-email 2.39.5\n")
    sample("git send-email", "-i", git + BIT8 + "\n---\n f | 2 +-\n\ndiff --git a/f b/f\n@@ -1 +1 @@\n-alt\n+f\u00fcr alle\n.\n-- \n2.39.5\n\n")
    sample("git send-email: CR", "-i", git + "MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n---\n g | 2 ++\n\n@@ -0,0 +1 @@\n"
           "+x=3D1=0D\n+" + "y" * 75 + "=\n" + "y" * 900 + "\n-- =\n\n")
    sample("Emacs message-mode", "-oi", "From: " + ENCODED + "\nTo: bob@example.net\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle\n"
           "Bcc: bcc@example.com\n" + STAMP + PRINTABLE + "\n" + QP)
    sample("Emacs mail-mode", "-oi", "From: " + ENCODED + "\nTo: bob@example.net\nSubject: x\nMIME-version: 1.0\n"
           "Content-type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + TEXT)
    sample("aerc", "-i", crlf(STAMP + "Mime-Version: 1.0\nFrom: " + ENCODED + "\nTo: <bob@example.net>\nBcc: <bcc@example.com>\n"
                              "Subject: x\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=UTF-8\n\n" + QP))


def libraries():
    php = "To: bob@example.net\r\nSubject: Gr\u00fc\u00dfe an alle\r\n%s\r\n"
    sample("PHP", "-i", php % "" + TEXT + "\r\n")
    sample("PHP: own fields with LF", "-i", php % "From: web@example.org\nReply-To: r@example.org\r\n" + TEXT + "\r\n")
    sample("PHP: LF header, own fields with CR LF", "-i", (php % "").replace("\r\n", "\n", 2).replace(
        "\r\n", "From: web@example.org\r\nX-A: b\n\n") + TEXT + "\n")
    sample("PHP: CR LF body", "-i", php % "X-Test: a\r\n folded\r\n" + crlf(TEXT) + "\r\n")
    sample("PHP: nothing", "-i", "To: bob@example.net\r\nSubject: \r\n\r\n\r\n")
    sample("PHP: a long line", "-i", php % "" + "word \u00e9" * 900 + "\r\n")
    sample("PHP: an empty To and another", "-i",
           'To: \r\nSubject: x\r\nFrom: a@example.org\r\nTo: "X, Y" <xy@example.com>\r\n\r\nx\r\n', ("To: \r\n", ""))
    mailer = "To: =?utf-8?Q?B=C3=B6b?= <bob@example.net>\nFrom: " + ENCODED + "\nCc: cc@example.com\nBcc: bcc@example.com\nSubject: x\n" + STAMP
    sample("PHPMailer", "-i -oi", mailer + "X-Mailer: PHPMailer 6.6.3\n" + BIT8 + "\n" + TEXT)
    sample("PHPMailer by mail()", "-i", crlf(mailer + BIT8 + "\n" + TEXT) + "\r\n\r\n")
    sample("Symfony, dots doubled", "", mailer.replace("Bcc: bcc@example.com\n", "") + PRINTABLE + "\n" + QP.replace("\n.", "\n.."),
           ("\n...zwei", "\n..zwei"), ("\n..\n", "\n.\n"))
    sample("Symfony, native", "-i", mailer + PRINTABLE + "\n" + QP)
    sample("nodemailer", "-i", crlf(mailer + PRINTABLE + "\n") + QP)
    sample("Email::Sender", "-i", b'From: "S" <s@example.org>\nTo: bob@example.net\nSubject: x\n\n' + LATIN)
    sample("MIME::Lite", "-oi -oem", "Content-Disposition: inline\nContent-Length: 99\nContent-Transfer-Encoding: binary\n"
           "Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\nX-Mailer: MIME::Lite 3.033\nFrom: a@example.org\n"
           "To: bob@example.net\nBcc: bcc@example.com\nSubject: Gr\u00fc\u00dfe\n\n" + TEXT)
    sample("MailTools", "-i", "To: bob@example.net\nSubject: x\nTo: ben@example.com\n\n" + TEXT,
           ("\nTo: ben@example.com", ""), ("To: bob@example.net", "To: bob@example.net, ben@example.com"))
    sample("Ruby", "-i", STAMP + "From: " + ENCODED + "\nTo: bob@example.net\nSubject: \n =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= \n"
           " =?UTF-8?Q?_an_alle?=\n" + PRINTABLE + "\n" + QP)
    sample("Python", "-oi", "From: " + ENCODED + "\nTo: bob@example.net\nBcc: bcc@example.com\n"
           "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle\n" + BIT8 + "\n" + TEXT)
    sample("Python, raw UTF-8", "-oi", crlf("From: J\u00fcrgen <j@example.org>\nTo: bob@example.net\nBcc: bcc@example.com\n"
                                           "Subject: Gr\u00fc\u00dfe an alle\n" + BIT8 + "\n" + TEXT))
    mbox = "From s@example.com Wed Nov 25 12:00:00 2026\n"
    sample("maildrop", "-oi", mbox + "From: S <s@example.com>\nTo: bob@example.net\nSubject: x\n" + STAMP + "\n" + TEXT, (mbox, ""))
    sample("procmail", "-oi", mbox + "Received: from a by b; Wed, 25 Nov 2026 12:00:00 +0000\nFrom: S <s@example.com>\n"
           "Subject: Gr\u00fc\u00dfe\n\n>From dort\n" + TEXT + "\n\n", (mbox, ""))
    sample("Dovecot redirect", "-i", "From: S <s@example.com>\nTo: bob@example.net\nSubject: x\n\n" + crlf(TEXT))
    sample("a shell", "-i", "Subject: Gr\u00fc\u00dfe \u2713\n\n" + TEXT)


for build in (daemons, mailers, libraries):
    build()
