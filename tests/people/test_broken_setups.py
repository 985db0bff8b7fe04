# SPDX-License-Identifier: ISC
"""Set-ups broken on purpose: the first line names the cause, the hint mends it.

Each row is a configuration (or server) with one thing wrong.  `sendmail` and `sendoff check` must
both name the cause in their first line about it and give the hint; then the hint is followed, as
far as possible to the letter, and mail goes through.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import certs  # noqa: E402
import diagnostics  # noqa: E402
from case import MESSAGE, Case  # noqa: E402

USER = {"me@example.org": "correct horse"}


class Row:
    def __init__(self, name, says, hint, mend, account=None, settings=None, text=None, before=None, mode=0o600,
                 tls="starttls", kind="good", **server):
        """says: in the first line; hint: anywhere in what is told; mend(world): follows it.
        text: changes the file's text; before(world): anything else; mode: of the file."""
        self.name, self.says, self.hint, self.mend = name, says, hint, mend
        self.account, self.settings, self.text = account or {}, settings or {}, text
        self.before, self.mode, self.tls, self.kind, self.server = before, mode, tls, kind, server


class World:
    """A row set up: its server, its sandbox, and what sendmail said."""

    def __init__(self, case, row):
        self.case, self.row, self.told = case, row, ""
        self.context = certs.server_context(row.kind) if row.tls != "off" else None
        options = {"users": dict(USER), **row.server}
        self.server = case.server(tls=row.tls, context=self.context, lenient=True, **options)
        self.box = case.sandbox(self.server, **{"timeout": "2s", **row.account})
        self.box.set(**row.settings)
        self.mode = row.mode
        if row.before:
            row.before(self)
        if row.text:
            self.box.text = row.text(self.box.configuration())
        write = self.box.write
        self.box.write = lambda name, content, mode=0o600: write(
            name, content, self.mode if name == "sendoff.ini" else mode)

    def account(self, **keys):
        self.box.account(**keys)

    def edit(self, old, new):
        self.case.assertIn(old, self.box.text)
        self.box.text = self.box.text.replace(old, new)

    def from_hint(self, pattern):
        return re.search(pattern, self.told).group(1)


def set_keys(**keys):
    return lambda world: world.account(**keys)


def edit(old, new):
    return lambda world: world.edit(old, new)


def replace(old, new):
    return lambda text: text.replace(old, new, 1)


def renew_certificate(world):
    good = certs.get("good")
    world.context.load_cert_chain(good.cert, good.key)


def take_fingerprint(world):
    world.account(tls_fingerprint=world.from_hint(r"tls_fingerprint = (SHA256:\S+)"))


def run_chmod(world):
    words = world.from_hint(r"hint: (chmod .*)").split(" ")
    subprocess.run(words, check=True)
    world.mode = os.stat(world.box.config).st_mode & 0o777


def run_setup(world):
    world.box.text = None
    os.unlink(world.box.config)
    child = world.box.start("sendoff", *world.from_hint(r"run 'sendoff (setup)'").split(), "--address",
                            "me@example.org", "--host", "127.0.0.1", "--port", str(world.server.port), "--tls", "off",
                            "-C", world.box.file("made.ini"), stdin=-1, stdout=-1, stderr=-1)
    done = world.box.finish(child, b"correct horse\n")
    world.case.assertEqual(done.status, 0, str(done))
    with open(world.box.file("made.ini")) as made:
        world.box.text = made.read()


def other_service(world):
    other = world.case.server(lenient=True)
    other.on("greeting", "SSH-2.0-OpenSSH_9.2")
    world.account(port=other.port)


def refuse_sender(world):
    world.server.on("MAIL", "550 5.7.60 client does not have permissions to send as this sender", match="you@")


def refuse_strangers(world):
    world.server.on("RCPT", lambda session: None if session.authenticated else "554 5.7.1 Relay access denied")


def want_app_password(world):
    world.server.on("AUTH", "534-5.7.9 Application-specific password required.\r\n"
                    "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp", times=1000)


def make_app_password(world):
    world.server.rules.clear()
    world.server.users["me@example.org"] = "abcd efgh"
    world.account(password="abcd efgh")


def write_secret(world):
    world.box.write("secret", "correct horse\n")


ROWS = [
    # The login.
    Row("wrong password", "AUTH PLAIN: 535 5.7.8", "check 'user' and the secret of the account",
        set_keys(password="correct horse"), {"password": "wrong"}),
    Row("user without a secret", "'user' without a secret", "set password, password_command or password_file",
        set_keys(password="correct horse"), {"password": None}),
    Row("two secrets", "an account has one secret", "'password_command' beside 'password'",
        set_keys(password_command=None), {"password_command": "echo x"}),
    Row("command for the secret fails", "password_command: it exited 3", "run the command by hand",
        set_keys(password_command="echo correct horse"), {"password": None, "password_command": "exit 3"}),
    Row("command for the secret is not there", "password_command: it exited 127, no such command", "run the command by hand",
        set_keys(password_command="echo correct horse"), {"password": None, "password_command": "exit 127"}),
    Row("command for the secret prints nothing", "password_command: its first line is empty",
        "run the command by hand", set_keys(password_command="echo correct horse"),
        {"password": None, "password_command": "true"}),
    Row("secret's file is missing", "secret: No such file or directory", "write the secret into that file",
        write_secret, {"password": None},
        before=lambda world: world.account(password_file=world.box.file("secret"))),
    Row("unknown mechanism", "'auth' must be auto, none or SASL mechanisms", "plain login cram-md5",
        set_keys(auth="plain"), {"auth": "plian"}),
    Row("mechanism that the server lacks", "the server offers PLAIN LOGIN", "leave 'auth' out",
        set_keys(auth=None), {"auth": "scram-sha-256"}),
    Row("no login where one is wanted", "530 5.7.0 authentication required", "set 'user' and a secret",
        set_keys(user="me@example.org", password="correct horse"), {"user": None, "password": None},
        require_auth=True),
    Row("login where none is offered", "the server offers no login", "set 'auth = none'",
        set_keys(auth="none"), offers={"STARTTLS", "SIZE"}),
    Row("password in place of an app password", "Application-specific password required",
        "https://myaccount.google.com/apppasswords", make_app_password, before=want_app_password),
    Row("sender of somebody else", "does not have permissions to send as this sender",
        "set 'from' to an address of the account", set_keys(**{"from": "me@example.org"}),
        {"from": "you@example.com"}, before=refuse_sender),
    Row("relaying without a login", "554 5.7.1 Relay access denied", "relays only after a login",
        set_keys(auth=None), {"auth": "none"}, before=refuse_strangers),
    # The way there.
    Row("wrong port", "cannot connect to 127.0.0.1: Connection refused", "check host and port",
        lambda world: world.account(port=world.server.port), {"port": 1}),
    Row("host name misspelt", "host name 'smpt.invalid' does not exist", "check the spelling of `host`",
        set_keys(host="127.0.0.1"), {"host": "smpt.invalid"}),
    Row("port of another service", "the server's reply is not SMTP: 'SSH-2.0-OpenSSH_9.2'",
        "the server's submission port?", lambda world: world.account(port=world.server.port), before=other_service),
    Row("proxy that is not there", "proxy 127.0.0.1:1: cannot connect", "'proxy'", set_keys(proxy=None),
        {"proxy": "socks5://127.0.0.1:1"}),
    Row("source address of another machine", "Cannot assign requested address",
        "source_address has to be an address of this machine", set_keys(source_address="127.0.0.1"),
        {"source_address": "192.0.2.1"}),
    Row("socket that is not there", "cannot connect to '/nonexistent/smtp.sock': No such file or directory",
        "is 'socket' its path", set_keys(socket=None), {"socket": "/nonexistent/smtp.sock"}),
    # TLS.
    Row("STARTTLS on a port with implicit TLS", "greeting: no answer from the server in time", "'tls = implicit'",
        set_keys(tls="implicit"), {"tls": "starttls"}, tls="implicit"),
    Row("implicit TLS on a port with STARTTLS", "the server speaks no TLS on this port",
        "on port 587 use tls = starttls", set_keys(tls="starttls"), {"tls": "implicit"}),
    Row("no STARTTLS", "the server does not offer STARTTLS", "on this machine alone 'tls = off' does no harm",
        set_keys(tls="off"), {"tls": "starttls"}, tls="off"),
    Row("certificate of another name", "certificate of 127.0.0.1 is for 'other.example'", "set host or tls_name",
        lambda world: world.account(tls_name=world.from_hint("is for '(.*?)'")), kind="wrong-name"),
    Row("expired certificate", "certificate of 127.0.0.1 expired on 2020-02-01", "operator has to renew it",
        renew_certificate, kind="expired"),
    Row("certificate of the future", "is not valid before 2037-01-01", "this machine's clock says",
        renew_certificate, kind="future"),
    Row("certificate signed by itself", "is signed by itself", "tls_fingerprint = SHA256:", take_fingerprint,
        kind="self-signed"),
    Row("unknown issuer", "issuer 'other-ca', which is not trusted", "tls_trust = /path/ca.pem",
        lambda world: world.account(tls_trust=os.path.join(certs.folder(), "other-ca.pem")), kind="unknown-issuer"),
    Row("pin of another certificate", "is not the one pinned by tls_fingerprint", "tls_fingerprint = SHA256:",
        take_fingerprint, {"tls_fingerprint": "SHA256:" + "0" * 64}),
    Row("pin that is none", "'tls_fingerprint' must be SHA-256 fingerprints", "in hex (64 digits",
        lambda world: world.account(tls_fingerprint=certs.fingerprint()), {"tls_fingerprint": "SHA256:abc"}),
    Row("file of authorities is missing", "cannot read tls_trust file '/nonexistent.pem'", "leave it out",
        lambda world: world.account(tls_trust=certs.get("good").ca), {"tls_trust": "/nonexistent.pem"}),
    Row("file of authorities without one", "holds no certificate", "leave it out",
        lambda world: world.account(tls_trust=certs.get("good").ca),
        before=lambda world: world.account(tls_trust=world.box.write("ca.pem", "nothing\n"))),
    Row("bad priority string", "tls_priority is no GnuTLS priority string", "leave 'tls_priority' out",
        set_keys(tls_priority=None), {"tls_priority": "NORMLA"}),
    # The file.
    Row("others may write the file", "others can write to it", "hint: chmod go-w", run_chmod, mode=0o620),
    Row("others may read the secret", "holds a secret and others can read it", "hint: chmod o-r", run_chmod,
        mode=0o644),
    Row("typo in a key", "unknown key 'prot'", "did you mean 'port'?", edit("\nprot =", "\nport ="),
        text=replace("\nport =", "\nprot =")),
    Row("value that is no choice", "'tls' must be starttls, implicit or off", "starttls, implicit or off",
        set_keys(tls="starttls"), {"tls": "startls"}),
    Row("port that is no number", "'port' must be a number from 1 to 65535", "'port' must be a number",
        lambda world: world.account(port=world.server.port), {"port": "submission"}),
    Row("no host", "account 'work': no 'host'", "set host to the name of the submission server",
        set_keys(host="127.0.0.1"), {"host": None}),
    Row("provider without a host of its own", "account 'work': no 'host'",
        "set host = email-smtp.REGION.amazonaws.com", set_keys(host="127.0.0.1"), {"provider": "ses", "host": None}),
    Row("unknown provider", "'provider' must be one of the providers aol, brevo, ", "'provider'",
        set_keys(provider="gmx"), {"provider": "gmxx"}),
    Row("no account", "no account is configured", "run 'sendoff setup'", run_setup,
        text=lambda text: text[:text.index("[work]")]),
    Row("no default among several", "none of the 2 accounts is the default", "set account = NAME",
        lambda world: world.box.set(account="work"),
        before=lambda world: world.box.account("home", host="home.invalid")),
    Row("default that is no account", "'account' names no account", "'account'",
        lambda world: world.box.set(account="work"), settings={"account": "wrok"}),
    Row("fallback that is no account", "'fallback' names no account", "'fallback'", set_keys(fallback=None),
        {"fallback": "bakup"}),
    Row("key written twice", "'port' stands twice in section 'work', first on line", "first on line",
        edit("\nport = 25\n", "\n"), text=lambda text: text + "port = 25\n"),
    Row("password with a hash, unquoted", "'#' or ';' in a value without quotes", "put the value in quotes",
        lambda world: (world.edit("= s#cret", '= "s#cret"'), world.server.users.update({"me@example.org": "s#cret"})),
        text=replace("= correct horse", "= s#cret")),
    Row("quote that does not end", "unterminated quote", "unterminated quote",
        edit('= "correct horse', '= "correct horse"'), text=replace("= correct horse", '= "correct horse')),
    Row("comment behind the secret", "no comment may stand on the line of 'password'",
        "the comment on a line of its own", edit(" ; mine", "\n; mine"),
        text=replace("= correct horse", "= correct horse ; mine")),
    Row("key before any section", "a key before the first [section]", "[section]", edit("queue = no\n[", "["),
        text=lambda text: "queue = no\n" + text),
]


class BrokenSetups(Case):
    def assertTold(self, row, text, first):
        self.assertIn(row.says, first, text)
        self.assertIn(row.hint, text)
        self.assertTrue([t for t in diagnostics.texts() if diagnostics.explains(t, first)],
                        "sendoff(1) does not explain: " + first)

    def run_row(self, row):
        world = World(self, row)
        box = world.box
        done = box.sendmail("bob@example.net", stdin=MESSAGE)
        self.assertNotEqual(done.status, 0, str(done))
        world.told = done.stderr
        self.assertTold(row, done.stderr, done.stderr.splitlines()[0])
        checked = box.sendoff("check", "--rcpt", "bob@example.net")
        self.assertEqual((checked.status, checked.stderr), (done.status, ""), str(checked))
        lines = checked.stdout.decode().splitlines()
        failed = [line for line in lines if line.startswith("FAIL ")]
        self.assertEqual(len(failed), 1, str(checked))
        self.assertTold(row, checked.stdout.decode(), failed[0])
        row.mend(world)
        self.assertExit(box.sendmail("bob@example.net", stdin=MESSAGE), 0)
        self.assertEqual(world.server.take()[0].to, ["bob@example.net"])
        checked = box.sendoff("check", "--rcpt", "bob@example.net")
        self.assertEqual(checked.status, 0, str(checked))

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(ROWS), 25)
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS))


def add_tests():
    for row in ROWS:
        def test(self, row=row):
            self.run_row(row)
        setattr(BrokenSetups, "test_" + re.sub(r"\W+", "_", row.name.lower()), test)


add_tests()
