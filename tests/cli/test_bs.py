# SPDX-License-Identifier: ISC
"""`sendmail -bs`: the real program as an SMTP server, with real clients' ways of talking to it."""

import os
import signal
import smtplib
import socket
import subprocess

from case import Case

SESSION = ("EHLO client\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.net>\r\n"
           "RCPT TO:<ben@example.net>\r\nDATA\r\n%s\r\n.\r\nQUIT\r\n")
MESSAGE = ("From: me@example.org\r\nTo: ann@example.net\r\nSubject: hello\r\n"
           "Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n"
           "first\r\n\r\n..dot\r\nlast")


def codes(done):
    return [line[:4] for line in done.stdout.decode().splitlines()]


def last_replies(done, count=2):
    return done.stdout.decode().splitlines()[-count:]


class Client:
    """Talks to the program line by line, as Symfony does: each reply is waited for."""

    def __init__(self, box, *words, **options):
        self.child = box.start("sendmail", "-bs", *words, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.box = box

    def read(self):
        lines = []
        while not lines or lines[-1][3:4] == "-":
            lines.append(self.child.stdout.readline().decode())
        return lines

    def say(self, line):
        self.child.stdin.write(line.encode() + b"\r\n")
        self.child.stdin.flush()
        return self.read()[-1]

    def finish(self):
        return self.box.finish(self.child)


class BsTest(Case):
    def box(self, server=None, **options):
        self.smtp = server or self.server(**options)
        return self.sandbox(self.smtp)

    def play(self, text, *words, box=None, **options):
        box = box or self.box()
        return box.sendmail("-bs", *words, stdin=text, **options)

    def test_a_message_goes_through(self):
        done = self.play(SESSION % MESSAGE)
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))
        self.assertEqual(codes(done), ["220 ", "250-", "250-", "250-", "250-", "250-", "250-", "250 ",
                                       "250 ", "250 ", "250 ", "354 ", "250 ", "221 "])
        self.assertRegex(last_replies(done)[0], r"^250 Ok: queued as [!-~]+$")
        message, = self.smtp.take()
        self.assertEqual(message.sender, "me@example.org")
        self.assertEqual(message.to, ["ann@example.net", "ben@example.net"])
        self.assertEqual(message.data.decode(), MESSAGE.replace("..dot", ".dot") + "\r\n")

    def test_every_reply_is_flushed_and_has_text(self):
        box = self.box()
        client = Client(box)
        self.assertEqual(client.read()[0], "220 client.example ESMTP sendoff\r\n")
        for line, code in (("HELO [127.0.0.1]", "250 "), ("MAIL FROM:<me@example.org>", "250 "),
                           ("RCPT TO:<ann@example.net>", "250 "), ("DATA", "354 "),
                           (MESSAGE + "\r\n.", "250 Ok: queued as "), ("NOOP", "250 "),
                           ("MAIL FROM:<>", "250 "), ("RCPT TO:<ann@example.net>", "250 "),
                           ("RSET", "250 "), ("EXPN list", "502 "), ("VRFY ann", "252 "),
                           ("HELP", "214 "), ("QUIT", "221 ")):
            reply = client.say(line)
            self.assertEqual(reply[:len(code)], code)
            self.assertRegex(reply, r"^\d{3} .+\r\n$")
        done = client.finish()
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertEqual(len(self.smtp.take()), 1)

    def test_nothing_is_asked_of_the_server_before_the_final_dot(self):
        done = self.play("EHLO x\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.net>\r\nRSET\r\nQUIT\r\n")
        self.assertEqual(done.status, 0)
        self.assertEqual(self.smtp.connections, [])

    def test_python_smtplib_over_a_socket_pair(self):
        box = self.box()
        ours, theirs = socket.socketpair()
        child = box.start("sendmail", "-bs", stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
        theirs.close()
        client = smtplib.SMTP()
        client.sock = ours
        client.file = None
        self.assertEqual(client.getreply()[0], 220)
        client.sendmail("me@example.org", ["ann@example.net"], MESSAGE.encode(),
                        mail_options=["BODY=8BITMIME"], rcpt_options=["NOTIFY=FAILURE"])
        client.quit()
        self.assertEqual(box.finish(child).status, 0)
        message, = self.smtp.take()
        self.assertEqual(message.recipients[0][1].get("NOTIFY"), "FAILURE")

    def test_the_original_recipient_is_passed_on(self):
        server = self.server()
        lines = ["EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net> ORCPT=rfc822;o+2Brig@example.org",
                 "RCPT TO:<c@example.net> ORCPT=nonsense", "RCPT TO:<d@example.net> ORCPT=rfc822;a+ZZ", "DATA", "x", ".", "QUIT"]
        done = self.sandbox(server).sendmail("-bs", stdin="".join(line + "\r\n" for line in lines))
        self.assertEqual(done.stdout.count(b"501 5.5.4 bad parameter 'ORCPT="), 2, str(done))
        message, = server.take()
        self.assertEqual([(to, words.get("ORCPT")) for to, words in message.recipients],
                         [("b@example.net", "rfc822;o+2Brig@example.org")])

    def test_several_messages_a_session(self):
        one = ("MAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\nSubject: %d\r\n\r\nx\r\n.\r\n")
        done = self.play("HELO x\r\n" + "".join(one % i for i in range(5)) + "QUIT\r\n")
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(done.stdout.count(b"250 Ok: queued as "), 5)
        self.assertEqual([b"Subject: %d\r\n" % i in m.data for i, m in enumerate(self.smtp.take(5))], [True] * 5)

    def test_lines_in_lf(self):
        done = self.play((SESSION % MESSAGE).replace("\r\n", "\n"))
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(self.smtp.take()[0].data.decode(), MESSAGE.replace("..dot", ".dot") + "\r\n")

    def test_nothing_is_smuggled_in_behind_a_bare_lf(self):
        inner = "a\n.\nMAIL FROM:<evil@example.org>\r\nb\n.\r\nRCPT TO:<victim@example.net>\r\nc\r\n.\nQUIT"
        done = self.play(SESSION % ("Subject: s\r\n\r\n" + inner))
        self.assertEqual(done.status, 0, str(done))
        message, = self.smtp.take()
        self.assertEqual(message.sender, "me@example.org")
        self.assertIn(b"MAIL FROM:<evil@example.org>\r\n", message.data)
        self.assertEqual(len(self.smtp.messages), 0)

    def test_the_servers_words_reach_the_client(self):
        for verb, reply, want in ((".", "554 5.6.1 not this", "554 5.6.1 "), (".", "451 4.7.1 later", "451 4.7.1 "),
                                  ("MAIL", "550 5.7.1 not you", "550 5.7.1 "), ("RCPT", "550 5.1.1 nobody", "550 5.1.1 ")):
            with self.subTest(verb=verb, reply=reply):
                box = self.box()
                self.smtp.on(verb, reply)
                done = self.play(SESSION % MESSAGE, box=box)
                answer = last_replies(done)[0]
                self.assertEqual((answer[:10], done.status, done.stderr), (want, 0, ""), str(done))
                self.assertIn(reply[10:], answer)

    def test_one_refused_of_two_is_reported_by_mail(self):
        box = self.box()
        self.smtp.on("RCPT", "550 5.1.1 nobody", match="ben@")
        done = self.play(SESSION % MESSAGE, box=box)
        self.assertRegex(last_replies(done)[0], "^250 Ok: queued as ")
        message, report = self.smtp.take(2)
        self.assertEqual((message.to, report.sender, report.to), (["ann@example.net"], "", ["me@example.org"]))
        self.assertIn(b"ben@example.net", report.data)

    def test_one_refused_of_two_where_no_report_can_be_made(self):
        box = self.box()
        self.smtp.on("RCPT", "550 5.1.1 nobody", match="ben@")
        done = self.play((SESSION % MESSAGE).replace("FROM:<me@example.org>", "FROM:<>"), box=box)
        answer = last_replies(done)[0]
        self.assertEqual(answer[:10], "550 5.1.1 ")
        self.assertIn("ann@example.net", answer)
        self.assertNotIn("ben@example.net)", answer)
        self.assertEqual(len(self.smtp.take()), 1)

    def test_all_refused_makes_no_report(self):
        box = self.box()
        self.smtp.on("RCPT", "550 5.1.1 nobody")
        done = self.play(SESSION % MESSAGE, "-oem", box=box)
        self.assertEqual(last_replies(done)[0][:10], "550 5.1.1 ")
        self.assertEqual(self.smtp.messages, [])

    def test_early_end_of_input_drops_the_message(self):
        for cut in ("\r\nQUIT\r\n", ".\r\nQUIT\r\n", "\r\n.\r\nQUIT\r\n"):
            with self.subTest(cut=cut):
                done = self.play((SESSION % MESSAGE)[:-len(cut)])
                self.assertEqual((done.status, done.stderr), (65, ""), str(done))
                self.assertEqual(self.smtp.connections, [])

    def test_exit_status(self):
        for text, status in (("", 0), ("QUIT\r\n", 0), ("HELO x\r\n", 0), ("To: a@example.org\n\nhello\n", 64),
                             ("nonsense\r\n" + SESSION % MESSAGE, 0)):
            with self.subTest(text=text):
                done = self.play(text)
                self.assertEqual((done.status, done.stderr), (status, ""), str(done))

    def test_a_client_that_vanishes(self):
        box = self.box()
        client = Client(box)
        client.read()
        for line in ("HELO x", "MAIL FROM:<me@example.org>", "RCPT TO:<ann@example.net>", "DATA"):
            client.say(line)
        client.child.stdin.write(b"Subject: half")
        client.child.stdin.flush()
        client.child.stdin.close()
        client.child.stdout.close()
        client.child.stdin = client.child.stdout = None
        self.assertEqual(box.finish(client.child).status, 65)
        self.assertEqual(self.smtp.connections, [])

    def test_replies_that_nobody_reads(self):
        box = self.box()
        reader, writer = os.pipe()
        os.close(reader)
        child = box.start("sendmail", "-bs", stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        done = box.finish(child, b"HELO x\r\n")
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))

    def test_a_signal_ends_the_session(self):
        for what in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(signal=what.name):
                client = Client(self.box())
                client.read()
                client.say("MAIL FROM:<me@example.org>")
                client.child.send_signal(what)
                self.assertEqual(client.child.stdout.readline()[:4], b"421 ")
                done = client.finish()
                self.assertNotEqual(done.status, 0)
                self.assertEqual(self.smtp.connections, [])

    def test_a_large_message(self):
        body = "".join("line %d of many\r\n" % i for i in range(100000))
        done = self.play(SESSION % ("Subject: large\r\n\r\n" + body))
        self.assertEqual(done.status, 0, str(done)[:2000])
        self.assertIn(body.encode(), self.smtp.take()[0].data)

    def test_limits(self):
        done = self.play("HELO x\r\nNOOP %s\r\nQUIT\r\n" % ("x" * 4100))
        self.assertEqual(codes(done), ["220 ", "250 ", "500 ", "221 "])
        box = self.box()
        box.set(max_message_size="1K")
        done = self.play(SESSION % ("Subject: x\r\n\r\n" + "x" * 70 * 20), box=box)
        self.assertEqual(last_replies(done)[0][:10], "552 5.3.4 ")
        self.assertIn(b"250-SIZE 1024\r\n", done.stdout)

    def test_local_names_are_completed_and_aliases_heeded(self):
        box = self.box()
        box.set(aliases=box.write("aliases", "team: ann@example.net, ben@example.net\nbad: |/bin/true\n"))
        done = self.play("HELO x\r\nMAIL FROM:<me>\r\nRCPT TO:<team>\r\nRCPT TO:<bad>\r\nRCPT TO:<carol>\r\n"
                         "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n", box=box)
        self.assertEqual(codes(done), ["220 ", "250 ", "250 ", "250 ", "553 ", "250 ", "354 ", "250 ", "221 "],
                         str(done))
        message, = self.smtp.take()
        self.assertEqual((message.sender, message.to),
                         ("me@example.org", ["ann@example.net", "ben@example.net", "carol@example.org"]))

    def test_a_broken_configuration_is_said_in_smtp(self):
        box = self.box()
        box.text = "[work]\nhots = x\n"
        done = self.play("HELO x\r\n", box=box)
        self.assertEqual((done.status, done.stderr), (78, ""), str(done))
        self.assertRegex(done.stdout.decode(), r"^[45]\d\d .*hots.*\r\n$")

    def test_a_long_failure_fits_a_reply(self):
        done = self.sandbox().sendmail("-bs", "-C", "/" + "x" * 900)
        self.assertEqual(done.status, 78)
        self.assertRegex(done.stdout, rb"^554 5\.3\.5 /x+\r\n$")
        self.assertEqual(len(done.stdout), 512)

    def test_a_network_socket_is_refused(self):
        box = self.box()
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with self.subTest(address=address), socket.socket(family) as listener:
                listener.bind((address, 0))
                listener.listen(1)
                with socket.create_connection(listener.getsockname()[:2]) as client:
                    sock, _ = listener.accept()
                    child = box.start("sendmail", "-bs", stdin=sock, stdout=sock, stderr=subprocess.PIPE)
                    sock.close()
                    self.assertEqual(box.finish(child).status, 77)
                    self.assertEqual(client.recv(1000)[:4], b"554 ")

    def test_long_words_of_the_server_leave_room_for_who_has_the_message(self):
        server = self.server()
        server.on("RCPT", "450 4.2.0 " + "later " * 200, match="ben@")
        done = self.play(SESSION % MESSAGE, box=self.box(server))
        reply = last_replies(done)[0]
        self.assertRegex(reply, r"^450 4\.2\.0 .*later.* \(only these have the message: ann@example\.net\)$")
        self.assertLessEqual(len(reply), 510)

    def test_the_peer_of_a_unix_socket_is_the_caller(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to connect as another user")
        box = self.box()
        path = box.file("socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            os.chmod(path, 0o666)
            listener.listen(1)
            script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n" \
                     "s.sendall(sys.argv[2].encode())\nwhile s.recv(1000): pass\n"
            client = subprocess.Popen(["python3", "-c", script, path, SESSION % MESSAGE], user=65534, group=65534,
                                      extra_groups=[])
            sock, _ = listener.accept()
            child = box.start("sendmail", "-bs", stdin=sock, stdout=sock, stderr=subprocess.PIPE)
            sock.close()
            done = box.finish(child)
            client.wait()
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(done.log[-1]["uid"], "65534", str(done))
