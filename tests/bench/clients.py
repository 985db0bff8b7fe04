# SPDX-License-Identifier: ISC
"""The programs that the benchmark runs, each with a configuration for one and the same server."""

import os
import shutil
import sys

USER, PASSWORD = "you@example.org", "simple"


class Client:
    """argv() makes the command for a message to `recipients`; prepare() writes what it needs."""

    name, program = "", ""

    def __init__(self, folder, bundle):
        self.folder, self.bundle = os.path.join(folder, self.name), bundle
        os.makedirs(self.folder, exist_ok=True)

    @classmethod
    def path(cls):
        return shutil.which(cls.program, path="/usr/bin:/usr/sbin")

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def prepare(self, port, implicit):
        raise NotImplementedError

    def argv(self, recipients):
        raise NotImplementedError

    def before_run(self):
        pass

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "HOME": self.folder}

    def takes(self, recipients):
        """Is it worth the time to let it send to so many?"""
        return True


class Sendoff(Client):
    """Resumes TLS sessions: its first contact is SendoffFirst."""

    name = "sendoff, resumed"
    queue, more = "no", ""

    @classmethod
    def path(cls):
        return os.path.abspath(os.environ["SENDOFF"])

    def prepare(self, port, implicit):
        self.config = self.write("sendoff.ini", f"""[sendoff]
domain = example.org
hostname = client.example
log = none
queue = {self.queue}
queue_dir = {self.folder}/queue
state_dir = {self.folder}/state
[bench]
host = localhost
port = {port}
tls = {"implicit" if implicit else "starttls"}
tls_trust = {self.bundle}
auth = plain
user = {USER}
password = {PASSWORD}
{self.more}""")
        link = os.path.join(self.folder, "sendmail")
        if not os.path.islink(link):
            os.symlink(self.path(), link)

    def argv(self, recipients):
        return [os.path.join(self.folder, "sendmail"), "-C", self.config, "-i", "-f",
                "me@example.org", "--", *recipients]


class SendoffFirst(Sendoff):
    name = "sendoff, first contact"

    def before_run(self):
        shutil.rmtree(os.path.join(self.folder, "state"), ignore_errors=True)


class SendoffEarly(Sendoff):
    """Commands before the greeting and the EHLO reply, with servers that offered it before."""

    name = "sendoff, pipeconnect"
    more = "pipeconnect = auto\n"


class Msmtp(Client):
    name = program = "msmtp"

    def prepare(self, port, implicit):
        self.config = self.write("msmtprc", f"""account default
host localhost
port {port}
auth plain
user {USER}
password {PASSWORD}
from me@example.org
tls on
tls_starttls {"off" if implicit else "on"}
tls_trust_file {self.bundle}
""")

    def argv(self, recipients):
        return [self.path(), "-C", self.config, "-f", "me@example.org", "--", *recipients]


class Curl(Client):
    name = program = "curl"

    def takes(self, recipients):  # it waits for the reply to each
        return recipients <= 10

    def prepare(self, port, implicit):
        self.url = ("smtps" if implicit else "smtp") + f"://localhost:{port}/client.example"

    def argv(self, recipients):
        words = [self.path(), "--silent", "--show-error", "--ssl-reqd", "--cacert", self.bundle,
                 "--sasl-ir", "--login-options", "AUTH=PLAIN", "--user", f"{USER}:{PASSWORD}",
                 "--mail-from", "me@example.org", "--upload-file", "-"]
        for recipient in recipients:
            words += ["--mail-rcpt", recipient]
        return words + [self.url]


PEERS = (Msmtp, Curl)


def installed(folder, bundle):
    """All clients that are there; sendoff's first."""
    clients = [kind(folder, bundle) for kind in (SendoffFirst, Sendoff) + PEERS if kind.path()]
    missing = [kind.name for kind in PEERS if not kind.path()]
    if missing:
        print("not installed, left out: " + ", ".join(missing), file=sys.stderr)
    return clients
