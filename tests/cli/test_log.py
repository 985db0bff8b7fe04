# SPDX-License-Identifier: ISC
"""The log line (sendmail(8), LOG): its fields, their order, what they tell."""

import os
import unittest

from case import MESSAGE, Case
from queued import QueueCase

FIELDS = ("id uid pid account host ip tls auth from msgid nrcpt to size status code dsn reply "
          "delay try exit").split()
LIMIT = 2048


class LogCase(Case):
    def send(self, box, *words, status=0, stdin=MESSAGE):
        """Runs sendmail; the lines that it left about the message, whole fields each."""
        done = box.sendmail(*words, stdin=stdin)
        self.assertEqual(done.status, status, str(done))
        lines = [line for line in done.log if "status" in line]
        for line in lines:
            self.assertEqual(list(line), FIELDS)
            self.assertEqual(line["exit"], str(status))
        return lines


class Reply(LogCase):
    def test_the_enhanced_code_is_the_server_s(self):
        server = self.server()
        server.on(".", "250 2.6.0 taken")
        line, = self.send(self.sandbox(server), "bob@example.net")
        self.assertEqual((line["code"], line["dsn"], line["reply"]),
                         ("250", "2.6.0", "2.6.0 taken"))

    def test_what_is_not_printable_is_escaped(self):
        server = self.server()
        server.on(".", b'250 2.0.0 \xff\x1b[1m \xc3\xbc "q" \\ \xe2\x80\xa8\r\n')
        box = self.sandbox(server)
        self.send(box, "bob@example.net")
        with open(box.logfile, "rb") as file:
            self.assertIn(b'reply="2.0.0 \\xFF\\x1B[1m \xc3\xbc \\"q\\" \\\\ \\xE2\\x80\\xA8" ', file.read())


class Route(LogCase):
    def test_a_server_that_turned_us_away_is_named(self):
        for verb, reply, status in (("greeting", "554 5.3.2 no", 69), ("EHLO", "421 4.3.2 no", 75)):
            with self.subTest(verb):
                server = self.server()
                server.on(verb, reply)
                line, = self.send(self.sandbox(server), "bob@example.net", status=status)
                self.assertEqual((line["host"], line["ip"]), ("127.0.0.1", "127.0.0.1"))

    def test_a_server_without_a_connection_has_no_address(self):
        box = self.sandbox(host="127.0.0.1", port=1, tls="off")
        line, = self.send(box, "bob@example.net", status=75)
        self.assertEqual((line["host"], line["ip"]), ("127.0.0.1", ""))

    def test_a_refused_login_mails_no_report(self):
        server = self.server(users={"me": "secret"})
        box = self.sandbox(server, password="wrong")
        self.send(box, "-oem", "bob@example.net", status=77)
        self.assertEqual(server.messages, [])


class Recipients(LogCase):
    def test_as_many_as_fit_into_the_line(self):
        server = self.server()
        box = self.sandbox(server)
        words = ["recipient%04d@long.example.net" % i for i in range(200)]
        line, = self.send(box, *words)
        named = line["to"].split(",")
        self.assertEqual((line["nrcpt"], named), ("200", words[:len(named)]))
        with open(box.logfile, encoding="utf-8") as file:
            length = len(file.readline().rstrip("\n"))
        self.assertLessEqual(length, LIMIT)
        self.assertGreater(length, LIMIT - 150)

    def test_the_line_is_whole_whatever_the_values(self):
        server = self.server()
        server.on(".", "250 2.0.0 " + '"' * 1000)
        box = self.sandbox(server)
        words = ['"%s%03d"@example.net' % ("\\\\" * 20, i) for i in range(50)]
        line, = self.send(box, "-f", "s" * 60 + "@" + "d" * 60 + ".example", *words,
                          stdin='Message-ID: <%s@x>\n\nx\n' % ('"' * 900))
        self.assertEqual(line["nrcpt"], "50")
        with open(box.logfile, encoding="utf-8") as file:
            self.assertLessEqual(len(file.readline().rstrip("\n")), LIMIT)


class Refused(LogCase):
    """What was refused before it had recipients, or a sender, was handed in all the same."""

    def test_a_malformed_recipient(self):
        for words in (("-t",), ("a@@b",)):
            with self.subTest(words):
                line, = self.send(self.sandbox(self.server()), *words, status=65,
                                  stdin="To: a@@b\n\nhello\n")
                self.assertEqual((line["nrcpt"], line["to"], line["status"]), ("0", "", "failed"))
                self.assertIn("a@@b", line["reply"])

    def test_no_recipients(self):
        line, = self.send(self.sandbox(self.server()), "-t", status=64, stdin="Subject: x\n\nx\n")
        self.assertEqual((line["nrcpt"], line["from"]), ("0", ""))

    def test_only_a_null_sender_is_one(self):
        box = self.sandbox(self.server())
        unknown, = self.send(box, "-a", "nowhere", "bob@example.net", status=78)
        null, = self.send(box, "-a", "nowhere", "-f", "", "bob@example.net", status=78)
        self.assertEqual((unknown["from"], null["from"]), ("", "<>"))
        self.assertEqual(unknown["size"], str(len(MESSAGE.replace("\n", "\r\n"))))


class Held(QueueCase):
    def test_a_message_that_is_held(self):
        box = self.queue_box()
        name = self.keep(box)
        with open(os.path.join(box.queue, name + ".msg"), "r+b") as file:
            file.write(b"B")
        done = box.sendmail("-q")
        held, = [line for line in done.log if line.get("status") == "held"]
        self.assertEqual(list(held), FIELDS)
        self.assertEqual([held[key] for key in ("id", "account", "from", "nrcpt", "to", "exit")],
                         [name, "work", "alice@example.org", "1", "bob@example.net", "0"])


if __name__ == "__main__":
    unittest.main()
