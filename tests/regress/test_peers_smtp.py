# SPDX-License-Identifier: ISC
"""What other programs of this kind got wrong on the wire and with secrets, one test each; the name
or the first line says what, and who did."""

import base64
import socket
import subprocess
import threading

from case import MESSAGE, Case
from smtpd import ALL_OFFERS, CLOSE, STALL
from socks import copy

TO = ("-f", "alice@example.org", "bob@example.net")
USERS = {"me@example.org": "s3cr3t-pa55word"}
PLAIN = ALL_OFFERS - {"PIPELINING", "CHUNKING"}
EACH = (PLAIN, ALL_OFFERS - {"CHUNKING"}, ALL_OFFERS)
HEADER = MESSAGE.partition("\n\n")[0] + "\n\n"


class PeerCase(Case):
    def send(self, stdin, *words, offers=ALL_OFFERS, account=None, **server):
        """A submission that must succeed; returns the one message that arrived."""
        server = self.server(offers=offers, **server)
        done = self.sandbox(server, **(account or {})).sendmail(*words, stdin=stdin)
        self.assertExit(done, 0)
        self.assertEqual(len(server.messages), 1)
        return server.messages[0]


class SmtpTest(PeerCase):
    def test_last_line_that_fills_a_buffer(self):
        """msmtp: no valid final dot after a last line of n * 1023 octets without a line end."""
        for offers in EACH:
            for size in (1022, 1023, 1024, 2046, 4095, 4096, 16384, 16385):
                with self.subTest(size, offers=sorted(offers)):
                    text = HEADER + (("y" * 62 + "\n") * 700)[:size]
                    came = self.send(text, "-i", *TO, offers=offers)
                    self.assertEqual(came.data.replace(b"\r\n", b"\n"),
                                     (text if text.endswith("\n") else text + "\n").encode())

    def test_timeout_holds_inside_tls(self):
        """msmtp looped for ever on a handshake that does not go on."""
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        box = self.sandbox(host="127.0.0.1", port=silent.getsockname()[1], tls="implicit",
                           auth="none", timeout="1s")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 75)

    def test_long_final_reply_is_a_success(self):
        """msmtp, nullmailer, dma: a reply of more than 1,023 octets failed, or never ended."""
        server = self.server()
        server.on(".", "250 2.0.0 " + "x" * 4000)
        self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), 0)

    def test_the_server_does_not_wait_for_a_slow_producer(self):
        """msmtp said DATA before it had read its input."""
        server = self.server()
        child = self.sandbox(server).start("sendmail", *TO, stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in MESSAGE.splitlines(True):
            child.stdin.write(line.encode())
            child.stdin.flush()
            threading.Event().wait(0.05)
        self.assertEqual(server.connections, [])
        child.communicate()
        self.assertEqual(child.returncode, 0)
        self.assertEqual(len(server.messages), 1)

    def test_lines_share_tls_records(self):
        """msmtp: each line of the body a write and a record of its own."""
        server = self.server(tls="implicit")
        sniffer = Sniffer(server.port)
        self.addCleanup(sniffer.close)
        box = self.sandbox(server, port=sniffer.port)
        self.assertExit(box.sendmail("-i", *TO, stdin=HEADER + "line\n" * 5000), 0)
        server.settle()
        self.assertLess(sniffer.records(), 30)

    def test_size_and_body_are_declared(self):
        """msmtp parsed SIZE without using it, and never declared 8-bit content."""
        came = self.send(MESSAGE + "caf\u00e9\n", *TO)
        self.assertEqual(came.parameters["BODY"], "8BITMIME")
        self.assertGreaterEqual(int(came.parameters["SIZE"]), len(MESSAGE))

    def test_smtputf8_only_where_it_is_needed(self):
        """msmtp asked for it whenever it was offered, which bounced mail later."""
        text = MESSAGE.replace("hello", "caf\u00e9")
        self.assertNotIn("SMTPUTF8", self.send(text, *TO).parameters)
        came = self.send(text, "-f", "a@example.org", "j\u00f6rg@example.net")
        self.assertIn("SMTPUTF8", came.parameters)

    def test_one_refused_recipient_costs_nobody_else_the_mail(self):
        """msmtp, ssmtp, esmtp, nullmailer."""
        for offers in EACH:
            server = self.server(offers=offers)
            server.on("RCPT", "550 5.1.1 no", "carol@")
            done = self.sandbox(server).sendmail("-f", "a@example.org", "bob@example.net",
                                                 "carol@example.net", stdin=MESSAGE)
            self.assertExit(done, 67, "carol@example.net")
            self.assertEqual(server.messages[0].to, ["bob@example.net"])

    def test_temporary_and_permanent_can_be_told_apart(self):
        """msmtp, ssmtp, esmtp, Postfix: the same status for both."""
        for verb, reply, status in (
                ("RCPT", "450 4.2.0 x", 75), ("RCPT", "550 5.1.1 x", 67),
                (".", "451 4.3.0 x", 75), (".", "554 5.6.0 x", 69),
                ("AUTH", "454 4.7.0 x", 75), ("AUTH", "535 5.7.8 x", 77),
                ("greeting", "421 4.3.2 x", 75), ("greeting", "554 5.3.2 x", 69),
                ("EHLO", "421 4.3.2 x", 75)):
            with self.subTest(verb, reply=reply):
                server = self.server(users=USERS, mechanisms=["PLAIN"])
                server.on(verb, reply)
                self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), status)

    def test_one_login_for_all_recipients(self):
        """dma, nullmailer: one each, until the provider blocks the account."""
        server = self.server(users=USERS)
        names = ["user%d@example.net" % number for number in range(20)]
        self.assertExit(self.sandbox(server).sendmail(*names, stdin=MESSAGE), 0)
        server.settle()
        self.assertEqual(len(server.connections), 1)
        self.assertEqual(server.connections[0].verbs().count("AUTH"), 1)

    def test_no_mail_without_the_login_that_was_asked_for(self):
        """dma went on without authentication when the login failed for now."""
        server = self.server(users=USERS)
        server.on("AUTH", "454 4.7.0 later")
        self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), 75)
        server.settle()
        self.assertNotIn("MAIL", server.connections[0].verbs())

    def test_a_dead_connection_ends(self):
        """nullmailer hung for a month."""
        for verb in ("greeting", "EHLO", "MAIL", "RCPT"):
            server = self.server()
            server.on(verb, STALL)
            box = self.sandbox(server, timeout="1s")
            self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 75, "127.0.0.1")

    def test_the_end_of_the_connection_is_never_a_success(self):
        """OpenSMTPD, in one path."""
        for offers in EACH:
            content = "BDAT" if "CHUNKING" in offers else "DATA"
            for verb in ("greeting", "EHLO", "MAIL", "RCPT", content, "."):
                with self.subTest(verb, offers=sorted(offers)):
                    server = self.server(offers=offers)
                    server.on(verb, CLOSE)
                    self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), 75)


class Sniffer:
    """Sits before a TLS server and counts the records that the client sends."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target = self.listener.getsockname()[1], port
        self.sent = bytearray()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=copy, args=(server, client), daemon=True).start()
        copy(client, server, self.sent)

    def records(self):
        self.thread.join(20)
        count = at = 0
        while at + 5 <= len(self.sent):
            at += 5 + int.from_bytes(self.sent[at + 3:at + 5], "big")
            count += 1
        return count

    def close(self):
        self.listener.close()


class TlsTest(PeerCase):
    def stopped(self, status, kind="good", **account):
        server = self.server(tls="starttls", kind=kind, users=USERS)
        done = self.sandbox(server, **account).sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, status)
        server.settle()
        for record in server.connections:
            self.assertNotIn("AUTH", record.verbs())
            self.assertNotIn("MAIL", record.verbs())

    def test_no_password_for_a_server_that_proves_nothing(self):
        """ssmtp, nullmailer, dma: self-signed was good enough."""
        self.stopped(76, kind="self-signed")

    def test_the_default_trust_is_checked(self):
        """CVE-2019-8337: msmtp's new default was not."""
        self.stopped(76, tls_trust=None)

    def test_starttls_never_falls_back_to_clear_text(self):
        """esmtp, `starttls = enabled`."""
        server = self.server(users=USERS)
        done = self.sandbox(server, tls="starttls").sendmail(*TO, stdin=MESSAGE)
        self.assertExit(done, 76)
        server.settle()
        self.assertEqual(set(server.connections[0].verbs()) - {"EHLO", "QUIT"}, set())

    def test_injected_replies_are_not_the_servers(self):
        """CVE-2011-0411, CVE-2020-14954."""
        server = self.server(tls="starttls", users=USERS)
        server.on("STARTTLS", b"220 go ahead\r\n250 AUTH PLAIN\r\n235 welcome\r\n")
        self.assertExit(self.sandbox(server).sendmail(*TO, stdin=MESSAGE), 76)
        self.assertEqual(server.messages, [])


class SecretTest(PeerCase):
    def test_traces_hold_no_credentials(self):
        """msmtp --debug, ssmtp, OpenSMTPD."""
        user, secret = next(iter(USERS.items()))
        hidden = [secret] + [base64.b64encode(text.encode()).decode().rstrip("=") for text in (
            secret, "\0%s\0%s" % (user, secret), user,
            "user=%s\1auth=Bearer %s\1\1" % (user, secret))]
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"):
            for reply in (None, "535 5.7.8 wrong password"):
                with self.subTest(mechanism, reply=reply):
                    server = self.server(users=USERS, mechanisms=[mechanism])
                    server.on("AUTH done", reply)
                    box = self.sandbox(server, auth=mechanism.lower())
                    done = box.sendmail("-v", *TO, stdin=MESSAGE)
                    self.assertIn("AUTH " + mechanism, done.stderr)
                    self.assertIn("***", done.stderr)
                    server.settle()
                    responses = [line.split(" ")[2] for line in server.connections[0].commands
                                 if line.startswith("AUTH ") and line.count(" ") == 2]
                    for text in hidden + responses:
                        self.assertNotIn(text, done.stderr + str(done.log))

    def test_the_password_command_counts_only_when_it_succeeds(self):
        """msmtp ignored its exit status."""
        server = self.server(users=USERS)
        box = self.sandbox(server, password=None,
                           password_command="echo s3cr3t-pa55word; exit 1")
        self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 77)
        self.assertEqual(server.messages, [])

    def test_the_password_command_does_not_eat_the_message(self):
        """msmtp let it read standard input: 213 kB went out as 4 kB."""
        text = HEADER + "line of the message\n" * 10_000
        came = self.send(text, "-i", *TO, users=USERS, account={
            "password": None, "password_command": "cat >/dev/null && echo s3cr3t-pa55word"})
        self.assertEqual(came.data.replace(b"\r\n", b"\n"), text.encode())

    def test_long_tokens(self):
        """Fixed buffers of 500 and 1,000 characters."""
        for size in (499, 500, 1022, 2048, 9000, 20_000):
            for mechanism in ("XOAUTH2", "OAUTHBEARER"):
                with self.subTest(size, mechanism=mechanism):
                    token = ("ya29.abcDEF" * 2000)[:size]
                    server = self.server(users={"me@example.org": token},
                                         mechanisms=[mechanism])
                    box = self.sandbox(server, auth=mechanism.lower(), password=None)
                    box.account(password_file=box.write("token", token + "\n"))
                    self.assertExit(box.sendmail(*TO, stdin=MESSAGE), 0)
