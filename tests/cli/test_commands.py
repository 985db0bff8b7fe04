# SPDX-License-Identifier: ISC
"""`sendoff COMMAND`, --help, --version, -bv and -bi: what is printed, and the exit status."""

import os
import re

import certs
import setgid
from case import MESSAGE, Case


class Printing(Case):
    def assertPrints(self, done, *texts, status=0):
        self.assertEqual(done.status, status, str(done))
        for text in texts:
            self.assertIn(text, done.stdout.decode(), str(done))


class CommandTest(Printing):
    def test_version_tells_the_libraries(self):
        box = self.sandbox()
        for done in (box.sendoff("--version"), box.sendmail("--version")):
            self.assertExit(done, 0, "")
            self.assertRegex(done.stdout.decode(), r"^sendoff \d")
            for name in (r"GnuTLS 3\.\d", r"libgsasl \d", r"libidn2 \d", "iniparser", "PLAIN", "SCRAM-SHA-256", "XOAUTH2",
                         "OAUTHBEARER"):
                self.assertRegex(done.stdout.decode(), name)

    def test_help(self):
        box = self.sandbox()
        self.assertPrints(box.sendmail("--help"), "usage: sendmail", "-bs", "--account=ACCOUNT")
        self.assertPrints(box.sendoff("--help"), "usage: sendoff", "send", "queue", "config")
        self.assertPrints(box.sendoff("send", "--help"), "--dry-run", "-bs")
        self.assertPrints(box.sendoff("config", "--help"), "lint", "--path")
        self.assertPrints(box.sendoff("queue", "--help"), "--every")
        for done in (box.sendmail("--help"), box.sendoff("--help")):
            self.assertLess(max(map(len, done.stdout.decode().splitlines())), 81)

    def test_help_into_a_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        box = self.sandbox()
        with open("/dev/full", "wb") as full:
            child = box.start("sendmail", "--help", stdout=full, stderr=-1)
        self.assertExit(box.finish(child), 74, "standard output")

    def test_a_reader_that_has_enough(self):
        box = self.sandbox(None, host="mail.example.org")
        for words in (("sendoff", "--help"), ("sendoff", "config", "show"), ("mailq",),
                      ("sendoff", "send", "--dry-run", "bob@example.net")):
            reader, writer = os.pipe()
            os.close(reader)
            child = box.start(*words, stdin=-1, stdout=writer, stderr=-1)
            os.close(writer)
            done = box.finish(child, b"\nhello\n")
            self.assertExit(done, 0)
            self.assertEqual(done.stderr, "")

    def test_unknown_commands(self):
        box = self.sandbox()
        self.assertExit(box.sendoff(), 64, "hint: sendoff --help")
        self.assertExit(box.sendoff("frobnicate"), 64, "frobnicate")
        for words in (["frobnicate"], ["--path", "frobnicate"], ["show", "frobnicate"], ["lint", "frobnicate"]):
            self.assertExit(box.sendoff("config", *words), 64, "config: unknown word 'frobnicate'")
        self.assertExit(box.sendoff("config", "-C"), 64, "-C")

    def test_send_is_sendmail(self):
        server = self.server()
        box = self.sandbox(server)
        self.assertExit(box.sendoff("send", "-f", "me@example.org", "ann@example.net", stdin=MESSAGE), 0)
        self.assertEqual(server.take()[0].to, ["ann@example.net"])


class ConfigTest(Printing):
    def test_show_tells_value_and_origin(self):
        box = self.sandbox(None, host="mail.example.org", user="me@example.org", password="hunter2")
        done = box.sendoff("config")
        self.assertPrints(done, "[sendoff]", "[work]")
        self.assertNotIn("hunter2", done.stdout.decode())
        file = re.escape(box.config)
        for pattern in (r"(?m)^host = mail\.example\.org +; %s:\d+$" % file, r"(?m)^password = \*\*\* +; %s:\d+$" % file,
                        r"(?m)^port = 587 +; default$", r"(?m)^tls = starttls +; default$"):
            self.assertRegex(done.stdout.decode(), pattern)
        self.assertEqual(box.sendoff("config", "show").stdout, done.stdout)

    def test_what_it_shows_can_be_read_again(self):
        box = self.sandbox(None, host="mail.example.org", tls="implicit", from_override="yes",
                           full_name=" a;b 'c' # d")
        shown = box.sendoff("config").stdout
        box.text = shown.decode()
        again = box.sendoff("config")
        strip = lambda text: [line.rpartition(" ;")[0].rstrip() for line in text.decode().splitlines()]
        self.assertEqual(strip(again.stdout), strip(shown))

    def test_what_it_shows_is_printable(self):
        box = self.sandbox(None, host="mail.example.org", user="me\u009b2J", password_command="echo #\x1b[2J")
        self.assertPrints(box.sendoff("config"), "user = me?2J ", 'password_command = "echo #?[2J" ')

    def test_a_preset_is_named(self):
        box = self.sandbox(None, provider="gmail", user="me@gmail.com", password="x")
        self.assertPrints(box.sendoff("config"), "; provider gmail")

    def test_path(self):
        box = self.sandbox(None, host="mail.example.org")
        for words in (["config", "--path"], ["config", "show", "--path"]):
            self.assertEqual(box.sendoff(*words).stdout.decode(), box.config + "\n")
        other = box.write("other.ini", "[home]\nhost = mail.example.net\n")
        self.assertEqual(box.sendoff("config", "-C", other, "--path").stdout.decode(), other + "\n")
        self.assertPrints(box.sendoff("config", "-C" + other), "[home]")

    def test_no_file(self):
        if not setgid.system_directory():
            self.skipTest("this machine has a configuration of its own")
        box = self.sandbox()
        for words in (("config", "--path"), ("config", "lint")):
            done = box.sendoff(*words, env={"SENDOFF_CONFIG": None})
            self.assertExit(done, 78, "no configuration file", "write %s/.config/sendoff/sendoff.ini" % box.home)

    def test_lint_names_every_problem(self):
        box = self.sandbox()
        box.text = "[sendoff]\nqueu = no\nexpire = soon\n[work]\nhost = mail.example.org\nport = many\n"
        done = box.sendoff("config", "lint")
        self.assertExit(done, 78, "3 problems")
        for line in (2, 3, 6):
            self.assertIn("%s:%d: " % (box.config, line), done.stdout.decode())
        self.assertExit(box.sendoff("config", "show"), 78, "%s:2: " % box.config)

    def test_lint_names_a_mistake_once(self):
        box = self.sandbox()
        for bad, said in (("host = a b\nuser = me\npassword = s\n", "'host' must be"),
                          ("host = mail.example.org\nuser = me\npassword = sec#ret\n", "'#' or ';' in a value without quotes"),
                          ("host = mail.example.org\nuser = me\npassword_file = secret\n", "'password_file' must be")):
            box.text = "[work]\n" + bad
            done = box.sendoff("config", "lint")
            self.assertExit(done, 78, "1 problem\n")
            self.assertIn(said, done.stdout.decode())

    def test_lint_tries_what_is_said_of_tls(self):
        box = self.sandbox(None, host="mail.example.org", tls_priority="NORMAL:+NONSENSE",
                           tls_cert="/nonexistent/cert.pem")
        box.account(tls_trust=box.write("empty.pem", ""))
        done = box.sendoff("config", "lint")
        self.assertExit(done, 78, "3 problems")
        for key, line in (("tls_priority", 10), ("tls_cert", 11), ("tls_trust", 12)):
            self.assertRegex(done.stdout.decode(), "%s:%d: account 'work': .*%s" % (
                box.config, line, key))
        good = certs.get("good")
        box.account(tls_priority="NORMAL", tls_cert=good.cert, tls_key=good.key, tls_trust=good.ca)
        self.assertPrints(box.sendoff("config", "lint"), "no problems")

    def test_the_wait_that_nobody_wrote_gives_way(self):
        for written, other in (("retry_min = 1d", "retry_max = 86400s"),
                               ("retry_max = 10s", "retry_min = 10s")):
            box = self.sandbox(None, host="mail.example.org")
            box.set(**dict([written.split(" = ")]))
            self.assertPrints(box.sendoff("config"), written, other)
            self.assertPrints(box.sendoff("config", "lint"), "no problems")
            box.set(retry_min="2h", retry_max="1h")
            self.assertExit(box.sendoff("config", "lint"), 78, "1 problem")

    def test_lint_misses_an_account(self):
        box = self.sandbox()
        self.assertExit(box.sendoff("config", "lint"), 78, "1 problem")

    def test_lint_knows_what_no_address_and_no_domain_is(self):
        box = self.sandbox()
        for bad in ("[sendoff]\ndomain = a..example\n", "[sendoff]\nadminaddr = me@\n",
                    "[sendoff]\npostmaster = @example.org\n", "[sendoff]\n\n[work]\nfrom = %U@.org\n"):
            box.text = bad + ("" if "[work]" in bad else "[work]\n") + "host = mail.example.org\n"
            done = box.sendoff("config", "lint")
            self.assertExit(done, 78, "1 problem\n")

    def test_lint_heeds_aliases(self):
        box = self.sandbox(None, host="mail.example.org")
        self.assertPrints(box.sendoff("config", "lint"), "no problems")
        box.write("aliases", "good: ann@example.net\nno colon here\n")
        done = box.sendoff("config", "lint")
        self.assertExit(done, 78, "1 problem")
        self.assertIn("aliases:2", done.stdout.decode())


class DryRunTest(Printing):
    MESSAGE = ("From: Ann <ann@example.org>\nTo: bob@example.net, carol\nBcc: secret@example.net\nSubject: h\u00e9\n"
               "Date: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n\n.hello\n")

    def dry(self, *words, stdin=None):
        self.smtp = self.server()
        box = self.sandbox(self.smtp)
        done = box.sendoff("send", "--dry-run", *words, stdin=stdin or self.MESSAGE)
        self.assertEqual(self.smtp.connections, [])
        return done

    def test_envelope_and_content(self):
        done = self.dry("-t", "-f", "me@example.org")
        self.assertExit(done, 0, "")
        envelope, _, content = done.stdout.decode().partition("\r\n\r\n")
        self.assertEqual(envelope.split("\r\n"), ["MAIL FROM:<me@example.org>", "RCPT TO:<bob@example.net>",
                                                  "RCPT TO:<carol@example.org>", "RCPT TO:<secret@example.net>"])
        header, _, body = content.partition("\r\n\r\n")
        self.assertEqual(body, ".hello\r\n")
        self.assertNotIn("secret", header)
        self.assertNotIn("\n", content.replace("\r\n", ""))
        self.assertIn("To: bob@example.net, carol@example.org\r\n", header)

    def test_offers_decide(self):
        text = self.MESSAGE.replace(".hello", "h\u00e9llo")
        plain = self.dry("-t", stdin=text).stdout
        self.assertTrue(plain.isascii(), plain)
        done = self.dry("-t", "--offers", "8BITMIME,SIZE,DSN", "-N", "never", stdin=text)
        self.assertRegex(done.stdout.decode(), r"^MAIL FROM:<\S+> SIZE=\d+ BODY=8BITMIME\r\n")
        self.assertIn("RCPT TO:<bob@example.net> NOTIFY=NEVER", done.stdout.decode())
        self.assertIn("h\u00e9llo\r\n".encode(), done.stdout)
        size = int(re.search(rb"SIZE=(\d+)", done.stdout).group(1))
        self.assertEqual(len(done.stdout.partition(b"\r\n\r\n")[2]), size)

    def test_what_really_goes_is_the_same(self):
        done = self.dry("-t", "-f", "me@example.org", "--offers", "8BITMIME,CHUNKING,SMTPUTF8,PIPELINING")
        box = self.sandbox(self.server())
        box.sendmail("-t", "-f", "me@example.org", stdin=self.MESSAGE)
        self.smtp = self.server()
        box = self.sandbox(self.smtp)
        self.assertExit(box.sendmail("-t", "-f", "me@example.org", stdin=self.MESSAGE), 0)
        self.assertEqual(self.smtp.take()[0].data, done.stdout.partition(b"\r\n\r\n")[2])

    def test_errors(self):
        self.assertExit(self.dry("-t", "--offers", "8BITMIME,9BITMIME"), 64, "9BITMIME")
        self.assertExit(self.dry(), 64, "no recipients")
        self.assertExit(self.dry("a@b@c"), 65, "a@b@c")


class VerifyTest(Printing):
    def test_where_each_recipient_goes(self):
        server = self.server()
        box = self.sandbox(server, **{"from": "me@example.org"})
        box.set(aliases=box.write("aliases", "team: ann@example.net, ben\nvoid: /dev/null\nfile: /var/mail/x\n"))
        done = box.sendmail("-bv", "team", "carol@example.com", "void", "file")
        self.assertExit(done, 67, "file")
        lines = done.stdout.decode().splitlines()
        where = "account work, server 127.0.0.1:%d, sender <me@example.org>" % server.port
        self.assertEqual(lines[:3], ["team@example.org -> ann@example.net: " + where,
                                     "team@example.org -> ben@example.org: " + where,
                                     "carol@example.com: " + where])
        self.assertRegex(lines[3], "^(void|/dev/null): dropped")
        self.assertRegex(lines[4], "undeliverable: ")
        self.assertEqual(server.connections, [])

    def test_what_leads_nowhere(self):
        box = self.sandbox(socket="/nonexistent/socket", tls="off", auth="none")
        self.assertPrints(box.sendmail("-bv", "ann@example.net"), "account work, server /nonexistent/socket, ")
        box.set(domain="nodot")
        for words in (("-bv", "ann"), ("-bv", "-a", "none", "ann@example.net")):
            done = box.sendmail(*words)
            self.assertEqual(done.status, 67 if "ann" in words else 78)
            self.assertRegex(done.stdout.decode(), "^ann.*: undeliverable: ")
        self.assertExit(box.sendoff("send", "--dry-run", "-a", "none", "ann@example.net", stdin="x"), 78, "no account 'none'")
        box.account(socket="/" + "x" * 200)
        self.assertExit(box.sendmail("ann@example.net", stdin="x"), 78, "longer than 107 bytes")

    def test_the_sender_given_counts(self):
        box = self.sandbox(self.server())
        self.assertPrints(box.sendmail("-bv", "-f", "boss@example.org", "ann@example.net"), "sender <boss@example.org>")
        self.assertExit(box.sendmail("-bv", "a@b@c"), 65, "a@b@c")
        self.assertPrints(box.sendmail("-bv", "a\u009b2J@example.net"), "a?2J@example.net: account ")

    def test_aliases(self):
        box = self.sandbox()
        path = box.write("aliases", "root: ann@example.net\nteam: a@example.net,\n  b@example.net\n# comment\n")
        self.assertPrints(box.sendmail("-bi"), "%s: 2 aliases\n" % path)
        self.assertPrints(box.run("newaliases"), "%s: 2 aliases\n" % path)
        box.write("aliases", "root: ann@example.net\nnonsense\nx: a\nx: b\n")
        done = box.sendmail("-I")
        self.assertExit(done, 65, "2 bad lines")
        self.assertPrints(done, "%s:2: " % path, "%s:4: " % path, "%s: 2 aliases\n" % path, status=65)
