# SPDX-License-Identifier: ISC
"""The programs that the benchmark runs, each with a configuration for one and the same server."""

import os
import shutil
import sys

USER, PASSWORD = "you@example.org", "simple"


class Client:
    """argv() makes the command for a message to `recipients`; prepare() writes what it needs."""

    name, program = "", ""
    line_end = b"\r\n"  # of what it reads
    takes_large = tells_version = True

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

    def input(self, message, recipients):
        """The opened file that it reads; the caller closes it."""
        if self.line_end == b"\r\n":
            return open(message, "rb")
        path = message + ".lf"
        if not os.path.exists(path):
            with open(message, "rb") as read, open(path, "wb") as write:
                write.writelines(line.replace(b"\r\n", b"\n") for line in read)
        return open(path, "rb")

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


class Dma(Client):
    """Verifies no certificate; has its configuration where that was compiled in."""

    name = program = "dma"
    line_end = b"\n"
    tells_version = False

    def takes(self, recipients):  # a connection for each
        return recipients <= 10

    def prepare(self, port, implicit):
        os.makedirs("/etc/dma", exist_ok=True)
        os.makedirs("/var/spool/dma", exist_ok=True)
        shutil.chown("/var/spool/dma", "root", "mail")
        os.chmod("/var/spool/dma", 0o2775)
        with open("/etc/dma/dma.conf", "w", encoding="utf-8") as file:
            file.write(f"""SMARTHOST localhost
PORT {port}
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
{"" if implicit else "STARTTLS"}
MAILNAME client.example
""")
        with open("/etc/dma/auth.conf", "w", encoding="utf-8") as file:
            file.write(f"{USER}|localhost:{PASSWORD}\n")

    def argv(self, recipients):
        return [self.path(), "-D", "-f", "me@example.org", "--", *recipients]


class Ssmtp(Client):
    """Verifies no certificate."""

    name = program = "ssmtp"
    line_end = b"\n"
    takes_large = tells_version = False  # a large one takes a minute

    def takes(self, recipients):
        return recipients <= 10

    def prepare(self, port, implicit):
        self.config = self.write("ssmtp.conf", f"""mailhub=localhost:{port}
{"UseTLS" if implicit else "UseSTARTTLS"}=YES
AuthUser={USER}
AuthPass={PASSWORD}
hostname=client.example
FromLineOverride=YES
""")

    def argv(self, recipients):
        return [self.path(), "-C" + self.config, "-f", "me@example.org", *recipients]


class Nullmailer(Client):
    """Only the module that speaks SMTP; a shell puts the message where it reads it."""

    name = "nullmailer"
    line_end = b"\n"
    tells_version = False

    @classmethod
    def path(cls):
        return shutil.which("smtp", path="/usr/lib/nullmailer")

    def takes(self, recipients):
        return recipients <= 10

    def prepare(self, port, implicit):
        self.options = [f"--port={port}", "--tls" if implicit else "--starttls"]

    def input(self, message, recipients):
        path = os.path.join(self.folder, "mail")
        with super().input(message, recipients) as read, open(path, "wb") as write:
            write.write("\n".join(["me@example.org", *recipients, "", ""]).encode())
            shutil.copyfileobj(read, write)
        return open(path, "rb")

    def environment(self):
        return {**super().environment(), "HELOHOST": "client.example"}

    def argv(self, recipients):
        return ["/bin/sh", "-c", 'exec "$@" 3<&0 </dev/null', "sh", self.path(),
                "--host=localhost", f"--x509cafile={self.bundle}", "--auth-login",
                f"--user={USER}", f"--pass={PASSWORD}", *self.options]


PEERS = (Msmtp, Curl, Dma, Nullmailer, Ssmtp)


def installed(folder, bundle):
    """All clients that are there; sendoff's first."""
    clients = [kind(folder, bundle) for kind in (SendoffFirst, Sendoff) + PEERS if kind.path()]
    missing = [kind.name for kind in PEERS if not kind.path()]
    if missing:
        print("not installed, left out: " + ", ".join(missing), file=sys.stderr)
    return clients
