# SPDX-License-Identifier: ISC
"""`sendoff check`: each step, what it tells, and what it says about the first that fails."""

import fcntl
import json
import os
import re
import time

import certs
from case import MESSAGE, Case
from smtpd import CLOSE

LOGIN = {"users": {"me@example.org": "correct horse"}}


class CheckCase(Case):
    def check(self, box, *words, status=0):
        """The steps as --json tells them: [(step, ok, detail, hint)]."""
        done = box.sendoff("check", "--json", *words)
        self.assertEqual((done.status, done.stderr), (status, ""), str(done))
        steps = [json.loads(line) for line in done.stdout.decode().splitlines()]
        for step in steps:
            self.assertEqual(sorted(step), ["detail", "hint", "ms", "ok", "step"])
        return {s["step"]: s for s in steps}, [s["step"] for s in steps]


class Steps(CheckCase):
    FILES = ["files", "account", "aliases", "queue", "sandbox", "secret"]

    def test_files_that_cannot_be_used(self):
        box = self.sandbox(host="127.0.0.1", tls="off", auth="none")
        box.set(queue="yes", queue_dir=box.write("file", ""), aliases="/nonexistent/aliases")
        steps, _ = self.check(box, "--offline")
        self.assertEqual(steps["aliases"]["detail"], "/nonexistent/aliases: No such file or directory")
        self.assertIn("file': Not a directory", steps["queue"]["detail"])

    def test_starttls(self):
        server = self.server(tls="starttls", **LOGIN)
        box = self.sandbox(server)
        steps, order = self.check(box, "--rcpt", "bob@example.net")
        self.assertEqual(order, self.FILES + ["lookup", "connect", "greeting", "capabilities", "tls", "certificate",
                                              "capabilities", "auth", "mail", "rcpt", "total"])
        self.assertIn("127.0.0.1:%d, tls = starttls, login as me@example.org" % server.port,
                      steps["account"]["detail"])
        self.assertIn("127.0.0.1 port %d" % server.port, steps["connect"]["detail"])
        self.assertIn("220 server.example", steps["greeting"]["detail"])
        self.assertIn("PIPELINING", steps["capabilities"]["detail"])
        self.assertRegex(steps["tls"]["detail"], r"^TLS1\.3 AES\S+ \(2 round trips\)$")
        for text in ("CN=localhost", "mail.test", "issuer CN=ca", "expires 20", "trusted by ca",
                     "SHA256:" + certs.fingerprint("good")):
            self.assertIn(text, steps["certificate"]["detail"])
        self.assertIn("PLAIN as me@example.org (offered: PLAIN LOGIN", steps["auth"]["detail"])
        self.assertRegex(steps["total"]["detail"], r"^\d+ round trips$")
        server.close()
        self.assertEqual(server.messages, [])
        self.assertEqual(server.connections[0].verbs()[-5:], ["AUTH", "MAIL", "RCPT", "RSET", "QUIT"])
        self.assertIn("MAIL FROM:<me@example.org>", server.connections[0].commands[-4])

    def test_a_second_check_is_resumed(self):
        box = self.sandbox(self.server(tls="implicit", **LOGIN))
        for resumed in (False, True):
            steps, order = self.check(box)
            self.assertEqual("resumed" in steps["tls"]["detail"], resumed)
        self.assertEqual(order[6:10], ["lookup", "connect", "tls", "certificate"])

    def test_text(self):
        box = self.sandbox(self.server(**LOGIN))
        done = box.sendoff("check")
        self.assertEqual(done.status, 0, str(done))
        lines = done.stdout.decode().splitlines()
        self.assertTrue(all(line.startswith("ok   ") for line in lines), str(done))
        self.assertRegex(done.stdout.decode(), r"(?m)^ok   greeting +\d+ ms  220 server\.example")
        for line in done.stdout.decode().splitlines():
            self.assertRegex(line, r"^(ok|info|warn) +\w+ +\d+ ms  \S")
        self.assertNotIn("\033", done.stdout.decode())
        self.assertNotIn("correct horse", done.stdout.decode())

    def test_vrfy_and_help_are_information(self):
        server = self.server(lenient=True)
        server.on("VRFY", "502 5.5.1 no")
        server.on("HELP", "214-first\r\n214 second")
        steps, _ = self.check(self.sandbox(server), "--vrfy", "bob@example.net", "--server-help")
        self.assertEqual((steps["vrfy"]["ok"], steps["help"]["ok"]), (True, True))
        self.assertIn("502 5.5.1 no", steps["vrfy"]["detail"])
        self.assertIn("214 first second", steps["help"]["detail"])

    def test_no_word_brings_a_command(self):
        server = self.server()
        box = self.sandbox(server)
        for word in ("--vrfy", "--rcpt"):
            self.assertExit(box.sendoff("check", word, "bob@example.net\r\nQUIT"), 64, "line break")
        self.assertEqual(server.connections, [])

    def test_offline(self):
        server = self.server(**LOGIN)
        _, order = self.check(self.sandbox(server), "--offline")
        self.assertEqual(order, self.FILES)
        self.assertEqual(server.connections, [])

    def test_another_account(self):
        server = self.server()
        box = self.sandbox(host="127.0.0.1", port=1, tls="off", auth="none")
        box.account("other", server=server)
        steps, _ = self.check(box, "-a", "other")
        self.assertTrue(steps["account"]["detail"].startswith("other: "))
        steps, order = self.check(box, "-a", "nobody", status=78)
        self.assertEqual(order[-1], "account")
        self.assertFalse(steps["account"]["ok"])

    def test_a_unix_socket(self):
        box = self.sandbox()
        server = self.server(path=box.file("smtp.sock"), **LOGIN)
        box.account(server=server)
        steps, order = self.check(box)
        self.assertNotIn("lookup", order)
        self.assertIn(server.path, steps["connect"]["detail"])

    def test_hosts_in_turn(self):
        server = self.server()
        box = self.sandbox(server, host="127.0.0.2, 127.0.0.1")
        steps, order = self.check(box)
        self.assertEqual(order.count("connect"), 2)
        self.assertIn("127.0.0.1 port", steps["connect"]["detail"])

    def test_the_command_for_the_secret_runs_once(self):
        server = self.server(**LOGIN)
        box = self.sandbox(server, password=None)
        box.account(password_command="echo x >> %s; echo correct horse" % box.file("runs"))
        steps, _ = self.check(box)
        self.assertIn("password_command", steps["secret"]["detail"])
        with open(box.file("runs")) as runs:
            self.assertEqual(runs.read(), "x\n")

    def test_usage(self):
        box = self.sandbox()
        self.assertExit(box.sendoff("check", "--frobnicate"), 64, "--frobnicate", "sendoff check --help")
        self.assertExit(box.sendoff("check", "--rcpt"), 64, "--rcpt")
        self.assertExit(box.sendoff("check", "--json=yes"), 64, "--json=yes")


class Warnings(CheckCase):
    def test_bad_aliases_only_warn(self):
        box = self.sandbox(self.server())
        box.write("aliases", "root: me@example.org\nno colon here\n")
        done = box.sendoff("check")
        self.assertEqual(done.status, 0, str(done))
        self.assertRegex(done.stdout.decode(), r"(?m)^warn aliases .*aliases:2: ")

    def test_a_queue_that_nobody_runs(self):
        server = self.server()
        server.on("greeting", "421 later", times=1)
        box = self.sandbox(server)
        box.set(queue="yes", queue_dir=box.file("queue"), retry_min="1s")
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        deadline = time.monotonic() + 60
        while "warn queue" not in (said := box.sendoff("check", "--offline").stdout.decode()):
            self.assertLess(time.monotonic(), deadline, said)
            time.sleep(0.3)
        self.assertIn("hint: a timer has to call 'sendoff queue run'", said)

    def test_connections_that_nobody_can_count(self):
        box = self.sandbox(self.server(), connections="2")
        said = box.sendoff("check").stdout.decode()
        self.assertRegex(said, r"(?m)^ok   connections +\d+ ms  at most 2 at once from here, "
                         "0 in use now$")
        slot = next(name for name in os.listdir(box.file("state")) if "connection" in name)
        with open(box.file("state", slot)) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            said = box.sendoff("check", "--offline").stdout.decode()
            self.assertIn("at most 2 at once from here, 1 in use now\n", said)
        box.set(state_dir=box.write("no-folder", ""))
        done = box.sendoff("check")
        self.assertEqual(done.status, 0, str(done))
        self.assertRegex(done.stdout.decode(), "warn connections .*connections = 2 has no effect: .*no-folder cannot be "
                         "written\n +hint: let state_dir")

    def test_unverified_tls(self):
        server = self.server(tls="starttls", kind="self-signed", **LOGIN)
        done = self.sandbox(server, tls_verify="no").sendoff("check")
        self.assertEqual(done.status, 0, str(done))
        self.assertIn("warn account", done.stdout.decode())
        self.assertIn("not checked", done.stdout.decode())


class Failures(CheckCase):
    def fails(self, box, step, status, *words):
        steps, order = self.check(box, *words, status=status)
        self.assertEqual(order[-1], step)
        self.assertFalse(steps[step]["ok"])
        return steps[step]["detail"], steps[step]["hint"]

    def test_the_key_to_change_is_named(self):
        server = self.server(lenient=True, **LOGIN)
        box = self.sandbox(server, password="wrong")
        detail, hint = self.fails(box, "auth", 77)
        self.assertIn("535 5.7.8", detail)
        line = box.configuration().splitlines().index("password = wrong") + 1
        self.assertIn("'password' at %s:%d" % (box.config, line), hint)
        self.assertIn("app password", hint)

    def test_the_preset_speaks_of_its_secret(self):
        server = self.server(lenient=True, **LOGIN)
        box = self.sandbox(server, password="wrong", provider="fastmail")
        _, hint = self.fails(box, "auth", 77)
        self.assertIn("make an app password in the account's security settings", hint)

    def test_each_step(self):
        box = self.sandbox(host="name.invalid", tls="off", auth="none")
        _, hint = self.fails(box, "lookup", 68)
        self.assertIn("'host' at ", hint)
        box.account(host="127.0.0.1", port=1)
        detail, hint = self.fails(box, "connect", 75)
        self.assertIn("127.0.0.1:1: cannot connect", detail)
        self.assertIn("'port' at ", hint)
        server = self.server(lenient=True)
        box.account(port=server.port)
        server.on("greeting", CLOSE, times=1)
        self.fails(box, "greeting", 75)
        server.on("EHLO", "421 4.3.2 later", times=1)
        self.fails(box, "capabilities", 75)
        server.on("MAIL", "550 5.7.1 not you", times=1)
        detail, hint = self.fails(box, "mail", 69)
        self.assertIn("550 5.7.1 not you", detail)
        self.assertIn("'from'", hint)
        server.on("RCPT", "550 5.1.1 no such user", times=1)
        self.fails(box, "rcpt", 67, "--rcpt", "bob@example.net")
        self.fails(box, "mail", 65, "--rcpt", "a@b@c")
        box.account(tls="starttls")
        self.fails(box, "tls", 76)
        box.set(queu="no")
        self.fails(box, "files", 78)

    def test_a_remembered_refusal_is_no_reason_to_wait(self):
        server = self.server(**LOGIN)
        server.on("AUTH", "535 5.7.8 no", times=1)
        box = self.sandbox(server, tls="off")
        box.set(queue="yes", queue_dir=box.file("queue"), retry_min="1h")
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertEqual(len(server.connections), 1)
        self.check(box)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        server.wait_for(1)
        self.assertGreaterEqual(len(server.connections), 3)


class Domain(CheckCase):
    def test_names_that_are_nobodys_are_not_looked_up(self):
        _, order = self.check(self.sandbox(self.server(), **{"from": "me@mail.example.org"}))
        self.assertNotIn("spf", order)
