# SPDX-License-Identifier: ISC
"""The real servers, tried with Python's own SMTP client: they run, check and deliver."""

import smtplib
import ssl
import unittest

import certs
import servers

TEXT = (b"From: a@example.org\r\nSubject: x\r\nX-Odd:  kept   as it is \r\n\r\n.dot\r\n\t\r\n"
        b"caf\xc3\xa9\r\n" + b"x" * 990 + b"\r\nend\r\n")
PORTS = ("starttls", "implicit", "off")


def client(real, port):
    context = ssl.create_default_context(cafile=certs.get("good").ca)
    number = real.daemon.ports[port]
    if port == "implicit":
        return smtplib.SMTP_SSL("127.0.0.1", number, context=context, timeout=20)
    smtp = smtplib.SMTP("127.0.0.1", number, timeout=20)
    if port == "starttls":
        smtp.starttls(context=context)
    return smtp


class ServersTest(unittest.TestCase):
    def each(self):
        for start in (servers.postfix, servers.exim):
            for port in PORTS:
                with self.subTest(start.__name__, port=port):
                    real = start()
                    with client(real, port) as smtp:
                        smtp.ehlo()
                        yield real, smtp

    def test_content_arrives_byte_for_byte(self):
        for real, smtp in self.each():
            smtp.login("you@example.org", "simple")
            smtp.sendmail("a@example.org", ["b@example.net", "c@example.net"], TEXT,
                          ["BODY=8BITMIME"])
            came = real.one()
            self.assertEqual(servers.without_trace(came), TEXT)
            self.assertEqual((came.sender, came.to),
                             ("a@example.org", ["b@example.net", "c@example.net"]))

    def test_who_is_not_logged_in_is_refused(self):
        for _, smtp in self.each():
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                smtp.login("you@example.org", "wrong")
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                smtp.sendmail("a@example.org", ["b@example.net"], TEXT, ["BODY=8BITMIME"])

    def test_addresses_that_are_refused_or_deferred(self):
        for _, smtp in self.each():
            smtp.login("you@example.org", "simple")
            self.assertEqual(smtp.mail("refused@example.org")[0], 550)
            self.assertEqual(smtp.mail("deferred@example.org")[0] // 10, 45)
            self.assertEqual(smtp.mail("a@example.org")[0], 250)
            self.assertEqual(smtp.rcpt("refused@example.net")[0], 550)
            self.assertEqual(smtp.rcpt("deferred@example.net")[0] // 10, 45)
