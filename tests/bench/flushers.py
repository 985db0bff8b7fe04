# SPDX-License-Identifier: ISC
"""The peers that have a queue, flushing one: how long, and over how many connections.

Their programs are unpacked, not installed: see tests/bench/enter, in whose namespace this runs.
"""

import os
import subprocess
import time

from clients import PASSWORD, USER

# Each prepares, keeps "$COUNT" copies of "$MESSAGE" while nothing is sent, prints the time, sends
# them all, waits until its queue is empty, and prints the time again.
NULLMAILER = r"""
mkdir -p /etc/nullmailer /var/spool/nullmailer/queue /var/spool/nullmailer/tmp /var/spool/nullmailer/failed
echo client.example >/etc/nullmailer/me
cp "$BUNDLE" /etc/nullmailer/ca.pem
echo "localhost smtp --port=$PORT --starttls --x509cafile=/etc/nullmailer/ca.pem --auth-login --user=$LOGIN --pass=$SECRET" \
	>/etc/nullmailer/remotes
chown -R mail:mail /var/spool/nullmailer /etc/nullmailer
rm -f /var/spool/nullmailer/trigger
mkfifo -m 622 /var/spool/nullmailer/trigger
chown mail:mail /var/spool/nullmailer/trigger
n=0
while [ $n -lt "$COUNT" ]; do
	{ printf 'me@example.org\na@example.net\n\n'; tr -d '\r' <"$MESSAGE"; } |
		setpriv --reuid=mail --regid=mail --clear-groups /usr/sbin/nullmailer-queue
	n=$((n + 1))
done
date +%s.%N
setpriv --reuid=mail --regid=mail --clear-groups /usr/sbin/nullmailer-send >/dev/null 2>&1 &
while [ "$(ls /var/spool/nullmailer/queue | wc -l)" -gt 0 ]; do sleep 0.02; done
date +%s.%N
kill $!
"""
DMA = r"""
mkdir -p /etc/dma /var/spool/dma
chown root:mail /var/spool/dma
chmod 2775 /var/spool/dma
cat >/etc/dma/dma.conf <<END
SMARTHOST localhost
PORT $PORT
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
STARTTLS
DEFER
MAILNAME client.example
END
echo "$LOGIN|localhost:$SECRET" >/etc/dma/auth.conf
n=0
while [ $n -lt "$COUNT" ]; do
	tr -d '\r' <"$MESSAGE" | /usr/sbin/dma -f me@example.org -- a@example.net
	n=$((n + 1))
done
sed -i /DEFER/d /etc/dma/dma.conf
date +%s.%N
/usr/sbin/dma -q
while ls /var/spool/dma | grep -q ^Q; do sleep 0.02; done
date +%s.%N
"""
MSMTP_SCRIPTS = "/usr/libexec/msmtp/msmtpqueue"
MSMTP = r"""
cd %s
export HOME=$(mktemp -d)
mkdir -m 700 "$HOME/.msmtpqueue"
cat >"$HOME/.msmtprc" <<END
account default
host localhost
port $PORT
auth plain
user $LOGIN
password $SECRET
tls on
tls_trust_file $BUNDLE
END
chmod 600 "$HOME/.msmtprc"
n=0
while [ $n -lt "$COUNT" ]; do
	./msmtp-enqueue.sh -f me@example.org -- a@example.net <"$MESSAGE"
	n=$((n + 1))
done
date +%%s.%%N
./msmtp-runqueue.sh >/dev/null
[ -z "$(ls "$HOME/.msmtpqueue")" ] || exit 1
date +%%s.%%N
rm -r "$HOME"
""" % MSMTP_SCRIPTS
FLUSHERS = (("msmtp-runqueue.sh", MSMTP_SCRIPTS + "/msmtp-runqueue.sh", MSMTP),
            ("nullmailer-send", "/usr/sbin/nullmailer-send", NULLMAILER),
            ("dma -q", "/usr/sbin/dma", DMA))


def flush(script, port, bundle, message, count):
    """Seconds that it took; None where it did not come to an end."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PORT": str(port), "BUNDLE": bundle,
           "LOGIN": USER, "SECRET": PASSWORD, "COUNT": str(count), "MESSAGE": message}
    try:
        done = subprocess.run(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                              env=env, capture_output=True, text=True, timeout=240, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print("did not end: %s %s" % (error, error.stderr))
        return None
    start, end = done.stdout.split()[-2:]
    time.sleep(0.2)
    return float(end) - float(start)


def available():
    return [(name, script) for name, program, script in FLUSHERS if os.access(program, os.X_OK)]
