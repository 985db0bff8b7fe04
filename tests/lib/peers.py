# SPDX-License-Identifier: ISC
"""Runs the programs whose configuration sendoff imports: msmtp, ssmtp, dma, nullmailer, esmtp, Postfix.

Each is what tests/run has unpacked ($SENDOFF_PEERS), laid over the machine in a mount namespace as
in world.py, on a host called box.example.org, with its configuration in its own place.  sendoff
runs in the same surroundings, with what `config import` made of that configuration.
"""

import copy
import os
import subprocess
import unittest

import certs
from sandbox import SANITIZERS, binary
from world import LAY_OVER, TOP, hindrance

PEERS = os.environ.get("SENDOFF_PEERS", os.path.join(TOP, "build", "peers"))

# $1: a folder for the mounts; $2: what goes into /etc; $3: sendoff; $4: trees; $5: shell that defines
# send, and settle, which waits for a queue; $6: for each message a folder with `words` and `message`.
ENTER = LAY_OVER + r"""
set -e
w=$1 files=$2 program=$3 trees=$4 script=$5 messages=$6
hostname box.example.org
# shellcheck disable=SC2086
lay_over $trees
cp "$program" "$w/sendoff"
ln -s sendoff "$w/sendmail"
mkdir "$w/root"
mount --bind "$w/root" /root
mount -t tmpfs none /run
chmod -R a+rX "$files"
cp -r "$files/." /etc/
settle() { :; }
eval "$script"
for folder in "$messages"/*; do
	[ -d "$folder" ] || continue
	set --
	while read -r word; do
		set -- "$@" "$word"
	done <"$folder/words"
	send "$@" <"$folder/message" || echo "$(basename "$folder"): exit $?" >&2
done
settle
"""
UNSHARE = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "sh", "-c"]


class Peer:
    """program: whose tree it is; files: below /etc, by name; imports: those that are imported;
    script: see ENTER; trees: more of them, below the program's; tls: what the server speaks."""

    def __init__(self, program, files, imports, script, *trees, tls="starttls"):
        self.program, self.files, self.script, self.tls = program, files, script, tls
        self.imports = ["/etc/" + name for name in imports]
        self.trees = [os.path.join(PEERS, name) for name in (program, *trees)]

    def changed(self, name, old, new):
        """The same with that text in place of this in one of its files, which may be a new one."""
        other = copy.copy(self)
        other.files = dict(self.files, **{name: self.files.get(name, old).replace(old, new)})
        if name not in self.files:
            other.imports = [*self.imports, "/etc/" + name]
        return other

    def need(self):
        if hindrance():
            raise unittest.SkipTest(hindrance())
        for tree in self.trees:
            if not os.path.isdir(tree):
                raise unittest.SkipTest("not unpacked: %s" % tree)

    def write(self, box, server, messages):
        """Its files, and {name: (words, message)}, into the sandbox."""
        places = {"port": server.port, "ca": certs.get("good").ca, "pin": certs.fingerprint()}
        files = {os.path.join("etc", name): text.format(**places) for name, text in self.files.items()}
        for name, (words, message) in messages.items():
            files[os.path.join("messages", name, "words")] = "".join(word + "\n" for word in words)
            files[os.path.join("messages", name, "message")] = message
        for name, text in files.items():
            os.makedirs(os.path.dirname(box.file(name)), exist_ok=True)
            box.write(name, text)
        os.makedirs(box.file("place"), exist_ok=True)

    def run(self, box, script, messages=""):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "USER": "root", "LOGNAME": "root", **SANITIZERS}
        return subprocess.run([*UNSHARE, ENTER, "sh", box.file("place"), box.file("etc"), binary(), " ".join(self.trees), script, messages],
                              stdin=subprocess.DEVNULL, capture_output=True, env=env, cwd="/", timeout=120, text=True)

    def send(self, box):
        """The program itself sends the messages that are written."""
        return self.run(box, self.script, box.file("messages"))

    def imported(self, box):
        """What `config import` makes of its files."""
        return self.run(box, '"$w/sendoff" config import %s' % " ".join(self.imports)).stdout

    def send_ours(self, box, configuration):
        """sendoff sends them, at once, by that configuration."""
        box.write("imported", configuration)
        return self.run(box, r"""
            mkdir -p /root/.config/sendoff
            sed 's/^queue = .*/queue = no/; /^delivery = /d' %s >/root/.config/sendoff/sendoff.ini
            chmod 600 /root/.config/sendoff/sendoff.ini
            "$w/sendoff" config lint >&2
            send() { "$w/sendmail" "$@"; }
            """ % box.file("imported"), box.file("messages"))


ALIASES = "root: admin@example.net\n"

MSMTP = Peer("msmtp", {"msmtprc": """
defaults
auth on
tls on
tls_trust_file {ca}
account other
host nowhere.invalid
from other@example.org
account work
host 127.0.0.1
port {port}
from me@example.org
domain box.example.org
user me@example.org
password secret
aliases /etc/aliases
account default : work
""", "aliases": ALIASES}, ["msmtprc"], 'send() { msmtp "$@"; }')

SSMTP = Peer("ssmtp", {"ssmtp/ssmtp.conf": """
root=admin@example.net
mailhub=127.0.0.1:{port}
rewriteDomain=example.org
hostname=box.example.org
UseTLS=YES
UseSTARTTLS=YES
TLS_CA_File={ca}
AuthUser=me@example.org
AuthPass=secret
FromLineOverride=YES
""", "ssmtp/revaliases": "nobody:noone@example.org:127.0.0.1:{port}\n", "aliases": ALIASES},
             ["ssmtp/ssmtp.conf", "ssmtp/revaliases"], 'send() { ssmtp "$@"; }')

DMA = Peer("dma", {"dma/dma.conf": """
SMARTHOST 127.0.0.1
PORT {port}
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
STARTTLS
FINGERPRINT {pin}
MAILNAME box.example.org
""", "dma/auth.conf": "me@example.org|127.0.0.1:secret\n", "aliases": ALIASES}, ["dma/dma.conf", "dma/auth.conf"], r"""
mkdir -p /var/spool/dma
chown root:mail /var/spool/dma /etc/dma/*
chmod 2775 /var/spool/dma
chmod 640 /etc/dma/*
send() { dma "$@"; }
settle() { while ls /var/spool/dma | grep -q '^Q'; do sleep 0.1; done; }
""")

NULLMAILER = Peer("nullmailer", {
    "nullmailer/remotes": "127.0.0.1 smtp --port={port} --starttls --x509cafile={ca} --user=me@example.org --pass=secret\n",
    "mailname": "box.example.org\n", "nullmailer/adminaddr": "admin@example.net\n", "nullmailer/defaultdomain": "example.org\n",
    "aliases": ALIASES},
    ["nullmailer/remotes", "nullmailer/adminaddr", "nullmailer/defaultdomain", "mailname"], r"""
spool=/var/spool/nullmailer
mkdir -p $spool/queue $spool/tmp $spool/failed
rm -f $spool/trigger
mkfifo -m 622 $spool/trigger
chown -R mail:mail $spool /etc/nullmailer /usr/sbin/nullmailer-queue
chmod 4755 /usr/sbin/nullmailer-queue
send() { /usr/sbin/sendmail "$@"; }
settle() {
	setpriv --reuid=mail --regid=mail --clear-groups /usr/sbin/nullmailer-send >&2 &
	while ls $spool/queue $spool/failed | grep -q '[0-9]'; do sleep 0.1; done
}
""")

ESMTP = Peer("esmtp", {"esmtprc": """
helo = box.example.org
hostname = 127.0.0.1:{port}
username = "me@example.org"
password = "secret"
qualifydomain = example.org
""", "aliases": ALIASES}, ["esmtprc"], r"""
send() { esmtp "$@"; }
""", tls="off")  # its library stands still now and then after STARTTLS

POSTFIX = Peer("postfix", {"postfix/main.cf": """
compatibility_level = 3.6
myhostname = box.example.org
mydomain = example.org
myorigin = $mydomain
mydestination =
relayhost = [127.0.0.1]:{port}
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = encrypt
smtp_tls_CAfile = {ca}
alias_maps = hash:/etc/aliases
""", "postfix/sasl_passwd": "[127.0.0.1]:{port} me@example.org:secret\n", "aliases": ALIASES},
               ["postfix/main.cf", "postfix/sasl_passwd"], r"""
echo 'postfix:x:4301:4301::/var/spool/postfix:/usr/sbin/nologin' >>/etc/passwd
printf 'postfix:x:4301:\npostdrop:x:4302:\n' >>/etc/group
sed 's/^smtp  *inet/#&/; s/^\([a-z]* *[a-z]* *[-yn] *[-yn] *\)y/\1n/' /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf
mkdir -p /var/lib/postfix
chown postfix /var/lib/postfix
postalias /etc/aliases
postmap /etc/postfix/sasl_passwd
postfix start
send() { /usr/sbin/sendmail "$@"; }
settle() { until postqueue -p | grep -q 'is empty'; do sleep 0.1; done; }
""", "libsasl2-modules")
