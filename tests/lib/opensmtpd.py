# SPDX-License-Identifier: ISC
"""OpenSMTPD as a server without PIPELINING and CHUNKING: see servers.py.

Debian 12's cannot do TLS as a server (its key process and OpenSSL 3 do not get along), and so no
AUTH: it listens in clear and takes everything.  Its folders and users are compiled in, so it runs
in a mount namespace of its own.
"""

import unittest

from daemon import PROGRAMS, Daemon, answers, free_ports
from world import UNSHARE, hindrance

# $1: a folder for it, $2: the program, $3: its configuration.
ENTER = r"""
set -e
mount -t tmpfs none "$1"
cp /etc/passwd /etc/group "$1"
for user in opensmtpd:64011 opensmtpq:64012; do
	name=${user%:*} id=${user#*:}
	echo "$name:x:$id:$id::/var/lib/opensmtpd/empty:/usr/sbin/nologin" >>"$1/passwd"
	echo "$name:x:$id:" >>"$1/group"
done
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
for folder in /run /var/lib /var/spool; do
	mount -t tmpfs none $folder
done
mkdir -p -m 755 /var/lib/opensmtpd/empty
mkdir -p -m 711 /var/spool/smtpd
exec "$2" -d -f "$3"
"""

CONFIG = """
table refused {{ "refused@example.net" }}
listen on 127.0.0.1 port {off} hostname opensmtpd.test
smtp max-message-size 110M
action "sink" relay host "lmtp://127.0.0.1:{sink}"
match from any for rcpt-to <refused> reject
match from any for any action "sink"
"""


class OpenSmtpd(Daemon):
    """.ports["off"]."""

    def __init__(self, sink_port):
        if hindrance():
            raise unittest.SkipTest(hindrance())
        program = PROGRAMS.find("/usr/sbin/smtpd")
        super().__init__("opensmtpd")
        self.ports = {"off": free_ports(1)[0]}
        config = self.write("conf", CONFIG.format(sink=sink_port, **self.ports))
        self.spawn([*UNSHARE, ENTER, "sh", self.make_folder("place"), program, config],
                   lambda: answers(self.ports["off"]))
