# SPDX-License-Identifier: ISC
"""Each recipient's fate, in every mixture: queue, bounce, log."""

import email
import itertools
import os
import time
import unittest

from queued import QueueCase, message
from smtpd import CLOSE

RCPT = {"ok": None, "later": "450 4.2.1 mailbox busy", "never": "550 5.1.1 no such user"}
END = {"ok": None, "later": "451 4.3.0 try later", "never": "554 5.6.0 not wanted", "lost": CLOSE}


def fate(rcpt, end):
    """What becomes of a recipient: "sent", "left" or "bounced"."""
    if rcpt != "ok":
        return {"later": "left", "never": "bounced"}[rcpt]
    return {"ok": "sent", "later": "left", "never": "bounced", "lost": "left"}[end]


def bounced_recipients(data):
    """The Final-Recipients of a report, by the standard library's own reading of RFC 3464."""
    report = email.message_from_bytes(data)
    assert report.get_content_type() == "multipart/report", report.get_content_type()
    assert report.get_param("report-type") == "delivery-status"
    text, status, original = report.get_payload()
    assert status.get_content_type() == "message/delivery-status"
    assert original.get_content_type() in ("text/rfc822-headers", "message/rfc822")
    fields = status.get_payload()
    assert fields[0]["Reporting-MTA"].startswith("dns;")
    for one in fields[1:]:
        assert one["Action"] == "failed" and one["Status"][0] in "45", one.items()
    return sorted(one["Final-Recipient"].split("; ")[1] for one in fields[1:])


class Mixtures(QueueCase):
    def check(self, kinds, end):
        server = self.server(lenient=True)
        box = self.queue_box(server)
        names = ["%s%d@example.net" % (kind, i) for i, kind in enumerate(kinds)]
        for kind, reply in RCPT.items():
            if reply:
                server.on("RCPT", reply, match=kind)
        if END[end]:
            server.on(".", END[end], match="alice")
        self.keep(box, "x", *names)
        self.run_all(box)
        some = any(kind == "ok" for kind in kinds)
        expected = {name: fate(kind, end if some else "ok") for name, kind in zip(names, kinds)}
        entries = self.listed(box)
        left = sorted(r for e in entries if e["sender"] for r in e["recipients"])
        self.assertEqual(left, sorted(n for n in names if expected[n] == "left"))
        sent = [sorted(m.to) for m in server.messages if m.sender]
        good = sorted(n for n in names if expected[n] == "sent")
        self.assertEqual([s for s in sent if end != "lost"], [good] if good else [])
        bad = sorted(n for n in names if expected[n] == "bounced")
        server.rules.clear()
        self.assertExit(box.sendmail("-q!Salice"), 0)
        bounces = [m for m in server.messages if not m.sender]
        self.assertEqual([bounced_recipients(m.data) for m in bounces], [bad] if bad else [])
        for m in bounces:
            self.assertEqual(m.to, ["alice@example.org"])
        logged = {}
        for line in box.log():
            for name in line.get("to", "").split(","):
                if name in expected and line.get("try") == "1":
                    logged[name] = line["status"]
        self.assertEqual(logged, {n: {"sent": "sent", "left": "queued", "bounced": "failed"}[f]
                                  for n, f in expected.items()})

    def test_all_of_three(self):
        for kinds in itertools.combinations_with_replacement(RCPT, 3):
            for end in END:
                if "ok" not in kinds and end != "ok":
                    continue
                with self.subTest(kinds=kinds, end=end):
                    self.check(kinds, end)


class Bounces(QueueCase):
    def bounce(self, box, server):
        self.run_all(box)
        self.run_all(box)
        return [m for m in server.messages if not m.sender]

    def test_the_words(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        box = self.queue_box(server)
        self.keep(box, "x", "gone@example.net")
        m, = self.bounce(box, server)
        report = email.message_from_bytes(m.data)
        self.assertEqual(report["From"], '"Mail Delivery System" <alice@example.org>')
        self.assertEqual(report["Auto-Submitted"], "auto-replied")
        self.assertEqual(report["To"], "<alice@example.org>")
        self.assertIn("<x@example.org>", report["References"])
        self.assertIn(b"550 5.1.1 no such user", m.data)
        self.assertNotIn(b"body x", m.data)
        self.assertEqual(self.listed(box), [])

    def test_full(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        box = self.queue_box(server)
        self.keep(box, "x", "gone@example.net", options=("-odq", "-R", "full"))
        m, = self.bounce(box, server)
        original = email.message_from_bytes(m.data).get_payload()[2].get_payload()[0]
        self.assertEqual(original["Subject"], "hello x")
        self.assertEqual(original.get_payload(), "body x\r\n")

    def test_never(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        box = self.queue_box(server)
        self.keep(box, "x", "gone@example.net", options=("-odq", "-N", "never"))
        self.assertEqual(self.bounce(box, server), [])
        self.assertEqual(self.listed(box), [])

    def test_success_where_the_server_makes_no_reports(self):
        server = self.server(offers={"PIPELINING", "8BITMIME"})
        box = self.queue_box(server)
        self.keep(box, "x", options=("-odq", "-N", "success"))
        m, = self.bounce(box, server)
        self.assertIn(b"Action: relayed", m.data)

    def test_success_where_the_server_makes_them(self):
        server = self.server()
        box = self.queue_box(server)
        self.keep(box, "x", options=("-odq", "-N", "success"))
        self.assertEqual(self.bounce(box, server), [])

    def test_delay(self):
        server = self.server()
        server.on("RCPT", "450 4.2.1 busy", match="bob")
        box = self.queue_box(server, delay_after="1s")
        self.keep(box, "x", options=("-odq", "-N", "delay,failure"))
        time.sleep(1.1)
        first = self.bounce(box, server)
        self.assertEqual(len(first), 1)
        self.assertIn(b"Action: delayed", first[0].data)
        self.assertEqual(len(self.bounce(box, server)), 1)
        self.assertEqual(len(self.listed(box)), 1)

    def test_expired(self):
        for online in (False, True):
            with self.subTest(online):
                server = self.server()
                server.on("RCPT", "450 4.2.1 busy", match="bob")
                box = self.queue_box(server if online else None, expire="1s")
                self.keep(box, "x")
                self.keep(box, "y")
                time.sleep(1.1)
                self.run_all(box)
                if not online:
                    self.assertEqual([e["sender"] for e in self.listed(box)], ["", ""])
                self.online(box, server)
                bounces = self.bounce(box, server)
                self.assertEqual(len(bounces), 2)
                self.assertIn(b"not delivered within 1s", bounces[0].data)

    def test_a_null_sender_gets_no_report(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        box = self.queue_box(server)
        self.assertExit(box.sendmail("-odq", "-f", "", "gone@example.net", stdin=message("x")), 0)
        self.assertEqual(self.bounce(box, server), [])
        entry, = self.listed(box)
        self.assertTrue(entry["held"])
        self.assertEqual(len(os.listdir(os.path.join(box.queue, "failed"))), 2)
        server.rules.clear()
        self.assertExit(box.sendoff("queue", "release", entry["id"]), 0)
        self.run_all(box)
        self.assertEqual(server.messages[-1].to, ["gone@example.net"])
        self.assertEqual(self.listed(box), [])

    def test_no_loop(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user")
        box = self.queue_box(server)
        self.keep(box, "x", "gone@example.net")
        for _ in range(4):
            self.run_all(box)
        entry, = self.listed(box)
        self.assertTrue(entry["held"])
        self.assertEqual(server.messages, [])

    def test_a_server_without_a_null_sender(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        server.on("MAIL", "553 5.1.8 who is that", match="FROM:<>")
        box = self.queue_box(server)
        self.keep(box, "x", "gone@example.net")
        self.run_all(box)
        self.run_all(box)
        m, = server.messages
        self.assertEqual((m.sender, m.to), ("alice@example.org", ["alice@example.org"]))
        self.assertEqual(self.listed(box), [])

    def test_local_senders_reports_go_to_the_postmaster(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 no such user", match="gone")
        box = self.queue_box(server, postmaster="master@example.com")
        self.assertExit(box.sendmail("-odq", "-f", "www-data@localhost", "gone@example.net",
                                     stdin=message("x")), 0)
        self.run_all(box)
        self.run_all(box)
        m, = server.messages
        self.assertEqual(m.to, ["master@example.com"])


if __name__ == "__main__":
    unittest.main()
