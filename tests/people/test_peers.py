# SPDX-License-Identifier: ISC
"""sendoff config import: the programs themselves and sendoff, with one configuration, send the same
messages to the test server, and what arrives is compared: sender, recipients, login, fields, body.
"""

import email
import email.utils
import os
import re

import peers
from case import Case
from world import TOP

HELLO = "To: bob@example.net\nSubject: hello\n"
WHOLE = HELLO + "From: Alice <alice@example.org>\nDate: Wed, 25 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.org>\n"
CRON = "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@box> true\n"
MESSAGES = {name: (words, "%s\ncase %s\n" % (header, name)) for name, words, header in (
    ("whole", ["-i", "bob@example.net"], WHOLE),
    ("bare", ["-i", "bob@example.net"], HELLO),
    ("named", ["-i", "-F", "Full Name", "bob@example.net"], HELLO),
    ("cron", ["-i", "root"], CRON),
    ("sender", ["-i", "-f", "carol@example.org", "bob@example.net"], WHOLE),
    ("bare-sender", ["-i", "-f", "carol@example.org", "bob@example.net"], HELLO),
    ("local-sender", ["-i", "-f", "carol", "bob@example.net"], WHOLE),
    ("fields", ["-i", "-t"], WHOLE + "Cc: Dan <dan@example.net>\nBcc: eve@example.net\n"),
    ("local-field", ["-i", "-t"], WHOLE + "Cc: nobody\n"),
)}


# Fields that are not compared, and why.
PASSED_OVER = {
    "received": "the trace of a queue; sendoff sets none",
    "delivered-to": "the trace of a local delivery; sendoff sets none",
    "message-id": "where there is none each makes its own text, and ssmtp none",
    "date": "where there is none it is the moment",
}


def manual():
    """sendoff(1) in running text."""
    with open(os.path.join(TOP, "doc", "sendoff.1"), encoding="utf-8") as page:
        return re.sub(r"\s+", " ", re.sub(r"(?m)^\.\w\w ", "", page.read()))


def names_and_addresses(value):
    """Quotes, blanks and where a name stands do not count."""
    return email.utils.getaddresses([value or ""])


def completed(theirs, ours):
    """Their bare addresses with the domain that ours have: some leave that to the server, also in fields."""
    return [their if "@" in their else their + our[our.find("@"):] for their, our in zip(theirs, ours)] + theirs[len(ours):]


def same(case, what, theirs, ours):
    if what == "sender":
        return completed([theirs], [ours]) == [ours]
    if what == "recipients":
        return completed(theirs, ours) == ours
    if what not in ("from", "to", "cc"):
        return theirs == ours
    theirs, ours = names_and_addresses(theirs), names_and_addresses(ours)
    if completed([address for _, address in theirs], [address for _, address in ours]) != [address for _, address in ours]:
        return False
    # A From field that sendoff makes has a full name; dma, esmtp and msmtp leave it out.
    is_made = what == "from" and "bob@example.net" in MESSAGES[case][0] and "From:" not in MESSAGES[case][1]
    return is_made or [name for name, _ in theirs] == [name for name, _ in ours]


# What else is not the same after an import, as sendoff does it: (cases, field, value, the words that name
# it in what `config import` prints or in sendoff(1)).
ALICE = ("whole", "sender", "local-sender", "fields", "local-field")  # whose From is hers
LOCAL = [
    (("cron",), "from", "me@example.org (Cron Daemon)", "in place of a sender or From address that is bare"),
    (("local-sender",), "sender", "me@example.org", "in place of a sender or From address that is bare"),
]
REPLACED = "from_override = yes replaces the From field too"
FORCED = [
    (ALICE, "from", "Alice <me@example.org>", REPLACED),
    (ALICE, "reply-to", "Alice <alice@example.org>", REPLACED),
    (("cron",), "from", "me@example.org (Cron Daemon)", REPLACED),
]
FORCED_MADE = [
    (("bare", "bare-sender"), "from", "root <me@example.org>", REPLACED),
    (("named",), "from", "Full Name <me@example.org>", REPLACED),
]
SSMTP = [
    (("sender", "bare-sender", "local-sender"), "sender", "carol@example.org", "the sender is what -f says, else from"),
    (("local-field",), "recipients", ["admin@example.net", "bob@example.net"], "adminaddr gets the mail for every local name"),
]


def kept_here(address):
    return [(("local-field",), "recipients", ["bob@example.net", address], "mail for local users is sent on")]


class Peers(Case):
    def arrived(self, server):
        """{case: {what: value}} of all that came; one message may come in several transactions."""
        found = {}
        for message in server.take(len(server.messages)):
            parsed = email.message_from_bytes(message.data.replace(b"\r\n", b"\n"))
            body = parsed.get_payload()
            seen = found.setdefault(re.search(r"case (\S+)", body).group(1), {})
            seen.update({"sender": message.sender, "login": message.connection.user, "body": body.rstrip("\n")})
            seen["recipients"] = sorted(seen.get("recipients", []) + message.to)
            seen.update({name.lower(): value for name, value in parsed.items() if name.lower() not in PASSED_OVER})
        return found

    def sent(self, server, done, note=""):
        found = self.arrived(server)
        self.assertEqual(sorted(found), sorted(MESSAGES), done.stderr + note)
        return found

    def compare(self, peer, *expected):
        peer.need()
        server = self.server(tls=peer.tls, users={"me@example.org": "secret"}, require_auth=True, lenient=True)
        box = self.sandbox()
        peer.write(box, server, MESSAGES)
        theirs = self.sent(server, peer.send(box))
        configuration = peer.imported(box)
        ours = self.sent(server, peer.send_ours(box, configuration), configuration)
        found = {(case, what): ours[case].get(what) for case in MESSAGES for what in {**theirs[case], **ours[case]}
                 if not same(case, what, theirs[case].get(what), ours[case].get(what))}
        self.assertEqual(found, {(case, what): value for cases, what, value, _ in expected for case in cases})
        for *_, words in expected:
            self.assertTrue(words in configuration or words in manual(), words)

    def test_msmtp(self):
        self.compare(peers.MSMTP, *LOCAL)

    def test_msmtp_without_aliases(self):
        self.compare(peers.MSMTP.changed("msmtprc", "aliases /etc/aliases\n", ""), *LOCAL)

    def test_ssmtp_with_senders_of_from_fields(self):
        self.compare(peers.SSMTP,
                     (("whole", "fields", "local-field"), "sender", "root@example.org",
                      "with FromLineOverride ssmtp takes the From field's"), *SSMTP)

    def test_ssmtp(self):
        self.compare(peers.SSMTP.changed("ssmtp/ssmtp.conf", "FromLineOverride=YES\n", ""), *SSMTP,
                     (("bare-sender",), "from", "root <carol@example.org>", "ssmtp passes over -f"))

    def test_dma(self):
        self.compare(peers.DMA, *kept_here("nobody@box.example.org"))

    def test_dma_with_another_sender_and_no_local_mail(self):
        self.compare(peers.DMA.changed("dma/dma.conf", "MAILNAME", "MASQUERADE me@example.org\nNULLCLIENT\nMAILNAME"), *FORCED)

    def test_nullmailer(self):
        self.compare(peers.NULLMAILER)

    def test_nullmailer_with_another_sender(self):
        self.compare(peers.NULLMAILER.changed("nullmailer/allmailfrom", "", "me@example.org\n"), *FORCED, *FORCED_MADE)

    def test_esmtp(self):
        self.compare(peers.ESMTP, (("fields", "local-field"), "sender", "root@box.example.org", "esmtp -t takes the From field's"))

    def test_esmtp_with_another_sender(self):
        self.compare(peers.ESMTP.changed("esmtprc", "qualify", "force reverse_path = me@example.org\nqualify"), *FORCED,
                     (("bare-sender",), "from", "root <me@example.org>", REPLACED))

    def test_postfix(self):
        self.compare(peers.POSTFIX)

    def test_postfix_with_local_mail(self):
        self.compare(peers.POSTFIX.changed("postfix/main.cf", "mydestination =", "mydestination = $mydomain"),
                     *kept_here("nobody@example.org"))
