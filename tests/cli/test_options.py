# SPDX-License-Identifier: ISC
"""The command line of sendmail: what is taken, what is refused and how, and who is read to the end."""

import os
import pty
import subprocess

from case import MESSAGE, Case


class OptionsTest(Case):
    def send(self, *words, stdin=MESSAGE, server=None, **options):
        self.smtp = server or self.server()
        self.box = self.sandbox(self.smtp)
        return self.box.sendmail(*words, stdin=stdin, **options)

    def refuse(self, status, text, *words, **options):
        done = self.send(*words, **options)
        self.assertExit(done, status, text)
        self.assertEqual(self.smtp.connections, [])
        return done

    def test_what_callers_say(self):
        """The ways in which programs call sendmail, each with the envelope that must come of it."""
        calls = [
            (["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "ann@example.net,ben"], None,
             ["ann@example.net", "ben@example.org"]),
            (["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"], "root@example.org", ["bob@example.net"]),
            (["-FAnacron", "-odi", "root"], None, ["root@example.org"]),
            (["-ti"], None, ["bob@example.net"]),
            (["-t"], None, ["bob@example.net"]),
            (["-it", "-vn"], None, ["bob@example.net"]),
            (["-f", "fail2ban", "root"], "fail2ban@example.org", ["root@example.org"]),
            (["ann@example.net"], None, ["ann@example.net"]),
            (["-oem", "-oi", "-B8BITMIME", "-f", "me@example.org", "-N", "failure,delay", "-R", "hdrs", "--",
              "ann@example.net", "ben@example.net"], "me@example.org", ["ann@example.net", "ben@example.net"]),
            (["-i", "-F", "Me", "-f", "me@example.org", "--", "ann@example.net"], "me@example.org", ["ann@example.net"]),
            (["-i", "-t", "-f", "me@example.org", "-m"], "me@example.org", ["bob@example.net"]),
            (["-oi", "-f", "me@example.org", "-oem", "-odb", "-t"], "me@example.org", ["bob@example.net"]),
            (["-oi", "-f", "me@example.org", "Carol C <carol@example.com>, dave@example.net"], "me@example.org",
             ["carol@example.com", "dave@example.net"]),
            (["-oi", "-oep", "-odi", "-t"], None, ["bob@example.net"]),
            (["-bm", "-oi", "ann@example.net"], None, ["ann@example.net"]),
            (["-t", "-i", "-fone@example.org", "-rtwo@example.org", "-oi"], "two@example.org", ["bob@example.net"]),
            (["-t", "-i", "-FWeb Server", "-ODeliveryMode=b"], None, ["bob@example.net"]),
            (["-i", "-f", "", "--", "ann@example.net"], "", ["ann@example.net"]),
            (["-i", "-f", "<>", "--", "ann@example.net"], "", ["ann@example.net"]),
            (["-i", "-f", "Me <me@example.org>", "ann@example.net"], "me@example.org", ["ann@example.net"]),
            (["-i", "-f", "-x@example.org", "--", "-y@example.net"], "-x@example.org", ["-y@example.net"]),
            (["-i", "-t", "-f", "me@example.org", "ann@example.net", "BOB@EXAMPLE.net", "bob@EXAMPLE.net"],
             "me@example.org", ["ann@example.net", "BOB@EXAMPLE.net", "bob@EXAMPLE.net"]),
            (["-oi", "-odi", "-oem", "-N", "success,delay,failure", "-V0000042", "-f", "", "--", "ann@example.net"], "",
             ["ann@example.net"]),
            (["-oi", "fwd@example.net,", "ben@example.net"], None, ["fwd@example.net", "ben@example.net"]),
            (["-oee", "-odq", "-fnews@example.org", "-pNNTP:host", "group@example.net"], "news@example.org",
             ["group@example.net"]),
            (["-h", "3", "-G", "-U", "-Ac", "-X", "/nonexistent/log", "-D", "/nonexistent/debug", "-d0.1", "-M", "id", "-s",
              "-c", "-x", "-O", "QueueDirectory=/tmp", "-oZ", "ann@example.net"], None, ["ann@example.net"]),
        ]
        for words, sender, recipients in calls:
            with self.subTest(words=words):
                done = self.send(*words)
                self.assertEqual(done.status, 0, str(done))
                self.assertEqual(done.stdout, b"")
                if "-v" not in words and "-vn" not in words:
                    self.assertEqual(done.stderr, "", str(done))
                message, = self.smtp.take()
                self.assertEqual(message.to, recipients)
                if sender is not None:
                    self.assertEqual(message.sender, sender)

    def test_dsn_is_passed_on(self):
        done = self.send("-N", "success,failure", "-R", "hdrs", "-V", "a+b=c", "ann@example.net")
        self.assertExit(done, 0)
        message, = self.smtp.take()
        self.assertEqual((message.parameters.get("RET"), message.parameters.get("ENVID")), ("HDRS", "a+2Bb+3Dc"))
        self.assertEqual(message.recipients[0][1].get("NOTIFY"), "SUCCESS,FAILURE")

    def test_dsn_is_dropped_where_the_server_lacks_it(self):
        done = self.send("-N", "success", "-R", "full", "-V", "x", "ann@example.net",
                         server=self.server(offers={"PIPELINING", "8BITMIME"}))
        self.assertExit(done, 0)
        self.assertEqual(self.smtp.take()[0].parameters, {})

    def test_unknown_options_are_named(self):
        for words, name in ((["-Z", "ann@example.net"], "-Z"), (["-tZ"], "-Z"), (["--frobnicate", "x"], "--frobnicate"),
                            (["--dry-run", "-t"], "--dry-run"), (["-t", "-f"], "-f"), (["-Bweird", "-t"], "-B"),
                            (["-N", "maybe", "-t"], "-N"), (["-R", "some", "-t"], "-R"), (["-V", "", "-t"], "-V"),
                            (["-odx", "-t"], "x")):
            with self.subTest(words=words):
                self.refuse(64, name, *words)

    def test_refused_modes_say_what_to_use(self):
        for mode in ("-bd", "-bD", "-bt", "-bh", "-bH", "-bP", "-bz"):
            with self.subTest(mode=mode):
                done = self.refuse(64, mode, mode, "-q15m", stdin=subprocess.DEVNULL)
                self.assertRegex(done.stderr, r"(?m)^hint: use ")

    def test_line_breaks_are_malformed_anywhere(self):
        for words in (["ann@example.net\nben@example.net"], ["-f", "me@example.org\r", "ann@example.net"],
                      ["-F", "Me\nBcc: x@example.net", "ann@example.net"], ["-L", "tag\n", "-t"], ["-X", "a\rb", "-t"]):
            with self.subTest(words=words):
                self.refuse(65, "line break", *words)

    def test_the_tag_cannot_write_to_a_terminal_or_another_line(self):
        for tag, shown in (("a\x1b]0;x\x07b" + "c" * 100, rb"a\?\?0;x\?bc+"),
                           ("me[1]: id= uid=0 from=\"x\"", rb"me\?1\?\?\?id\?\?uid\?0\?from\?\?x\?")):
            self.assertExit(self.send("-L", tag, "ann@example.net"), 0)
            with open(self.box.logfile, "rb") as file:
                self.assertRegex(file.readlines()[-1], rb"^[^ ]+ " + shown + rb"\[\d+\]: id= [ -~]+\n$")

    def test_no_recipients(self):
        self.refuse(64, "no recipients")
        self.refuse(64, "no recipients", "-t", stdin="Subject: nobody\n\nx\n")

    def test_nobody_types_a_message_in_vain(self):
        for words, status, text in (([], 64, None), (["-Z"], 64, None), (["a@b@c"], 65, None),
                                    (["-a", "nobody", "ann@example.net"], 78, None),
                                    (["ann@example.net"], 78, "[sendoff]\nqueue = no\n")):
            with self.subTest(words=words):
                box = self.sandbox(self.server())
                box.text = text
                master, terminal = pty.openpty()
                self.addCleanup(os.close, master)
                with os.fdopen(terminal) as keyboard:
                    done = box.sendmail(*words, stdin=keyboard, timeout=30)
                self.assertExit(done, status)

    def test_empty_recipients_are_malformed(self):
        for word in ("", "<>"):
            with self.subTest(word=word):
                self.refuse(65, "recipient", word)

    def test_input_is_read_to_its_end_before_an_error(self):
        """A writer with more than a pipe holds must not die of SIGPIPE."""
        for words in (["-Z"], ["a@b@c"], [], ["-a", "nobody", "ann@example.net"], ["-C", "/nonexistent", "ann@example.net"]):
            with self.subTest(words=words):
                box = self.sandbox(self.server())
                child = box.start("sendmail", *words, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
                child.stdin.write(b"Subject: large\n\n" + b"x" * 70 + b"\n" * 300000)
                child.stdin.close()
                child.stdin = None
                self.assertNotEqual(box.finish(child).status, 0)

    def test_input_that_does_not_block_is_read_to_its_end(self):
        for words, status in ((["-Z"], 64), (["ann@example.net"], 0)):
            with self.subTest(words=words):
                box = self.sandbox(self.server())
                reader, writer = os.pipe()
                os.set_blocking(reader, False)
                child = box.start("sendmail", *words, stdin=reader, stderr=subprocess.PIPE)
                os.close(reader)
                with open(writer, "wb") as file:  # EPIPE, if nobody reads any more
                    file.write(b"Subject: large\n\n" + b"x" * 70 + b"\n" * 300000)
                self.assertEqual(box.finish(child).status, status)

    def test_modes_that_read_nothing(self):
        """They end although their standard input stays open."""
        for words, status in ((["-bp"], 0), (["-bi"], 0), (["-bv", "ann@example.net"], 0), (["--help"], 0),
                              (["--version"], 0), (["-bt"], 64), (["-q", "ann@example.net"], 64), (["-bv", "-t"], 64)):
            with self.subTest(words=words):
                box = self.sandbox(self.server())
                reader, writer = os.pipe()
                done = box.sendmail(*words, stdin=reader, timeout=20)
                os.close(reader)
                os.close(writer)
                self.assertEqual(done.status, status, str(done))

    def test_personalities(self):
        box = self.sandbox(self.server())
        self.assertEqual(box.run("mailq").stdout.decode().strip(), "Mail queue is empty")
        self.assertRegex(box.run("newaliases").stdout.decode(), r"^\S+/aliases: 0 aliases\n$")
        self.assertExit(box.run("mailq", "ann@example.net"), 64, "ann@example.net")

    def test_without_a_configuration(self):
        box = self.sandbox()
        box.text = ""
        self.assertExit(box.sendmail("ann@example.net", stdin=MESSAGE), 78, "account")
        self.assertEqual(box.run("newaliases", env={"SENDOFF_CONFIG": "/nonexistent"}).status, 0)

    def test_dots(self):
        text = "Subject: x\n\na\n..b\n.c\n.\nlost\n"
        for words, body in ((["ann@example.net"], b"a\r\n.b\r\n.c\r\n"),
                            (["-i", "ann@example.net"], b"a\r\n..b\r\n.c\r\n.\r\nlost\r\n"),
                            (["-oi", "ann@example.net"], b"a\r\n..b\r\n.c\r\n.\r\nlost\r\n"),
                            (["-oi", "-oif", "ann@example.net"], b"a\r\n.b\r\n.c\r\n"),
                            (["-O", "IgnoreDots=true", "ann@example.net"], b"a\r\n..b\r\n.c\r\n.\r\nlost\r\n")):
            with self.subTest(words=words):
                self.assertExit(self.send(*words, stdin=text), 0)
                self.assertEqual(self.smtp.take()[0].data.partition(b"\r\n\r\n")[2], body)

    def test_verbose_shows_the_dialogue_without_secrets(self):
        done = self.send("-v", "ann@example.net", server=self.server(users={"me@example.org": "hunter2secret"}))
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(done.stdout, b"")
        self.assertIn("> EHLO client.example", done.stderr)
        self.assertNotIn("hunter2secret", done.stderr)

    def test_errors_that_are_not_to_be_printed(self):
        box = self.sandbox(self.server())
        done = box.sendmail("-oeq", "-t", stdin="Subject: nobody\n\nx\n")
        self.assertEqual((done.status, done.stderr), (64, ""))


class ErrorModesTest(Case):
    def refused(self, *words, recipients=("ann@example.net",)):
        server = self.server()
        server.on("RCPT", "550 5.1.1 nobody here", match="carol@")
        box = self.sandbox(server)
        done = box.sendmail("-f", "me@example.org", *words, *recipients, stdin=MESSAGE)
        return server, done

    def test_print(self):
        server, done = self.refused("-oep", recipients=("ann@example.net", "carol@example.net"))
        self.assertExit(done, 67, "nobody here", "send again only to carol@example.net")
        self.assertEqual([m.to for m in server.take()], [["ann@example.net"]])

    def test_mail_a_report_where_others_were_served(self):
        for mode in ("-oem", "-oew", "-em", "-oee"):
            with self.subTest(mode=mode):
                server, done = self.refused(mode, recipients=("ann@example.net", "carol@example.net"))
                self.assertEqual(done.status, 0, str(done))
                message, report = server.take(2)
                self.assertEqual((message.to, report.to, report.sender), (["ann@example.net"], ["me@example.org"], ""))

    def test_mail_a_report_where_nobody_was_served(self):
        for mode, status in (("-oem", 67), ("-oee", 0)):
            with self.subTest(mode=mode):
                server, done = self.refused(mode, recipients=("carol@example.net",))
                self.assertEqual(done.status, status, str(done))
                self.assertEqual([m.to for m in server.take()], [["me@example.org"]])

    def test_a_report_goes_with_another_sender_only_where_the_null_sender_is_refused(self):
        for step, match, senders in (("MAIL", "<>", ["", "me@example.org"]), (".", "^$", [""])):
            with self.subTest(step):
                server = self.server()
                server.on("RCPT", "550 5.1.1 nobody here", match="carol@")
                server.on(step, "554 5.7.1 not from nobody", match=match)
                box = self.sandbox(server, **{"from": "me@example.org"})
                box.sendmail("-oem", "carol@example.net", stdin=MESSAGE)
                said = [line for c in server.connections for line in c.commands if line.startswith("MAIL")]
                self.assertEqual([line.split("<")[1].split(">")[0] for line in said], ["me@example.org", *senders])

    def test_no_report_where_the_server_was_not_reached(self):
        box = self.sandbox(None, host="127.0.0.1", port=1, tls="off")
        self.assertExit(box.sendmail("-oee", "ann@example.net", stdin=MESSAGE), 75, "127.0.0.1:1")

    def test_quiet(self):
        server, done = self.refused("-oeq", recipients=("carol@example.net",))
        self.assertEqual((done.status, done.stderr), (67, ""))
        self.assertEqual(server.messages, [])
