# SPDX-License-Identifier: ISC
"""Servers that do what they should not, at each step: an end in bounded time and memory, the right
status, a terminal left clean, and never a success that was none."""

import base64
import os
import subprocess

import certs
from case import MESSAGE, Case
from peak import Peak
from smtpd import ALL_OFFERS, CLOSE, RESET, STALL, Drip

TO = ("-f", "alice@example.org", "bob@example.net")
USERS = {"me": "secret"}
STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", ".")
REFUSING = ("greeting", "MAIL", "RCPT", "DATA", ".")  # after a refused EHLO comes HELO
PLAIN = ALL_OFFERS - {"PIPELINING", "CHUNKING"}
PEAK_KIB = 400 * 1024  # far above what an honest session takes with sanitizers, far below the input
ENDS = (69, 75, 76)


def endless(text):
    """An action: says the text over and over until the client leaves."""
    def act(session):
        block = text * (65536 // len(text) + 1)
        try:
            while not session.server.stopping.is_set():
                session.send(block)
        except OSError:
            pass
        return CLOSE
    return act


class HostileCase(Case):
    def against(self, *rules, timeout="2s", words=TO, stdin=MESSAGE, **options):
        options.setdefault("offers", PLAIN)
        server = self.server(lenient=True, **options)
        for rule in rules:
            server.on(*rule)
        box = self.sandbox(server, timeout=timeout)
        child = box.start("sendmail", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
        peak = Peak(child.pid)
        done = box.finish(child, stdin.encode())
        self.assertLess(peak.kib(), PEAK_KIB, str(done))
        self.assertClean(done)
        return done, server

    def assertClean(self, done):
        """No control character but line ends; one line a problem, one for a hint."""
        self.assertNotRegex(done.stderr, r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", str(done))
        if "-v" not in done.argv:
            for line in done.stderr.splitlines():
                self.assertRegex(line, r"^(sendmail: |hint: )", str(done))
                self.assertLess(len(line), 4000)


class EachStepTest(HostileCase):
    """The same misbehaviour at every step."""

    def each(self, action, statuses=ENDS, timeout="2s", steps=STEPS):
        for step in steps:
            with self.subTest(step):
                done, server = self.against((step, action), timeout=timeout)
                self.assertIn(done.status, statuses, str(done))
                self.assertTrue(done.stderr)

    def test_a_line_of_a_megabyte_without_an_end(self):
        self.each([b"250 " + b"x" * 1_000_000, STALL], timeout="1s", steps=STEPS[:-1])

    def test_a_line_without_an_end_for_ever(self):
        self.each(endless(b"x" * 1000), (76, 75))

    def test_reply_lines_without_an_end(self):
        for code in (b"250", b"220", b"354"):
            self.each(endless(code + b"-more\r\n"), (75, 76))

    def test_empty_lines_without_an_end(self):
        self.each(endless(b"\r\n"), (75, 76))

    def test_nothing_but_nul(self):
        self.each([bytes(10000), CLOSE], (75, 76))

    def test_an_http_server(self):
        self.each(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", (76,))

    def test_a_tls_alert(self):
        self.each([b"\x15\x03\x01\x00\x02\x02\x28", CLOSE], (75, 76))

    def test_codes_of_no_meaning(self):
        for reply in ("", "2", "25", "2500 x", "000 x", "150 x", "650 x", "abc", "-50 x", "2 50"):
            with self.subTest(reply):
                self.each(reply, (76,))

    def test_a_reply_whose_lines_disagree(self):
        self.each("250-one\r\n550 two", (76,))

    def test_only_half_a_line(self):
        self.each([b"250 o", CLOSE], (75, 76))
        self.each([b"250 o", RESET], (75, 76))

    def test_one_octet_a_second(self):
        self.each(Drip("250 " + "x" * 100, 1), (75,), timeout="1s", steps=STEPS[:-1])

    def test_control_characters_and_escapes_in_the_words(self):
        words = "\x1b[2J\x1b]0;title\x07 \x00\x08\x7f \u009b31m \u202e evil"
        for step in REFUSING:
            done, _ = self.against((step, b"550 5.0.0 " + words.encode() + b"\r\n"))
            self.assertIn(done.status, (67, 69), str(done))
            done, _ = self.against((step, b"550 5.0.0 " + words.encode() + b"\r\n"),
                                   words=("-v", *TO))
            self.assertIn(done.status, (67, 69), str(done))

    def test_words_that_are_not_utf8(self):
        for step in REFUSING:
            done, _ = self.against((step, b"550 5.0.0 caf\xe9 \xff\xfe\r\n"))
            self.assertIn("5.0.0", done.stderr)

    def test_long_words_are_cut(self):
        for step in REFUSING:
            done, _ = self.against((step, b"550 5.0.0 " + b"word " * 30000 + b"\r\n"))
            self.assertIn(done.status, (67, 69), str(done))
            for line in done.log:
                self.assertLess(len(str(line)), 3000)


class CapabilitiesTest(HostileCase):
    def test_ten_thousand_lines(self):
        lines = "".join("250-X-EXT%d\r\n" % number for number in range(10_000))
        done, _ = self.against(("EHLO", lines + "250 OK"))
        self.assertIn(done.status, ENDS)

    def test_nine_hundred_lines(self):
        lines = "".join("250-X-EXT%d\r\n" % number for number in range(900))
        done, server = self.against(("EHLO", lines + "250 8BITMIME"))
        self.assertExit(done, 0)

    def test_words_that_only_look_like_keywords(self):
        """SIZEX is not SIZE, CHUNKINGS is not CHUNKING, X=PIPELINING is nothing."""
        done, server = self.against(
            ("EHLO", "250-x\r\n250-SIZEX 10\r\n250-CHUNKINGS\r\n250-X PIPELINING\r\n"
             "250-8BITMIMES\r\n250-XAUTH PLAIN\r\n250-DSNX\r\n250 STARTTLSX"),
            words=("-N", "never", *TO))
        self.assertExit(done, 0)
        server.settle()
        self.assertEqual(server.connections[0].violations, [])
        self.assertEqual(server.connections[0].verbs(),
                         ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"])
        self.assertNotIn("SIZE", str(server.messages[0].parameters))

    def test_odd_spellings_that_count(self):
        """Keywords ignore case; old servers write AUTH= for AUTH."""
        done, server = self.against(
            ("EHLO", "250-x\r\n250-size 100000\r\n250-8bitmime\r\n250 Auth=PLAIN"),
            users=USERS, mechanisms=["PLAIN"], offers=PLAIN)
        self.assertExit(done, 0)
        self.assertIn("SIZE", server.messages[0].parameters)

    def test_sizes_that_are_no_number(self):
        for size in ("-1", "99999999999999999999999", "ten", "0x10", "", "0"):
            with self.subTest(size):
                done, _ = self.against(("EHLO", "250-x\r\n250 SIZE " + size))
                self.assertExit(done, 0)

    def test_limits_that_are_absurd(self):
        for limit in ("RCPTMAX=0", "RCPTMAX=-1", "RCPTMAX=99999999999999999999", "RCPTMAX=", "="):
            with self.subTest(limit):
                done, _ = self.against(("EHLO", "250-x\r\n250 LIMITS " + limit))
                self.assertExit(done, 0)

    def test_ehlo_refused_helo_taken(self):
        done, server = self.against(("EHLO", "502 5.5.1 what?"))
        self.assertExit(done, 0)
        server.settle()
        self.assertEqual(server.connections[0].violations, [])
        self.assertEqual(server.connections[0].verbs()[:2], ["EHLO", "HELO"])


class TransactionTest(HostileCase):
    def test_replies_before_the_commands(self):
        done, server = self.against(("greeting", "220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n"
                                     "250 done"))
        self.assertExit(done, 76)
        self.assertEqual(server.messages, [])

    def test_one_reply_too_many_makes_no_refusal_a_success(self):
        """Each reply would be taken for the one before it."""
        for extra, status in (("250 2.0.0 once more", 76), ("421 4.3.2 closing", 75)):
            for offers in (PLAIN, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS):
                with self.subTest(extra, offers=len(offers)):
                    done, server = self.against(
                        ("AUTH done", "235 2.7.0 welcome\r\n" + extra),
                        (".", "554 5.6.0 refused"), users=USERS, offers=offers)
                    self.assertExit(done, status, extra[4:])
                    self.assertEqual(server.messages, [])

    def test_bdat_that_was_offered_and_is_refused(self):
        """500, 502, 504: the content may be taken for commands; DATA on a new connection."""
        for reply in ("500 5.5.1 what?", "502 5.5.1 what?", "504 5.5.4 what?"):
            with self.subTest(reply):
                text = MESSAGE + "QUIT\nRSET\nMAIL FROM:<evil@example.org>\n"
                done, server = self.against(("BDAT", reply), offers=ALL_OFFERS, stdin=text)
                self.assertExit(done, 0)
                self.assertEqual(len(server.messages), 1)
                self.assertEqual(server.messages[0].chunks, [])
                self.assertEqual(server.messages[0].sender, "alice@example.org")

    def test_more_recipients_than_the_server_takes(self):
        """A server takes 100 at least (RFC 5321 section 4.5.3.1.8); one that takes fewer gets a new
        connection where QUIT has gone out already."""
        for offers in (PLAIN, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS):
            for limit, count in ((3, 10), (100, 250)):
                with self.subTest(offers=len(offers), limit=limit):
                    names = ["user%d@example.net" % number for number in range(count)]
                    done, server = self.against(
                        ("RCPT", lambda session, limit=limit: self.full(session, limit)),
                        offers=offers, words=("-f", "a@example.org", *names))
                    self.assertExit(done, 0)
                    self.assertEqual([len(m.to) for m in server.messages][:-1],
                                     [limit] * (count // limit))
                    self.assertEqual(sum((m.to for m in server.messages), []), names)
                    server.settle()
                    if limit == 100:
                        self.assertEqual(len(server.connections), 1)

    def full(self, session, limit):
        message = session.message
        return "452 4.5.3 too many" if message and len(message.recipients) >= limit else None

    def test_the_limit_is_said_beforehand(self):
        names = ["user%d@example.net" % number for number in range(10)]
        done, server = self.against(offers=ALL_OFFERS | {"LIMITS=RCPTMAX=4"},
                                    words=("-f", "a@example.org", *names))
        self.assertExit(done, 0)
        self.assertEqual([len(m.to) for m in server.messages], [4, 4, 2])

    def test_354_although_nobody_was_accepted(self):
        offers = ALL_OFFERS - {"CHUNKING"}
        done, server = self.against(("RCPT", "550 5.1.1 nobody"), ("DATA", "354 go ahead"),
                                    offers=offers)
        self.assertExit(done, 67, "nobody")
        for message in server.messages:
            self.assertEqual(message.data.strip(), b"", "content went out without a recipient")

    def test_421_to_one_recipient_of_several(self):
        done, server = self.against(("RCPT", ["421 4.3.2 closing", CLOSE], "carol@"),
                                    words=("-f", "a@example.org", "bob@example.net",
                                           "carol@example.net"))
        self.assertExit(done, 75, "closing")
        self.assertEqual(server.messages, [])

    def test_a_multi_line_refusal(self):
        done, _ = self.against(("RCPT", "550-5.1.1 first\r\n550-5.1.1 second\r\n550 5.1.1 third"))
        self.assertExit(done, 67, "first", "third")

    def test_a_final_reply_of_many_kilobytes_is_a_success(self):
        """msmtp took a reply line over 1,023 octets for a failure: an invitation to duplicates."""
        for reply in ("250 2.0.0 " + "x" * 5000, "250-" + "x" * 3000 + "\r\n250 2.0.0 ok"):
            done, server = self.against((".", reply))
            self.assertExit(done, 0)
            self.assertEqual(len(server.messages), 1)


class AuthTest(HostileCase):
    def against(self, *rules, mechanism="auto", **options):
        options.setdefault("users", USERS)
        self.mechanism = mechanism
        return super().against(*rules, **options)

    def sandbox(self, server=None, **account):
        if server is not None and self.mechanism != "auto":
            account["auth"] = self.mechanism
        return super().sandbox(server, **account)

    def test_challenges_of_a_megabyte(self):
        for mechanism in ("plain", "login", "cram-md5", "xoauth2", "oauthbearer"):
            with self.subTest(mechanism):
                done, _ = self.against(("AUTH", b"334 " + b"QUFB" * 250_000 + b"\r\n"),
                                       mechanism=mechanism)
                self.assertIn(done.status, (75, 76, 77), str(done))

    def test_challenges_without_an_end(self):
        for mechanism in ("plain", "login", "cram-md5"):
            done, _ = self.against(("AUTH", lambda session: self.repeat(session)),
                                   mechanism=mechanism)
            self.assertIn(done.status, (75, 76, 77), str(done))

    def repeat(self, session):
        for _ in range(100_000):
            if session.challenge("QUFB") == "*":
                return "501 5.7.0 cancelled"
        return "535 5.7.8 no"

    def test_challenges_that_are_no_base64(self):
        for mechanism in ("login", "cram-md5"):
            done, _ = self.against(("AUTH", "334 *not base64*"), mechanism=mechanism)
            self.assertIn(done.status, (76, 77), str(done))

    def test_success_before_the_server_has_proved_itself(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
            for reply in ("235 2.7.0 welcome", ["334 ", "235 2.7.0 welcome"]):
                with self.subTest(mechanism, reply=reply):
                    done, server = self.against(("AUTH", reply), mechanisms=[mechanism],
                                                mechanism=mechanism.lower())
                    self.assertIn(done.status, (76, 77), str(done))
                    self.assertEqual(server.messages, [])

    def test_scram_with_absurd_iteration_counts(self):
        for count in ("2147483647", "4294967295", "0", "-1", "99999999999999999999", "x", "1"):
            with self.subTest(count):
                done, server = self.against(
                    ("AUTH", lambda session, count=count: self.scram(session, count)),
                    mechanisms=["SCRAM-SHA-256"], mechanism="scram-sha-256", timeout="10s")
                self.assertIn(done.status, (75, 76, 77), str(done))
                self.assertEqual(server.messages, [])

    def scram(self, session, count):
        first = base64.b64decode(session.record.commands[-1].split()[2]).decode()
        nonce = first.partition("r=")[2]
        answer = session.challenge(base64.b64encode(
            ("r=%sxyz,s=c2FsdA==,i=%s" % (nonce, count)).encode()).decode())
        if answer == "*":
            return "501 5.7.0 cancelled"
        return "535 5.7.8 wrong"

    def test_535_at_the_password_step_of_login(self):
        """nullmailer bounced the mail."""
        def step(session):
            session.challenge("VXNlcm5hbWU6")
            return "535 5.7.8 unknown user"
        done, server = self.against(("AUTH", step), mechanisms=["LOGIN"])
        self.assertExit(done, 77, "unknown user")
        self.assertEqual(server.messages, [])

    def test_the_next_mechanism_after_504_and_534_never_after_535(self):
        for reply, tried in (("504 5.5.4 no", True), ("534 5.7.9 too weak", True),
                             ("535 5.7.8 wrong", False)):
            with self.subTest(reply):
                done, server = self.against(("AUTH", reply, "^PLAIN"),
                                            mechanisms=["PLAIN", "LOGIN"])
                self.assertEqual(done.status, 0 if tried else 77, str(done))
                server.settle()
                self.assertEqual(server.connections[0].mechanism, "LOGIN" if tried else None)

    def test_a_cancelled_login_is_not_followed_by_mail(self):
        """dma sent without authentication when AUTH failed for now, and lost the mail."""
        for reply in ("454 4.7.0 later", "500 what?", "421 4.3.2 closing", "999 x"):
            done, server = self.against(("AUTH", reply), mechanisms=["PLAIN"])
            self.assertNotEqual(done.status, 0)
            server.settle()
            self.assertNotIn("MAIL", server.connections[0].verbs())


class TlsTest(HostileCase):
    def test_the_connection_is_lost_in_the_handshake(self):
        for action in (CLOSE, RESET, STALL):
            with self.subTest(type(action).__name__):
                done, server = self.against(
                    ("STARTTLS", ["220 go ahead", action]), tls="starttls", users=USERS,
                    offers=ALL_OFFERS)
                self.assertIn(done.status, (75, 76), str(done))

    def test_rubbish_in_the_handshake(self):
        for rubbish in (b"rubbish\r\n" * 10, b"\x16\x03\x03\x40\x00" + b"\0" * 0x4000,
                        b"\x16\x03\x03\x00\x00" * 1000, os.urandom(5000)):
            done, server = self.against(
                ("STARTTLS", [b"220 go ahead\r\n", lambda s: s.wire_pause(), rubbish, CLOSE]),
                tls="starttls", users=USERS, offers=ALL_OFFERS)
            self.assertIn(done.status, (75, 76), str(done))

    def test_one_octet_a_second_in_the_handshake(self):
        done, server = self.against(
            ("STARTTLS", ["220 go ahead", lambda s: s.wire_pause(),
                          Drip(b"\x16\x03\x03\x00\x7a" + b"\x02" * 200, 0.5)]),
            tls="starttls", users=USERS, offers=ALL_OFFERS)
        self.assertExit(done, 75)

    def test_a_certificate_with_a_thousand_names(self):
        names = ",".join("DNS:host%d.example" % number for number in range(1000))
        certs.KINDS["thousand"] = ("ca", "many", names, None)
        done, server = self.against(tls="starttls", kind="thousand", users=USERS)
        self.assertExit(done, 76)
        self.assertLess(len(done.stderr), 5000)

    def test_a_chain_of_several_records_is_read(self):
        names = ",".join("DNS:host%d.example" % number for number in range(1000))
        certs.KINDS["long"] = ("ca", "many", names + ",IP:127.0.0.1", None)
        for tls in ("starttls", "implicit"):
            done, server = self.against(tls=tls, kind="long", users=USERS)
            self.assertExit(done, 0)
