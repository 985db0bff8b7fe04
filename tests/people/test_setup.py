# SPDX-License-Identifier: ISC
"""`sendoff setup`: from an address to a file that works, by questions and by options."""

import os
import pty
import select
import signal
import stat
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import MESSAGE, Case  # noqa: E402
import setgid  # noqa: E402
from nameserver import A, LOOPBACK, SRV, TXT, NameServer, service, text  # noqa: E402

SECRET = 'cor"rect #horse; \\ \'battery'


class SetupCase(Case):
    def place(self, **options):
        self.smtp = self.server(**{"users": {"me@example.org": SECRET}, **options})
        self.box = self.sandbox()
        self.file = self.box.file("home", "deep", "er", "mine.ini")
        return self.box

    def words(self, *more):
        return ["setup", "-C", self.file, "--address", "me@example.org", "--host", "127.0.0.1", "--port",
                str(self.smtp.port), "--tls", "off", *more]

    def assertWorks(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        done = self.box.sendmail("-C", self.file, "bob@example.net", stdin=MESSAGE)
        self.assertExit(done, 0)
        message = self.smtp.take()[0]
        self.assertEqual(message.sender, "me@example.org")
        return message


class Options(SetupCase):
    def test_everything_given(self):
        box = self.place()
        done = box.sendoff(*self.words(), stdin=SECRET + "\n")
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))
        self.assertIn("ok   auth", done.stdout.decode())
        self.assertIn("%s was written" % self.file, done.stdout.decode())
        self.assertNotIn(SECRET, done.stdout.decode())
        self.assertEqual(self.assertWorks().connection.user, "me@example.org")
        self.assertEqual(os.listdir(os.path.dirname(self.file)), ["mine.ini"])

    def test_a_file_named_from_here(self):
        box = self.place()
        words = ["new/mine.ini" if word == self.file else word for word in self.words("--queue")]
        done = box.sendoff(*words, stdin=SECRET + "\n", cwd=box.file("home"))
        self.assertEqual(done.status, 0, str(done))
        self.file = box.file("home", "new", "mine.ini")
        self.assertIn("sendoff queue run -C %s\n" % self.file, done.stdout.decode())
        self.assertWorks()

    def test_a_command_for_the_secret_and_a_queue(self):
        box = self.place()
        box.write("secret", SECRET + "\n")
        done = box.sendoff(*self.words("--password-command", 'cat "%s"' % box.file("secret"), "--queue"))
        self.assertEqual(done.status, 0, str(done))
        self.assertIn("sendoff queue run", done.stdout.decode())
        with open(self.file) as file:
            written = file.read()
        self.assertIn("queue = yes\n", written)
        self.assertNotIn("horse", written)
        self.assertWorks()

    def test_without_a_login(self):
        box = self.place(users=None)
        self.assertEqual(box.sendoff(*self.words("--user", "")).status, 0)
        self.assertWorks()

    def test_another_login_keeps_the_address(self):
        box = self.place(users={"u12345": SECRET})
        self.assertEqual(box.sendoff(*self.words("--user", "u12345"), stdin=SECRET).status, 0)
        self.assertWorks()

    def test_local_names_reach_the_address(self):
        box = self.place()
        self.assertEqual(box.sendoff(*self.words(), stdin=SECRET).status, 0)
        self.assertExit(box.sendmail("-C", self.file, "root", stdin=MESSAGE), 0)
        self.assertEqual(self.smtp.take()[0].to, ["me@example.org"])

    def test_what_is_there_stays(self):
        box = self.place()
        os.makedirs(os.path.dirname(self.file))
        with open(self.file, "w") as file:
            file.write("mine\n")
        self.assertExit(box.sendoff(*self.words(), stdin=SECRET), 73, "exists", "hint: --force")
        with open(self.file) as file:
            self.assertEqual(file.read(), "mine\n")
        self.assertEqual(box.sendoff(*self.words("--force"), stdin=SECRET).status, 0)
        self.assertWorks()

    def test_what_does_not_work_is_not_written(self):
        box = self.place(lenient=True)
        done = box.sendoff(*self.words(), stdin="wrong\n")
        self.assertExit(done, 77, "nothing was written")
        self.assertIn("FAIL auth", done.stdout.decode())
        self.assertNotIn("mine.ini.new:", done.stdout.decode())
        self.assertEqual(os.listdir(os.path.dirname(self.file)), [])
        self.assertEqual(box.sendoff(*self.words("--force"), stdin="wrong\n").status, 77)
        self.assertTrue(os.path.exists(self.file))

    def test_answers_that_are_missing_or_wrong(self):
        box = self.place()
        self.assertExit(box.sendoff("setup", "-C", self.file), 64, "--address", "hint: every answer")
        self.assertExit(box.sendoff("setup", "-C", self.file, "--address", "me"), 65, "'me'")
        self.assertExit(box.sendoff("setup", "-C", self.file, "--address", "a@b@c"), 65)
        self.assertExit(box.sendoff(*self.words()), 64, "--password-command")
        self.assertExit(box.sendoff(*self.words("--user", "a\nhost = evil")), 64, "line break")
        self.assertFalse(os.path.exists(self.file))

    def test_the_usual_place(self):
        box = self.place()
        self.file = box.file("home", ".config", "sendoff", "sendoff.ini")
        words = self.words()
        del words[1:3]
        child = box.start("sendoff", *words, stdin=-1, stdout=-1, stderr=-1, env={"SENDOFF_CONFIG": None})
        self.assertEqual(box.finish(child, SECRET.encode()).status, 0)
        self.assertWorks()
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.file)).st_mode), 0o700)


class OfTheSystem(SetupCase):
    def test_what_it_writes_serves_all_users_of_a_set_group_id_install(self):
        if setgid.reason_not_to():
            self.skipTest(setgid.reason_not_to())
        self.smtp = self.server(users={"me@example.org": SECRET})
        install = setgid.Install()
        self.addCleanup(install.close)
        self.file = os.path.join(install.etc, "sendoff", "sendoff.ini")
        done = install.sendoff(*self.words(), user="root", stdin=SECRET + "\n")
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))
        self.assertNotIn("only its owner", done.stdout.decode())
        status = os.stat(install.file("etc", "sendoff", "sendoff.ini"))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o640, 0, setgid.GROUP))
        self.assertExit(install.run("sendmail", "bob@example.net", stdin=MESSAGE, user="alice"), 0)
        self.assertEqual(self.smtp.take()[0].to, ["bob@example.net"])


class Person(SetupCase):
    """A terminal, and somebody who answers each question as it comes; None is an interrupt."""

    def converse(self, words, answers, status=0, dns=None):
        master, terminal = pty.openpty()
        streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
        child = dns.start(self.box, "sendoff", *words, **streams) if dns else self.box.start("sendoff", *words, **streams)
        seen, deadline, echo = "", time.monotonic() + 60, {}
        answers = list(answers)
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.1)[0]:
                if child.poll() is not None:
                    break
                continue
            seen += os.read(master, 65536).decode()
            if answers and answers[0][0] in seen.rpartition("\n")[2]:
                question, answer = answers.pop(0)
                echo[question] = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
                if answer is None:
                    child.send_signal(signal.SIGINT)
                else:
                    os.write(master, answer.encode() + b"\n")
        after = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.close(master)
        os.close(terminal)
        self.assertEqual((child.wait(60), answers), (status, []), seen)
        self.assertTrue(after, "the terminal was left without echo")
        return seen, echo

    def test_questions(self):
        self.place()
        seen, echo = self.converse(
            ["setup", "-C", self.file, "--port", str(self.smtp.port), "--tls", "off", "--host", "127.0.0.1"],
            [("Your mail address: ", "me@example.org"), ("Login name [me@example.org]: ", ""),
             ("Password or token (not shown): ", SECRET), ("[y/N]: ", "y")])
        self.assertNotIn("horse", seen)
        self.assertEqual(echo, {"Your mail address: ": True, "Login name [me@example.org]: ": True,
                                "Password or token (not shown): ": False, "[y/N]: ": True})
        self.assertIn("\033[32m", seen)
        self.assertIn("*/5 * * * * sendoff queue run -C %s" % self.file, seen)
        self.assertWorks()

    def test_overwriting_is_asked_for(self):
        self.place()
        os.makedirs(os.path.dirname(self.file))
        with open(self.file, "w") as file:
            file.write("mine\n")
        self.converse(self.words(), [("Overwrite it? [y/N]: ", "")], 73)
        self.converse(self.words(), [("Overwrite it? [y/N]: ", "y"), ("Login name", ""), ("not shown", SECRET),
                                     ("[y/N]: ", "n")])
        self.assertWorks()

    def test_what_does_not_work_may_be_kept(self):
        self.place(lenient=True)
        answers = [("Login name", ""), ("not shown", "wrong"), ("see below) [y/N]: ", "n"),
                   ("once more, or nothing (not shown): ", "")]
        self.converse(self.words(), [*answers, ("all the same? [y/N]: ", "n")], 77)
        self.assertFalse(os.path.exists(self.file))
        self.converse(self.words(), [*answers, ("all the same? [y/N]: ", "y")], 77)
        self.assertTrue(os.path.exists(self.file))

    def test_a_mistyped_answer_is_asked_for_again(self):
        self.place(lenient=True)
        seen, _ = self.converse(["setup", "-C", self.file, "--port", str(self.smtp.port), "--tls", "off", "--host", "127.0.0.1"],
                                [("Your mail address: ", "me"), ("Your mail address: ", "me@example.org"), ("Login name", ""),
                                 ("not shown", "wrong"), ("see below) [y/N]: ", "n"), ("once more, or nothing (not shown): ", SECRET)])
        self.assertIn("one looks like me@example.org", seen)
        self.assertNotIn("horse", seen)
        self.assertWorks()

    def test_a_port_may_stand_behind_the_server(self):
        self.place()
        with NameServer({}) as dns:
            self.converse(["setup", "-C", self.file, "--address", "me@example.org", "--tls", "off"],
                          [("Submission server [smtp.example.org]: ", "127.0.0.1:%d" % self.smtp.port), ("Login name", ""),
                           ("not shown", SECRET), ("[y/N]: ", "")], dns=dns)
        self.assertWorks()

    def test_a_server_elsewhere_is_asked_for(self):
        self.place()
        with NameServer({("_submission._tcp.example.org", SRV): [service("smtp.evil.dev", 1)]}) as dns:
            seen, _ = self.converse(["setup", "-C", self.file, "--address", "me@example.org", "--tls", "off"],
                                    [("Submission server [smtp.evil.dev]: ", "127.0.0.1:%d" % self.smtp.port),
                                     ("Login name", ""), ("not shown", SECRET), ("[y/N]: ", "")], dns=dns)
        self.assertIn("not of example.org. Is it your provider's?", seen)
        self.assertWorks()

    def test_an_interrupt_leaves_the_terminal_as_it_was(self):
        self.place()
        seen, _ = self.converse(self.words(), [("Login name", ""), ("not shown", None)], 64)
        self.assertIn("interrupted", seen)
        self.assertFalse(os.path.exists(self.file))

    def test_a_provider_is_known_by_its_domain(self):
        self.place()
        seen, _ = self.converse(["setup", "-C", self.file, "--address", "me@gmail.com"],
                                [("Login name", None)], 64)
        self.assertIn("Provider: gmail. About the secret: make an app password", seen)


class NameServers(SetupCase):
    def test_services_of_the_domain(self):
        box = self.place(users={"me@people.dev": SECRET})
        with NameServer({("_submission._tcp.people.dev", SRV): [
                service("elsewhere.people.dev", 587, 20), service("smtp.people.dev", self.smtp.port, 10)],
                ("smtp.people.dev", A): [LOOPBACK]}) as dns:
            child = dns.start(box, "sendoff", "setup", "-C", self.file, "--address", "me@people.dev", "--tls", "off")
            done = box.finish(child, SECRET.encode())
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(dns.asked[:2], [("_submissions._tcp.people.dev", SRV), ("_submission._tcp.people.dev", SRV)])
        with open(self.file) as file:
            text = file.read()
        self.assertIn("host = smtp.people.dev\nport = %d\ntls = off\n" % self.smtp.port, text)
        self.assertIn("account = mail\n", text)

    def test_a_server_elsewhere_has_to_be_named(self):
        """Who forges DNS has a certificate for what they name."""
        box = self.place(users={"me@people.dev": SECRET})
        words = ["setup", "-C", self.file, "--address", "me@people.dev", "--tls", "off"]
        for host in ("smtp.evil.dev", "evilpeople.dev"):
            with NameServer({("_submission._tcp.people.dev", SRV): [service(host, self.smtp.port)],
                             (host, A): [LOOPBACK]}) as dns:
                done = box.finish(dns.start(box, "sendoff", *words), SECRET.encode())
                self.assertExit(done, 64, "not of people.dev: " + host, "--host %s --port %d" % (host, self.smtp.port))
                self.assertEqual(self.smtp.connections, [])

    def test_submissions_means_implicit_tls(self):
        box = self.place(tls="implicit", lenient=True)
        with NameServer({("_submissions._tcp.people.dev", SRV): [service("people.dev", self.smtp.port)],
                         ("people.dev", A): [LOOPBACK]}) as dns:
            child = dns.start(box, "sendoff", "setup", "-C", self.file, "--address", "me@people.dev", "--force")
            box.finish(child, SECRET.encode())
        with open(self.file) as file:
            self.assertIn("tls = implicit\n", file.read())

    def test_spf_and_dmarc_are_explained(self):
        self.place()
        box = self.sandbox(self.server(), **{"from": "me@people.dev"})
        box.write("sendoff.ini", box.configuration())
        with NameServer({("people.dev", TXT): [text("other"), text("v=spf1 ip4:192.0.2.1", " -all")],
                         ("_dmarc.people.dev", TXT): [text("v=DMARC1; p=reject")]}) as dns:
            done = box.finish(dns.start(box, "sendoff", "check"))
        self.assertEqual(done.status, 0, str(done))
        self.assertRegex(done.stdout.decode(), r"(?m)^info spf .* people\.dev: v=spf1 ip4:192\.0\.2\.1 -all \(")
        self.assertRegex(done.stdout.decode(), r"(?m)^info dmarc .* v=DMARC1; p=reject \(receivers refuse")
        self.assertIn("127.0.0.1 is not of people.dev: it has to sign with DKIM", done.stdout.decode())
        with NameServer({}) as dns:
            done = box.finish(dns.start(box, "sendoff", "check"))
        self.assertEqual(done.status, 0, str(done))
        self.assertIn("people.dev has no record", done.stdout.decode())

    def test_a_server_that_has_the_name_of_the_domain_is_its_own(self):
        self.place()
        box = self.sandbox(self.server(), **{"from": "me@127.0.0.1"})
        box.write("sendoff.ini", box.configuration())
        with NameServer({("127.0.0.1", TXT): [text("v=spf1 -all")]}) as dns:
            done = box.finish(dns.start(box, "sendoff", "check"))
        self.assertEqual(done.status, 0, str(done))
        self.assertIn(" 127.0.0.1: v=spf1 -all (", done.stdout.decode())
        self.assertNotIn("alignment", done.stdout.decode())

    def test_their_words_are_read_whole(self):
        self.place()
        box = self.sandbox(self.server(), **{"from": "me@people.dev"})
        box.write("sendoff.ini", box.configuration())
        for spf, meaning, dmarc, policy in (
                ("v=spf1 include:x-all.dev mx", "says nothing of", "v=DMARC1; p=none; sp=reject", "only report"),
                ("v=spf1 mx all", "allows every server", "v=DMARC1;p = quarantine;sp=none", "put such mail aside"),
                ("v=spf1 redirect=x-all.dev", "another domain", "v=DMARC1; pct=5; p=reject", "receivers refuse")):
            with self.subTest(spf), NameServer({("people.dev", TXT): [text(spf)],
                                                ("_dmarc.people.dev", TXT): [text(dmarc)]}) as dns:
                done = box.finish(dns.start(box, "sendoff", "check"))
                self.assertIn("%s (%s" % (spf, meaning), done.stdout.decode())
                self.assertRegex(done.stdout.decode(), r"%s \(.*%s" % (dmarc, policy))
