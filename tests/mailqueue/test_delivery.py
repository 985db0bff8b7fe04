# SPDX-License-Identifier: ISC
"""Kept offline, delivered online: once each, byte for byte, over one connection."""

import os
import subprocess
import time
import unittest

from queued import QueueCase, message
from smtpd import ALL_OFFERS, CLOSE, STALL

COUNT = 200


class Online(QueueCase):
    def deliver_all(self, offers):
        box = self.queue_box()
        for i in range(COUNT):
            self.keep_quickly(box, str(i))
        self.assertEqual(len(self.files(box)), COUNT)
        listing = box.run("mailq")
        self.assertIn(b"-- 200 messages, ", listing.stdout)
        self.assertEqual(listing.stdout.count(b"bob@example.net"), COUNT)
        server = self.server(offers=offers)
        self.online(box, server)
        started = time.monotonic()
        self.run_all(box)
        took = time.monotonic() - started
        self.assertEqual(len(server.connections), 1)
        words = sorted(m.data.split(b"body ")[1] for m in server.messages)
        self.assertEqual(words, sorted(b"%d\r\n" % i for i in range(COUNT)))
        for m in server.messages:
            word = m.data.split(b"body ")[1].decode().strip()
            self.assertEqual(m.data, message(word).replace("\n", "\r\n").encode())
        self.assertEqual(self.files(box), [])
        self.assertEqual(box.run("mailq").stdout, b"Mail queue is empty\n")
        self.assertEqual([line["status"] for line in box.log() if line.get("try") == "1"].count("sent"), COUNT)
        print("%d messages, 1 connection, %.0f a second" % (COUNT, COUNT / took))

    def keep_quickly(self, box, word):
        self.assertExit(box.sendmail("-odq", "-f", "alice@example.org", "bob@example.net",
                                     stdin=message(word)), 0)

    def test_pipelined_and_chunked(self):
        self.deliver_all(ALL_OFFERS)

    def test_one_by_one(self):
        self.deliver_all({"8BITMIME"})


class Log(QueueCase):
    def test_a_run_by_command_logs_where_log_says(self):
        box = self.queue_box(self.server())
        self.keep(box)
        self.assertExit(box.sendoff("queue", "run"), 0)
        self.assertEqual([line.get("status") for line in box.log()], ["queued", "sent"])


class Offline(QueueCase):
    def test_what_cannot_be_sent_waits_with_its_reason(self):
        box = self.queue_box()
        done = box.sendmail("-f", "alice@example.org", "bob@example.net", stdin=message("one"))
        self.assertExit(done, 0)
        entry, = self.listed(box)
        self.assertEqual(entry["attempts"], 1)
        self.assertEqual(entry["recipients"], ["bob@example.net"])
        self.assertEqual(entry["sender"], "alice@example.org")
        self.assertEqual(entry["account"], "work")
        self.assertFalse(entry["held"])
        self.assertGreaterEqual(entry["next_try"], entry["queued_at"] + 300)
        self.assertIn("refused", entry["last_error"])
        self.assertEqual(done.log[-1]["status"], "queued")

    def test_one_attempt_on_the_account_is_charged_to_one_message(self):
        box = self.queue_box()
        for word in "abc":
            self.keep(box, word)
        self.run_all(box)
        entries = self.listed(box)
        self.assertEqual([e["attempts"] for e in entries], [1, 0, 0])
        line, = [line for line in box.log() if "refused" in line.get("reply", "")]
        self.assertEqual((line["id"], line["status"], line["try"]), (entries[0]["id"], "queued", "1"))

    def test_a_run_takes_only_what_is_due(self):
        server = self.server()
        box = self.queue_box()
        self.assertExit(box.sendmail("-f", "a@example.org", "b@example.net", stdin=message("tried")), 0)
        self.keep(box, "new")
        self.online(box, server)
        self.assertExit(box.sendoff("queue", "run"), 0)
        self.assertIn(b"body new", server.messages[0].data)
        self.assertEqual(len(self.listed(box)), 1)
        self.assertExit(box.sendoff("queue", "run", "--all"), 0)
        self.assertEqual(len(server.messages), 2)

    def test_the_message_id_stays(self):
        box = self.queue_box()
        self.assertExit(box.sendmail("-f", "a@example.org", "b@example.net", stdin="Subject: x\n\nx\n"), 0)
        first = box.log()[-1]["msgid"]
        self.assertIn("@example.org", first)
        server = self.server()
        self.online(box, server)
        self.run_all(box)
        self.assertIn(("Message-ID: %s\r\n" % first).encode(), server.messages[0].data)
        self.assertEqual(box.log()[-1]["msgid"], first)

    def test_a_folded_message_id_is_logged_as_any(self):
        server = self.server()
        box = self.queue_box(server)
        text = message("x").replace("Message-ID: ", "Message-ID:\n ")
        for options in ((), ("-odq",)):
            self.assertExit(box.sendmail(*options, "b@example.net", stdin=text), 0)
            self.run_all(box)
            self.assertEqual(box.log()[-1]["msgid"], "<x@example.org>")


class Modes(QueueCase):
    def test_queue_only(self):
        server = self.server()
        for mode in ("-odq", "-odd"):
            with self.subTest(mode):
                box = self.queue_box(server)
                self.keep(box, options=(mode,))
                self.assertEqual(server.connections, [])

    def test_delivery_queue(self):
        server = self.server()
        box = self.queue_box(server, delivery="queue")
        self.assertExit(box.sendmail("b@example.net", stdin=message("x")), 0)
        self.assertEqual(len(self.listed(box)), 1)
        self.assertEqual(server.connections, [])

    def test_background_returns_while_the_server_stalls(self):
        server = self.server(lenient=True)
        server.on("greeting", STALL, times=1)
        box = self.queue_box(server)
        box.account(timeout="1s")
        read, write = os.pipe()
        child = box.start("sendmail", "-odb", "-f", "a@example.org", "b@example.net", stdin=subprocess.PIPE,
                          stdout=write, stderr=write)
        os.close(write)
        child.stdin.write(message("x").encode())
        child.stdin.close()
        # The end of the output comes only when no child holds it any more.
        self.assertEqual(os.read(read, 100), b"")
        os.close(read)
        self.assertEqual(child.wait(20), 0)
        self.assertEqual(server.messages, [])
        self.assertEqual(len(self.listed(box)), 1)

    def test_background_delivers(self):
        server = self.server()
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odb", "-f", "a@example.org", "b@example.net", stdin=message("x")), 0)
        m, = server.take()
        self.assertEqual(m.to, ["b@example.net"])

    def test_a_refusal_in_the_background_becomes_a_bounce(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 nobody", match="gone@")
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odb", "-f", "alice@example.org", "gone@example.net",
                                     stdin=message("x")), 0)
        for _ in range(400):
            entries = self.listed(box)
            if entries and entries[0]["sender"] == "":
                break
            time.sleep(0.05)
        self.run_all(box)
        bounce, = server.take()
        self.assertEqual((bounce.sender, bounce.to), ("", ["alice@example.org"]))


class Selection(QueueCase):
    def test_filters(self):
        table = [
            (("-qRcarol",), "c"), (("-q!Rcarol",), "b"), (("-qSalice",), "bc"), (("-q!Salice",), ""),
            (("-qRBOB",), "b"), (("-qRnobody",), ""), (("-qSalice", "-qRcarol"), "c"),
        ]
        for words, expected in table:
            with self.subTest(words):
                server = self.server()
                box = self.queue_box(server)
                self.keep(box, "b", "bob@example.net")
                self.keep(box, "c", "carol@example.net")
                self.assertExit(box.sendmail(*words), 0)
                got = "".join(sorted(m.data.split(b"body ")[1][:1].decode() for m in server.messages))
                self.assertEqual(got, expected)

    def test_by_id(self):
        server = self.server()
        box = self.queue_box(server)
        self.keep(box, "b")
        second = self.keep(box, "c")
        self.assertExit(box.sendmail("-qI" + second), 0)
        self.assertEqual(len(server.messages), 1)
        self.assertIn(b"body c", server.messages[0].data)

    def test_an_account_alone(self):
        server = self.server()
        box = self.queue_box(server)
        box.set(account="work")
        box.account("home", server=server, **{"from": "home@example.org"})
        self.keep(box, "b")
        self.keep(box, "c", options=("-odq", "-a", "home"))
        self.assertExit(box.sendoff("queue", "run", "--account", "home"), 0)
        self.assertIn(b"body c", server.messages[0].data)
        self.assertEqual(len(server.messages), 1)
        for done in (box.sendoff("queue", "run", "--account", "nowhere"),
                     box.sendmail("-q", "-a", "nowhere")):
            self.assertExit(done, 78, "no account 'nowhere'")
        self.assertEqual(len(server.messages), 1)


class Foreground(QueueCase):
    def test_every_interval_until_terminated(self):
        server = self.server()
        box = self.queue_box(server)
        self.keep(box, "b")
        child = box.start("sendoff", "queue", "run", "--every", "1s", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
        self.assertTrue(server.wait_for(1))
        self.assertExit(box.sendmail("-odq", "-f", "a@example.org", "b@example.net", stdin=message("c")), 0)
        self.assertTrue(server.wait_for(2))
        child.terminate()
        self.assertEqual(child.wait(20), 0)
        self.assertEqual(child.communicate(), (b"", b""))


class Losses(QueueCase):
    def test_the_server_ends_the_session_now_and_then(self):
        server = self.server()
        box = self.queue_box(server)
        for i in range(12):
            self.keep(box, str(i))
        seen = []

        def now_and_then(session):
            seen.append(1)
            return ["421 4.7.0 enough", CLOSE] if len(seen) % 4 == 0 else None

        server.on("MAIL", now_and_then)
        for _ in range(12):
            self.run_all(box)
        words = sorted(m.data.split(b"body ")[1].strip() for m in server.messages)
        self.assertEqual(words, sorted(b"%d" % i for i in range(12)))

    def test_a_message_that_gets_nowhere_is_left_for_the_next_run(self):
        server = self.server(lenient=True, offers={"PIPELINING"})
        server.on("RCPT", "450 4.2.1 busy", match="busy@")
        server.on("DATA", CLOSE)
        box = self.queue_box(server)
        self.keep(box, "a", "busy@example.net", "bob@example.net")
        self.run_all(box)
        self.assertLessEqual(len(server.connections), 2)
        entry, = self.listed(box)
        self.assertEqual(len(entry["recipients"]), 2)
        self.assertGreater(entry["next_try"], time.time())

    def test_a_reply_that_never_came_is_a_possible_duplicate(self):
        server = self.server(lenient=True)
        server.on(".", CLOSE, times=1)
        box = self.queue_box(server)
        self.keep(box, "a")
        self.run_all(box)
        entry, = self.listed(box)
        self.assertEqual(entry["attempts"], 1)
        self.assertIn("twice", entry["last_error"])
        self.run_all(box)
        self.assertEqual(self.listed(box), [])

    def test_each_message_is_unknown_at_most_once_a_run(self):
        server = self.server(lenient=True)
        server.on(".", CLOSE)
        box = self.queue_box(server)
        for i in range(15):
            self.keep(box, str(i))
        self.run_all(box)
        self.assertLessEqual(max(e["attempts"] for e in self.listed(box)), 1)
        self.assertLessEqual(len(server.connections), 3)

    def test_one_bad_message_never_blocks_the_others(self):
        server = self.server(lenient=True)
        server.on("MAIL", CLOSE, match="bad@")
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odq", "-f", "bad@example.org", "b@example.net", stdin=message("bad")), 0)
        for i in range(5):
            self.keep(box, str(i))
        for _ in range(3):
            self.run_all(box)
        self.assertEqual(len(server.messages), 5)


class Troubles(QueueCase):
    def test_a_refused_login_is_tried_once(self):
        server = self.server(users={"me": "secret"}, mechanisms=("PLAIN",))
        box = self.queue_box(server)
        box.account(password="wrong")
        for word in "abc":
            self.assertExit(box.sendmail("-f", "a@example.org", "b@example.net", stdin=message(word)), 0)
        self.assertEqual(len(server.connections), 1)
        self.assertExit(box.sendoff("queue", "run"), 0)
        self.assertEqual(len(server.connections), 1)
        self.run_all(box)
        self.assertEqual(len(server.connections), 2)
        self.assertEqual(len(self.listed(box)), 3)
        box.account(password="secret")
        self.assertExit(box.sendmail("-f", "a@example.org", "b@example.net", stdin=message("d")), 0)
        self.assertTrue(server.wait_for(1))

    def test_an_account_that_is_gone_leaves_its_messages(self):
        box = self.queue_box()
        box.account("other", host="127.0.0.1", tls="off", auth="none")
        box.set(account="work")
        self.keep(box, "a", options=("-odq", "-a", "other"))
        del box.sections["other"]
        self.run_all(box)
        entry, = self.listed(box)
        self.assertIn("gone", entry["last_error"])
        self.assertEqual(entry["attempts"], 0)

    def test_fallback(self):
        server = self.server()
        box = self.queue_box()
        box.set(account="work")
        box.account(fallback="backup")
        box.account("backup", server=server, **{"from": "backup@example.org"})
        self.assertExit(box.sendmail("-odq", "b@example.net", stdin=message("x")), 0)
        self.run_all(box)
        m, = server.messages
        self.assertEqual(m.sender, "backup@example.org")

    def test_connections_are_limited(self):
        server = self.server(lenient=True)
        server.on("MAIL", STALL, match="slow@")
        box = self.queue_box(server)
        box.account(connections=1, timeout="2s")
        slow = box.start("sendmail", "-f", "slow@example.org", "b@example.net", stdin=subprocess.PIPE)
        slow.stdin.write(message("slow").encode())
        slow.stdin.close()
        for _ in range(400):
            if server.connections and "MAIL" in server.connections[0].verbs():
                break
            time.sleep(0.02)
        box.account(timeout="1s")
        self.assertExit(box.sendmail("-f", "a@example.org", "b@example.net", stdin=message("x")), 0)
        self.assertEqual(len(server.connections), 1)
        slow.wait(30)
        self.assertEqual(len(self.listed(box)), 2)


if __name__ == "__main__":
    unittest.main()
