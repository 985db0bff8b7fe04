# SPDX-License-Identifier: ISC
"""Each exit status that needs no queue, caused by what causes it."""

import signal
import socket
import subprocess

import daemon
from case import MESSAGE, Case
from smtpd import ALL_OFFERS, CLOSE, RESET, STALL
from socks import Proxy

TO = ("-f", "alice@example.org", "bob@example.net")
USERS = {"me": "secret"}
PLAIN, PIPELINED = ALL_OFFERS - {"PIPELINING", "CHUNKING"}, ALL_OFFERS - {"CHUNKING"}
EACH = {"plain": PLAIN, "pipelining": PIPELINED, "chunking": ALL_OFFERS}


# A connection that is reset at once may never have been one.
LOST = ("4.4.2",), ("4.4.1", "4.4.2")


class StatusCase(Case):
    def after(self, *rules, offers=ALL_OFFERS, words=TO, stdin=MESSAGE, timeout="20s",
              **options):
        """A submission to a server with these rules: (verb, action[, match])."""
        server = self.server(offers=offers, lenient=True, **options)
        for rule in rules:
            server.on(*rule)
        return self.sandbox(server, timeout=timeout).sendmail(*words, stdin=stdin), server

    def each(self, rows, *ways):
        """rows: status, verb, reply.  The server's words must be on stderr.  ways: of EACH."""
        for way in ways or EACH:
            for status, verb, reply in rows:
                with self.subTest(verb, reply=reply, way=way):
                    done, server = self.after((verb, reply), offers=EACH[way])
                    self.assertExit(done, status, reply.partition(" ")[2])
                    self.assertEqual(len(done.log), 1, str(done))
                    self.assertEqual(done.log[0]["status"], "failed")
                    self.assertEqual(done.log[0]["exit"], str(status))
                    self.assertEqual(server.messages, [])


class Exit64UsageTest(Case):
    def test_bad_options_and_no_recipients(self):
        for words in (["-Y"], ["--nonsense"], ["-B9BIT", *TO], ["-bd"], ["-bt"],
                      ["-Nsometimes", *TO], ["-Rall", *TO], [], ["-t"], ["-f"]):
            with self.subTest(words):
                server = self.server()
                done = self.sandbox(server).sendmail(*words, stdin="Subject: x\n\nhello\n")
                self.assertExit(done, 64)
                self.assertEqual(server.connections, [])

    def test_the_option_is_named(self):
        self.assertIn("-Y", self.sandbox(self.server()).sendmail("-Y").stderr)

    def test_empty_recipient_fields(self):
        done = self.sandbox(self.server()).sendmail("-t", stdin="To: \nCc: ,\n\nhello\n")
        self.assertExit(done, 64)


class Exit65DataTest(Case):
    MALFORMED = ("a@", "@b", "a@b@c", "a b@c", "<a@b", "a@b>", "a@[1.2.3", "a@b..c", "a\r@b.c",
                 "a@b\nRCPT TO:<eve@example.net>", "a@b c", "", "<>", "(only comment)",
                 "x" * 250 + "@example.net")

    def test_malformed_recipients_on_the_command_line(self):
        for address in self.MALFORMED:
            with self.subTest(address):
                server = self.server()
                done = self.sandbox(server).sendmail("--", "bob@example.net", address,
                                                     stdin=MESSAGE)
                self.assertExit(done, 65)
                self.assertEqual(server.connections, [])

    def test_malformed_recipients_in_the_header(self):
        for address in ("a@", "@b", "a@b@c", "<a@b", "a@[1.2.3", "a@b..c"):
            with self.subTest(address):
                server = self.server()
                done = self.sandbox(server).sendmail(
                    "-t", stdin="To: bob@example.net, %s\n\nhello\n" % address)
                self.assertExit(done, 65, "To")
                self.assertEqual(server.connections, [])

    def test_malformed_senders(self):
        for sender in ("a@", "@b", "a@b@c", "a@b\r\nRCPT TO:<eve@example.net>", "a\nb@c"):
            with self.subTest(sender):
                server = self.server()
                done = self.sandbox(server).sendmail("-f", sender, "bob@example.net",
                                                     stdin=MESSAGE)
                self.assertExit(done, 65)
                self.assertEqual(server.connections, [])

    def test_a_sender_that_needs_smtputf8(self):
        server = self.server(offers=ALL_OFFERS - {"SMTPUTF8"})
        done = self.sandbox(server).sendmail("-f", "j\u00f6rg@example.org", "bob@example.net",
                                             stdin=MESSAGE)
        self.assertExit(done, 65, "SMTPUTF8")
        self.assertEqual(server.messages, [])

    def test_a_message_that_went_round_in_circles(self):
        server = self.server()
        done = self.sandbox(server).sendmail(*TO, stdin="Received: x\n" * 101 + MESSAGE)
        self.assertExit(done, 65, "Received")
        self.assertEqual(server.messages, [])

    def test_a_header_over_a_mebibyte(self):
        done = self.sandbox(self.server()).sendmail(
            *TO, stdin="X-Large: %s\n" % ("x" * 60 + "\n ") * 18000 + MESSAGE)
        self.assertExit(done, 65)


class Exit66InputTest(Case):
    def test_standard_input_that_cannot_be_read(self):
        server = self.server()
        box = self.sandbox(server)
        for name, command in (("closed", "exec <&-"), ("a directory", "exec </"),
                              ("write only", "exec 0>%s" % box.file("x"))):
            with self.subTest(name):
                child = subprocess.run(
                    ["sh", "-c", command + '; exec "$@"', "sh", box.file("bin", "sendmail"), *TO],
                    env=self.environment(box), capture_output=True, timeout=60)
                self.assertEqual(child.returncode, 66, child.stderr)
                self.assertTrue(child.stderr)
        self.assertEqual(server.connections, [])

    def environment(self, box):
        box.write("sendoff.ini", box.configuration())
        return box.environment(None)


class Exit67RecipientTest(StatusCase):
    def test_refused_recipients(self):
        self.each([(67, "RCPT", "550 5.1.1 no such user"), (67, "RCPT", "553 5.1.3 bad mailbox"),
                   (67, "RCPT", "554 5.7.1 relaying denied")])

    def test_others_get_the_message(self):
        for offered in EACH.values():
            done, server = self.after(("RCPT", "550 5.1.1 no such user", "carol@"),
                                      offers=offered,
                                      words=("-f", "a@example.org", "bob@example.net",
                                             "carol@example.net", "dave@example.net"))
            self.assertExit(done, 67, "no such user", "2 of 3 recipients got the message; "
                            "send again only to carol@example.net")
            self.assertEqual(server.messages[0].to, ["bob@example.net", "dave@example.net"])
            self.assertEqual({line["status"]: line["nrcpt"] for line in done.log},
                             {"sent": "2", "failed": "1"})

    def test_a_recipient_that_needs_smtputf8(self):
        server = self.server(offers=ALL_OFFERS - {"SMTPUTF8"})
        done = self.sandbox(server).sendmail("-f", "a@example.org", "bob@example.net",
                                             "j\u00f6rg@example.net", stdin=MESSAGE)
        self.assertExit(done, 67, "SMTPUTF8", "j\u00f6rg@example.net")
        self.assertEqual(server.messages[0].to, ["bob@example.net"])

    def test_a_deferred_one_outweighs_a_refused_one(self):
        done, server = self.after(("RCPT", "550 5.1.1 no", "carol@"),
                                  ("RCPT", "450 4.2.0 later", "dave@"),
                                  words=("-f", "a@example.org", "bob@example.net",
                                         "carol@example.net", "dave@example.net"))
        self.assertExit(done, 75)
        self.assertEqual(server.messages[0].to, ["bob@example.net"])


class Exit68HostTest(Case):
    def test_a_name_that_does_not_exist(self):
        box = self.sandbox(host="no-such-host.invalid", tls="off", auth="none", timeout="10s")
        done = box.sendmail(*TO, stdin=MESSAGE)
        if done.status == 75 and not self.resolver_works():
            self.skipTest("no resolver that answers here")
        self.assertExit(done, 68, "no-such-host.invalid")

    def resolver_works(self):
        try:
            socket.getaddrinfo("no-such-host.invalid", 25)
        except socket.gaierror as error:
            return error.errno == socket.EAI_NONAME
        return True


class Exit69RefusedTest(StatusCase):
    def test_the_message_is_refused_for_good(self):
        self.each([(69, "MAIL", "550 5.7.1 not from you"), (69, ".", "554 5.6.0 spam"),
                   (69, ".", "552 5.3.4 too much")])
        self.each([(69, "DATA", "554 5.3.0 no content today")], "plain", "pipelining")
        self.each([(69, "BDAT", "554 5.3.0 no content today")], "chunking")

    def test_the_server_serves_nobody(self):
        self.each([(69, "greeting", "554 5.3.2 go away"), (69, "greeting", "521 5.3.2 no mail")])
        for offered in EACH.values():
            done, _ = self.after(("EHLO", "550 5.7.1 no"), ("HELO", "550 5.7.1 never"),
                                 offers=offered)
            self.assertExit(done, 69, "never")

    def test_refused_as_a_whole_outweighs_a_refused_recipient(self):
        """67 would say that the others have the message."""
        for way in EACH:
            with self.subTest(way=way):
                done, server = self.after(
                    ("RCPT", "550 5.1.1 nobody here", "carol@"), (".", "554 5.6.0 not that"),
                    words=["-f", "alice@example.org", "carol@example.net", "bob@example.net"],
                    offers=EACH[way])
                self.assertExit(done, 69, "nobody here", "not that")
                self.assertEqual(server.messages, [])

    def test_larger_than_the_server_takes(self):
        for offered in EACH.values():
            done, server = self.after(offers=(offered - {"SIZE"}) | {"SIZE=1000"},
                                      stdin=MESSAGE + "x\n" * 2000)
            self.assertExit(done, 69, "too large")
            self.assertEqual(done.log[0]["dsn"], "5.3.4")
            server.settle()
            self.assertNotIn("MAIL", server.connections[0].verbs())

    def test_larger_than_we_may(self):
        server = self.server()
        box = self.sandbox(server)
        box.set(max_message_size="1K")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE + "x\n" * 2000), 69)
        self.assertEqual(server.messages, [])

    def test_require_tls_that_is_not_offered(self):
        server = self.server(tls="starttls", users=USERS)
        done = self.sandbox(server, require_tls="yes").sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 69, "REQUIRETLS")
        self.assertEqual(server.messages, [])

    def test_require_tls_that_is_offered(self):
        server = self.server(tls="starttls", users=USERS, offers=ALL_OFFERS | {"REQUIRETLS"})
        done = self.sandbox(server, require_tls="yes").sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 0)
        self.assertIn("REQUIRETLS", server.messages[0].parameters)


class Exit75TemporaryTest(StatusCase):
    def test_4yz_to_anything(self):
        self.each([(75, "greeting", "421 4.3.2 too busy"), (75, "greeting", "450 4.3.2 too busy"),
                   (75, "EHLO", "421 4.3.2 closing"), (75, "MAIL", "451 4.3.0 later"),
                   (75, "MAIL", "421 4.3.2 closing"), (75, "RCPT", "450 4.2.1 greylisted"),
                   (75, ".", "451 4.3.0 later"), (75, ".", "452 4.3.1 disk full"),
                   (75, "RCPT", "421 4.3.2 closing")])
        self.each([(75, "DATA", "451 4.3.0 later")], "plain", "pipelining")
        self.each([(75, "BDAT", "451 4.3.0 later")], "chunking")

    def test_552_to_a_recipient_is_452(self):
        self.each([(75, "RCPT", "552 5.5.3 too many recipients")])

    def test_login_not_possible_now(self):
        done, _ = self.after(("AUTH", "454 4.7.0 try again"), users=USERS)
        self.assertExit(done, 75, "try again")

    def test_the_connection_is_lost_at_each_step(self):
        for way, offered in EACH.items():
            content = "BDAT" if "CHUNKING" in offered else "DATA"
            for action in (CLOSE, RESET, STALL):
                for verb in ("greeting", "EHLO", "MAIL", "RCPT", content, "."):
                    if action is STALL and verb == "." and "CHUNKING" not in offered:
                        continue  # ten times the timeout: once is enough
                    with self.subTest(verb, action=type(action).__name__, way=way):
                        done, server = self.after(
                            (verb, action), offers=offered,
                            timeout="1s" if action is STALL else "20s")
                        self.assertExit(done, 75)
                        self.assertIn(done.log[0]["dsn"], LOST[verb == "greeting"], str(done))

    def test_lost_after_the_content_may_be_a_duplicate(self):
        for offered in EACH.values():
            done, _ = self.after((".", CLOSE), offers=offered)
            self.assertExit(done, 75, "may be delivered twice")

    def test_lost_after_the_answer_is_a_success(self):
        for offered in EACH.values():
            for action in (CLOSE, RESET, STALL, "421 4.3.2 closing", "500 what?"):
                done, server = self.after(("QUIT", action), offers=offered, timeout="2s")
                self.assertExit(done, 0)
                self.assertEqual(len(server.messages), 1)

    def test_nobody_listens(self):
        port, = daemon.free_ports(1)
        box = self.sandbox(host="127.0.0.1", port=port, tls="off", auth="none")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 75, "127.0.0.1:%d" % port, "refused")

    def test_a_socket_where_nobody_listens(self):
        box = self.sandbox(tls="off", auth="none", socket="/nonexistent/socket")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 75, "/nonexistent/socket")


class Exit76ProtocolTest(StatusCase):
    def test_what_is_no_reply(self):
        for verb, reply in (("greeting", "hello there"), ("greeting", "220hello"),
                            ("greeting", "99 x"), ("greeting", "220-a\r\n221 b"),
                            ("greeting", "354 go"), ("EHLO", "354 go"), ("MAIL", "354 go"),
                            ("RCPT", "999 x"), ("DATA", "250 thanks"), (".", "354 more"),
                            (".", "SSH-2.0-OpenSSH")):
            with self.subTest(verb, reply=reply):
                done, _ = self.after((verb, reply), offers=PLAIN)
                self.assertExit(done, 76)

    def test_credentials_would_go_in_clear(self):
        """Behind a proxy nothing is loopback."""
        server = self.server(users=USERS)
        with Proxy(server.port) as proxy:
            box = self.sandbox(server, proxy="socks5://127.0.0.1:%d" % proxy.port)
            done = box.sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 76)
        server.settle()
        self.assertNotIn("AUTH", server.connections[0].verbs())


class Exit77PermissionTest(StatusCase):
    def test_login_refused(self):
        for reply in ("535 5.7.8 bad credentials", "534 5.7.9 too weak",
                      "538 5.7.11 encrypt first"):
            with self.subTest(reply):
                done, server = self.after(("AUTH", reply), users=USERS)
                self.assertExit(done, 77, reply[4:])
                self.assertEqual(server.messages, [])

    def test_the_server_wants_a_login_first(self):
        done, _ = self.after(("MAIL", "530 5.7.0 authentication required"))
        self.assertExit(done, 77, "authentication required")

    def test_a_recipient_needs_a_login_and_the_others_have_the_message(self):
        """It went out before that was known: nobody gets it twice out of the queue."""
        server = self.server(lenient=True)
        server.on("RCPT", "550 5.7.8 who are you", "carol@", 1)
        box = self.sandbox(server)
        box.set(queue="yes", queue_dir=box.file("queue"))
        words = ["-f", "alice@example.org", "carol@example.net", "bob@example.net"]
        self.assertExit(box.sendmail(*words, stdin=MESSAGE), 0)
        self.assertExit(box.sendmail("-q"), 0)
        self.assertEqual([m.to for m in server.take(2)],
                         [["bob@example.net"], ["carol@example.net"]])

    def test_no_mechanism_fits(self):
        for mechanisms in (["NTLM"], []):
            server = self.server(users=USERS, mechanisms=mechanisms)
            self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), 77)

    def test_the_server_offers_no_login(self):
        server = self.server()
        box = self.sandbox(server, auth=None, user="me", password="secret")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 77, "AUTH")

    def test_the_secret_cannot_be_had(self):
        server = self.server(users=USERS)
        for keys in ({"password_command": "exit 3"}, {"password_command": "sleep 100"},
                     {"password_command": "echo secret; echo secret >&2; exit 1"},
                     {"password_file": "/nonexistent"}, {"password_command": "true"}):
            with self.subTest(keys):
                box = self.sandbox(server, password=None, timeout="1s", **keys)
                done = box.sendmail(*TO, stdin=MESSAGE)
                self.assertExit(done, 77, next(iter(keys)))
                self.assertTrue(done.stderr.startswith("sendmail: work: 127.0.0.1:"), str(done))
        self.assertEqual(server.messages, [])

    def test_the_secret_by_command_and_file(self):
        server = self.server(users=USERS)
        box = self.sandbox(server)
        path = box.write("secret", "secret\nsecond line\n")
        for keys in ({"password_command": "echo secret"}, {"password_file": path},
                     {"password_command": "printf secret"},
                     {"password_command": "echo a warning >&2; echo secret"}):
            with self.subTest(keys):
                other = self.sandbox(server, password=None, **keys)
                self.assertExit(other.sendmail(*TO, stdin=MESSAGE), 0)


class Exit78ConfigurationTest(Case):
    GOOD = "[work]\nhost = 127.0.0.1\nport = 9\ntls = off\nauth = none\n"

    def fails(self, text, *words, options=(), mode=0o600):
        box = self.sandbox()
        box.text = text
        child = box.start("sendmail", *options, *TO, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        done = box.finish(child, MESSAGE.encode())
        self.assertExit(done, 78, *words)

    def test_broken_lines_are_named(self):
        for text, *words in (
                (self.GOOD + "nonsense\n", "sendoff.ini", "6"),
                (self.GOOD + "prot = 25\n", "6", "prot", "port"),
                (self.GOOD + "port = 10\n", "port", "3", "6"),
                (self.GOOD + "port = many\n", "port"),
                (self.GOOD + "password = a#b\n", "6"),
                (self.GOOD + "password = \"abc\n", "6"),
                (self.GOOD + "user = a\\\n", "6"),
                (self.GOOD + self.GOOD, "work", "6"),
                ("[work]\nhost = x\ntls_fingerprint = zz\n", "tls_fingerprint"),
                ("[sendoff]\naccount = other\n" + self.GOOD, "2", "account"),
                ("[sendoff]\ndomain = example.org\n", "account"),
                ("", "account"),
                ("[work]\nport = 25\n", "host"),
                (self.GOOD + "fallback = work\n", "fallback"),
                (self.GOOD + "match = alice\n", "match")):
            with self.subTest(text):
                self.fails(text, *words)

    def test_a_secret_is_never_printed(self):
        for line in ("password = s3cr#t", "password = \"s3cret", "pasword = s3cret",
                     "password = s3cret ; comment", "password = \"s3cret\" s3cret"):
            with self.subTest(line):
                box = self.sandbox()
                box.text = self.GOOD + "user = me\n" + line + "\n"
                done = box.sendmail(*TO, stdin=MESSAGE)
                self.assertExit(done, 78)
                self.assertNotIn("s3cr", done.stderr + str(done.log))

    def test_files_that_are_none(self):
        box = self.sandbox(host="127.0.0.1", tls="off")
        for path in (box.home, "/dev/null/x", box.file("missing"), "/dev/zero"):
            with self.subTest(path):
                done = box.sendmail("-C", path, *TO, stdin=MESSAGE)
                self.assertExit(done, 78, path)

    def test_files_that_others_can_read_or_write(self):
        for mode, text in ((0o644, self.GOOD + "user = me\npassword = secret\n"),
                           (0o666, self.GOOD), (0o620, self.GOOD)):
            with self.subTest(oct(mode)):
                box = self.sandbox()
                path = box.write("other.ini", text, mode)
                done = box.sendmail("-C", path, *TO, stdin=MESSAGE, env={"SENDOFF_CONFIG": None})
                self.assertExit(done, 78, path, "chmod")

    def test_accounts_that_are_unknown(self):
        self.fails(self.GOOD, "home", options=["-a", "home"])

    def test_a_user_without_a_secret(self):
        server = self.server(users=USERS)
        box = self.sandbox(server, password=None)
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 78)


class SignalTest(Case):
    def test_killed_while_reading_sends_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(number.name):
                server = self.server()
                box = self.sandbox(server)
                child = box.start("sendmail", *TO, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                child.stdin.write(MESSAGE.encode())
                child.stdin.flush()
                while child.poll() is None and not self.is_reading(child.pid):
                    pass
                child.send_signal(number)
                child.wait(30)
                child.communicate()
                self.assertNotEqual(child.returncode, 0)
                self.assertEqual(server.connections, [])

    def is_reading(self, pid):
        """It sleeps and has taken what was written."""
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] == "S"
