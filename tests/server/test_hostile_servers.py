# SPDX-License-Identifier: ISC
"""Servers that do what they should not, at each step: an end in bounded time and memory, the right
status, a terminal left clean, and never a success that was none."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import certs
from case import MESSAGE, Case
from peak import Peak
from sandbox import SANITIZERS
from server.hostile import BEHAVIOURS, FLIGHTS, PLAIN
from smtpd import ALL_OFFERS, CLOSE, Pause

TO = ("-f", "alice@example.org", "bob@example.net")
USERS = {"me": "secret"}
NAMED = 60  # behaviours, at least
AT_ONCE = 8  # they wait most of the time
# What an honest session takes is some 16 MiB with sanitizers, which shall not keep what was freed.
PEAK_KIB = 64 * 1024
NO_QUARANTINE = {"ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"] + ":quarantine_size_mb=1"}


class HostileCase(Case):
    def against(self, *rules, timeout="2s", words=TO, stdin=MESSAGE, account=None, **options):
        options.setdefault("offers", PLAIN)
        server = self.server(lenient=True, **options)
        for rule in rules:
            server.on(*rule)
        box = self.sandbox(server, timeout=timeout, **(account or {}))
        child = box.start("sendmail", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=NO_QUARANTINE)
        peak = Peak(child.pid)
        done = box.finish(child, stdin.encode())
        self.assertLess(peak.kib(), PEAK_KIB, str(done))
        self.assertClean(done)
        return done, server

    def assertClean(self, done):
        """No control character but line ends; one line a problem, one for a hint; a short log."""
        self.assertNotRegex(done.stderr, r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", str(done))
        self.assertEqual(done.stdout, b"")
        if "-v" not in done.argv:
            for line in done.stderr.splitlines():
                self.assertRegex(line, r"^(sendmail: |hint: )", str(done))
                self.assertLess(len(line), 4000)
        for line in done.log:
            self.assertLess(len(str(line)), 3000)


class TableTest(HostileCase):
    """Each row of the table, at each of its steps, silent and with -v."""

    def setUp(self):
        names = ",".join("DNS:host%d.example" % number for number in range(1000))
        certs.KINDS["thousand"] = ("ca", "many", names, None)
        certs.get("thousand")

    def test_each_behaviour(self):
        plays = [(row, step, words) for row in BEHAVIOURS for step in row.steps
                 for words in (TO, ("-v", *TO))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            problems = list(pool.map(self.play, plays))
        for (row, step, words), problem in zip(plays, problems):
            with self.subTest(row.name, step=step, verbose="-v" in words):
                self.assertIsNone(problem)
        names = {row.name for row in BEHAVIOURS}
        print("hostile servers: %d behaviours, %d runs, %d problems" % (
            len(names), len(plays), len(plays) - problems.count(None)))
        self.assertGreaterEqual(len(names), NAMED)

    def play(self, play):
        """What was wrong, or None."""
        row, step, words = play
        world = dict(row.world)
        if {"account", "mechanisms", "tls"} & world.keys():
            world.setdefault("users", USERS)
        try:
            done, server = self.against(*row.rules(step), words=words, **world)
            self.assertIn(done.status, row.ends(step), str(done))
            self.assertTrue(done.status == 0 or done.stderr, "a failure without a word")
            if done.status == 0 or step not in ("DATA", "."):
                self.assertEqual(len(server.messages), int(done.status == 0), str(done))
        except Exception as wrong:  # also what the harness could not do
            return str(wrong)
        return None


class CapabilitiesTest(HostileCase):
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

    def test_ehlo_refused_helo_taken(self):
        done, server = self.against(("EHLO", "502 5.5.1 what?"))
        self.assertExit(done, 0)
        server.settle()
        self.assertEqual(server.connections[0].violations, [])
        self.assertEqual(server.connections[0].verbs()[:2], ["EHLO", "HELO"])


class TransactionTest(HostileCase):
    def test_one_reply_too_many_makes_no_refusal_a_success(self):
        """Each reply would be taken for the one before it."""
        for extra, status in (("250 2.0.0 once more", 76), ("421 4.3.2 closing", 75)):
            for offers in (PLAIN, FLIGHTS, ALL_OFFERS):
                with self.subTest(extra, offers=len(offers)):
                    done, server = self.against(
                        ("AUTH done", "235 2.7.0 welcome\r\n" + extra),
                        (".", "554 5.6.0 refused"), users=USERS, offers=offers)
                    self.assertExit(done, status, extra[4:])
                    self.assertEqual(server.messages, [])

    def test_one_reply_too_many_before_the_login(self):
        """The late answer to AUTH would be MAIL's, and that to RCPT the message's."""
        done, server = self.against(
            ("EHLO", "250-x\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH PLAIN\r\n250 2.0.0 once more"),
            ("AUTH done", [Pause(0.3), "235 2.7.0 welcome"]), (".", [Pause(0.3), "554 5.6.0 refused"]),
            users=USERS, offers=ALL_OFFERS)
        self.assertExit(done, 76, "once more")
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

    def test_bdat_that_is_refused_by_a_server_that_hangs_up_in_the_middle(self):
        done, server = self.against(
            ("BDAT", "502 5.5.1 what?"), ("FROM:", CLOSE),
            offers=ALL_OFFERS, stdin=MESSAGE + "a line of a large message\n" * 500000)
        self.assertExit(done, 0)
        self.assertEqual([m.chunks for m in server.messages], [[]])

    def test_more_recipients_than_the_server_takes(self):
        """A server takes 100 at least (RFC 5321 section 4.5.3.1.8); one that takes fewer gets a new
        connection where QUIT has gone out already."""
        for offers in (PLAIN, FLIGHTS, ALL_OFFERS):
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
        done, server = self.against(("RCPT", "550 5.1.1 nobody"), ("DATA", "354 go ahead"),
                                    offers=FLIGHTS)
        self.assertExit(done, 67, "nobody")
        for message in server.messages:
            self.assertEqual(message.data.strip(), b"", "content went out without a recipient")

    def test_421_to_one_recipient_of_several(self):
        done, server = self.against(("RCPT", ["421 4.3.2 closing", CLOSE], "carol@"),
                                    words=("-f", "a@example.org", "bob@example.net",
                                           "carol@example.net"))
        self.assertExit(done, 75, "closing")
        self.assertEqual(server.messages, [])

    def test_421_to_one_recipient_by_a_server_that_goes_on(self):
        done, server = self.against(("RCPT", "421 4.3.2 closing", "bob@"), offers=ALL_OFFERS,
                                    words=("-f", "a@example.org", "bob@example.net", "carol@example.net"))
        self.assertExit(done, 75, "send again only to bob@example.net")
        self.assertEqual([message.to for message in server.messages], [["carol@example.net"]])

    def test_the_log_says_that_a_duplicate_is_possible_whoever_was_deferred_first(self):
        done, _ = self.against(("RCPT", "450 4.2.0 later", "bob@"), (".", CLOSE),
                               words=("-f", "a@example.org", "bob@example.net", "carol@example.net"))
        self.assertExit(done, 75)
        self.assertIn("twice", done.log[-1]["reply"])

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
    def against(self, *rules, **options):
        options.setdefault("users", USERS)
        return super().against(*rules, **options)

    def test_success_before_the_server_has_proved_itself(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
            for reply in ("235 2.7.0 welcome", ["334 ", "235 2.7.0 welcome"]):
                with self.subTest(mechanism, reply=reply):
                    done, server = self.against(("AUTH", reply), mechanisms=[mechanism],
                                                account={"auth": mechanism.lower()})
                    self.assertIn(done.status, (76, 77), str(done))
                    self.assertEqual(server.messages, [])

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

    def test_one_reply_too_many_between_mechanisms(self):
        """It would be the next one's: logged in without a word, and each later reply one behind."""
        done, server = self.against(
            ("AUTH", "504 5.5.4 no\r\n235 2.7.0 welcome", "^LOGIN"), ("AUTH done", [Pause(0.3), "235 2.7.0 welcome"]),
            (".", [Pause(0.3), "554 5.6.0 refused"]), users=USERS, offers=ALL_OFFERS,
            mechanisms=["PLAIN", "LOGIN"], account={"auth": "login plain"})
        self.assertExit(done, 76, "unasked")
        self.assertEqual(server.messages, [])

    def test_a_cancelled_login_is_not_followed_by_mail(self):
        """dma sent without authentication when AUTH failed for now, and lost the mail."""
        for reply in ("454 4.7.0 later", "500 what?", "421 4.3.2 closing", "999 x"):
            done, server = self.against(("AUTH", reply), mechanisms=["PLAIN"])
            self.assertNotEqual(done.status, 0)
            server.settle()
            self.assertNotIn("MAIL", server.connections[0].verbs())


class TlsTest(HostileCase):
    def test_a_chain_of_several_records_is_read(self):
        names = ",".join("DNS:host%d.example" % number for number in range(1000))
        certs.KINDS["long"] = ("ca", "many", names + ",IP:127.0.0.1", None)
        for tls in ("starttls", "implicit"):
            done, server = self.against(tls=tls, kind="long", users=USERS)
            self.assertExit(done, 0)
