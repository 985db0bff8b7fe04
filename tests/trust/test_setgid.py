# SPDX-License-Identifier: ISC
"""The set-group-ID program against its caller: all that an unprivileged user can put around a call.

Each row is tried by alice, a real second uid, on an install with one system account.  Whatever
the call itself comes to, afterwards: no output and no file that she can read holds the system's
password, or anything of bob's queued mail; bob's mail lies there as before; nothing was written
where only the group may write, or with the group anywhere but in queue, state and log; and the
system's password was said to no server but the system's.
"""

import os
import shutil
import signal
import subprocess
import unittest

import certs
import setgid
from case import MESSAGE, Case

PASSWORD, BOBS = "s3cr3t-Of-All", "b0bs-private-words"
SYSTEM = """account = work
[work]
host = 127.0.0.1
port = %(port)d
tls = off
user = shared
password = """ + PASSWORD + """
[other]
host = 127.0.0.1
port = %(port)d
tls = off
user = shared
password = """ + PASSWORD + "\n"
EVIL = "host = 127.0.0.1\nport = %(evil)d\ntls = off\n"
PROXY = "proxy = socks5://127.0.0.1:%(evil)d\n"

# The caller's own files: what they hold, and the words that go with them.
FILES = {
    "an account of the same name": ("[work]\n" + EVIL, ()),
    "its host alone": ("[work]\nhost = 127.0.0.1\n", ()),
    "its port alone": ("[work]\nport = %(evil)d\n", ()),
    "a proxy": ("[work]\n" + PROXY, ()),
    "a proxy for the other account": ("[other]\n" + PROXY, ("-a", "other")),
    "a socket": ("[work]\nsocket = %(home)s/socket\n", ()),
    "no verification": ("[work]\ntls_verify = no\n", ()),
    "trust": ("[work]\ntls_trust = %(home)s/ca.pem\n", ()),
    "a default that is the system's": ("[sendoff]\naccount = work\n[mine]\n" + EVIL, ()),
    "a fallback to the system's": ("[mine]\n" + EVIL + "fallback = work\n", ()),
    "an account that falls back": ("[mine]\nhost = 127.0.0.1\nport = 1\ntls = off\nfallback = work\n", ()),
    "a log": ("[sendoff]\nlog = %(victim)s/log\n", ()),
    "a log of an account": ("[sendoff]\nlog = %(victim)s/log\n[mine]\n" + EVIL, ()),
    "a queue": ("[sendoff]\nqueue = yes\nqueue_dir = %(victim)s\n", ("-odq",)),
    "a queue of an account": ("[sendoff]\nqueue = yes\nqueue_dir = %(victim)s\n[mine]\n" + EVIL, ("-odq",)),
    "the system's queue": ("[sendoff]\nqueue = yes\nqueue_dir = %(queue)s\n[mine]\n" + EVIL, ("-q",)),
    "a state": ("[sendoff]\nstate_dir = %(victim)s\n[mine]\n" + EVIL + "tls = starttls\n", ()),
    "aliases": ("[sendoff]\naliases = %(secret)s\n[mine]\n" + EVIL, ("-bi",)),
    "senders": ("[mine]\nsenders = %(secret)s\n" + EVIL, ()),
    "a password file": ("[mine]\nuser = u\npassword_file = %(secret)s\n" + EVIL, ()),
    "a password command": ("[mine]\nuser = u\npassword_command = cat %(secret)s\n" + EVIL, ()),
    "a command that writes": ("[mine]\nuser = u\npassword_command = 'id -G; touch %(victim)s/new'\n" + EVIL, ()),
    "a client certificate": ("[mine]\ntls_cert = %(secret)s\n" + EVIL + "tls = implicit\n", ()),
    "the PIN of a token": ("[mine]\ntls_cert = \"pkcs11:object=x?pin-source=file:%(secret)s\"\n" + EVIL + "tls = implicit\n", ()),
    "nonsense": ("[mine\n", ()),
    "an empty file": ("", ()),
}

WORDS = (
    "-v", "-v -v", "-v -bs", "-C %(secret)s", "-C%(secret)s", "-C /proc/self/fd/0", "-C /dev/stdin", "-C /proc/self/mem",
    "-C %(home)s", "-C /", "-C ''", "-C nothing", "-C %(home)s/link", "-C %(home)s/hard", "-C %(home)s/fifo",
    "-a other -v", "-a nobody", "-a %(secret)s", "-X %(victim)s/x", "-D %(victim)s/x", "-D%(victim)s/x", "-d0-99.127",
    "-d99", "-O QueueDirectory=%(victim)s", "-O LogFile=%(victim)s/log", "-O AliasFile=%(secret)s", "-oQ%(victim)s",
    "-oA%(secret)s", "-oL9", "-oH%(victim)s", "-A%(secret)s", "-Ac", "-M %(bobs)s", "-qI%(bobs)s", "-qR", "-q -v",
    "-q -a work -v", "-qG", "-q!Ix", "-p %(secret)s", "-L ../../%(victim)s", "-F x -f root@example.org",
    "-F 'a\nBcc: x@example.net'", "-f 'a\nRCPT TO:<x@example.net>'", "-f '<%(secret)s>'", "-bp", "-bi", "-bv -v",
    "-bs -a other", "-bt", "-bd", "-bD", "-bz", "-bh", "-oem", "-oee", "-odb", "-odq", "-t -i -n", "-I", "-V '%%n%%n%%s'",
    "-N success -R full", "-B 8BITMIME", "-G -U -m -s -c -x", "--account=other", "--help", "--version",
)

COMMANDS = (
    "queue list --json", "queue show %(bobs)s", "queue remove %(bobs)s", "queue hold %(bobs)s", "queue release %(bobs)s",
    "queue show ../../etc/sendoff/sendoff.ini", "queue remove ../../victim/file", "queue run --all",
    "queue run --account other", "queue -C %(secret)s list", "queue run -C %(secret)s", "config show", "config --path",
    "config lint", "config lint -C %(secret)s", "config show -C %(home)s/link", "config import %(secret)s",
    "config import %(home)s/link", "check --offline", "check -C %(secret)s", "check -a other --json", "check --vrfy bob",
    "setup --force --address a@example.org --host 127.0.0.1", "send --dry-run bob@example.net", "nothing",
)

ENVIRONMENT = {
    "SENDOFF_CONFIG": "%(home)s/evil.ini", "HOME": "%(evilhome)s", "XDG_CONFIG_HOME": "%(evilhome)s/.config",
    "XDG_STATE_HOME": "%(victim)s", "XDG_CACHE_HOME": "%(victim)s", "TMPDIR": "%(victim)s", "TMP": "%(victim)s",
    "LD_PRELOAD": "%(home)s/x.so", "LD_LIBRARY_PATH": "%(home)s", "LD_AUDIT": "%(home)s/x.so", "LD_DEBUG": "all",
    "LD_DEBUG_OUTPUT": "%(victim)s/ld", "LD_PROFILE_OUTPUT": "%(victim)s", "GLIBC_TUNABLES": "glibc.malloc.check=3",
    "MALLOC_CHECK_": "3", "MALLOC_TRACE": "%(victim)s/trace", "GCONV_PATH": "%(home)s", "LOCPATH": "%(home)s",
    "NLSPATH": "%(secret)s", "LANGUAGE": "../../..", "LC_ALL": "../../../../%(home)s/x", "LANG": "../../x",
    "TZ": ":%(secret)s", "TZDIR": "%(home)s", "RES_OPTIONS": "debug attempts:1", "LOCALDOMAIN": "evil.example",
    "HOSTALIASES": "%(secret)s", "RESOLV_HOST_CONF": "%(secret)s", "RESOLV_ADD_TRIM_DOMAINS": "x",
    "GETCONF_DIR": "%(home)s", "NIS_PATH": "%(home)s", "PATH": "%(home)s", "IFS": "/", "ENV": "%(home)s/x",
    "BASH_ENV": "%(home)s/x", "SHELLOPTS": "xtrace", "GNUTLS_DEBUG_LEVEL": "9", "SSLKEYLOGFILE": "%(victim)s/keys",
    "GNUTLS_SYSTEM_PRIORITY_FILE": "%(secret)s", "GNUTLS_CPUID_OVERRIDE": "0x1", "GNUTLS_FORCE_FIPS_MODE": "1",
    "GNUTLS_NO_EXPLICIT_INIT": "1", "P11_KIT_DEBUG": "all", "P11_KIT_CONFIG_FILE": "%(secret)s",
    "SSL_CERT_FILE": "%(secret)s", "SSL_CERT_DIR": "%(home)s", "OPENSSL_CONF": "%(secret)s", "KRB5_CONFIG": "%(secret)s",
    "KRB5_TRACE": "%(victim)s/krb5", "KRB5CCNAME": "FILE:%(victim)s/cc", "GSS_MECH_CONFIG": "%(secret)s",
    "NETTLE_FAT_OVERRIDE": "none", "GCOV_PREFIX": "%(victim)s", "LSAN_OPTIONS": "log_path=%(victim)s/lsan",
    "UBSAN_OPTIONS": "log_path=%(victim)s/ubsan", "SYSTEMD_LOG_LEVEL": "debug", "NSS_HASH_ALG_SUPPORT": "x",
    "USER": "root", "LOGNAME": "root", "MAIL": "%(secret)s", "PWD": "%(victim)s", "COLUMNS": "-1", "NO_COLOR": "",
    "all_proxy": "socks5://127.0.0.1:%(evil)d", "ALL_PROXY": "socks5://127.0.0.1:%(evil)d", "A=B=C": "", "HOSTNAME": "x\ny",
}

# Shell that alice runs in the process that then becomes the program.
SHELL = {
    "no file may grow": "ulimit -f 0", "small files": "ulimit -f 1", "cores": "ulimit -c unlimited",
    "few descriptors": "ulimit -n 3", "some descriptors": "ulimit -n 5", "more descriptors": "ulimit -n 9",
    "little memory": "ulimit -d 2000", "little stack": "ulimit -s 100", "no time": "ulimit -t 1",
    "no processes": "ulimit -u 0", "no locked memory": "ulimit -l 0",
    "no stdin": "exec <&-", "no stdout": "exec >&-", "no stderr": "exec 2>&-", "no descriptors": "exec <&- >&- 2>&-",
    "stdin is stdout": "exec >&0", "stdin is a folder": "exec < /", "stdin for writing": "exec 0> $HOME/out",
    "stdin without end": "exec < /dev/zero; ulimit -f 8; ulimit -t 1", "outputs are full": "exec > /dev/full 2>&1",
    "open descriptors": "exec 3> $HOME/a 4< /etc/passwd 5> $HOME/b 9<> $HOME/c", "stderr for reading": "exec 2< /dev/null",
    "odd umask": "umask 0", "umask of all": "umask 777", "no folder": "mkdir $HOME/gone && cd $HOME/gone && rmdir $HOME/gone",
    "ignored signals": "trap '' CHLD PIPE ALRM TERM INT HUP", "no name": "", "new session": "",
    "a link for the configuration": "mkdir -p $HOME/.config/sendoff; ln -sf %(secret)s $HOME/.config/sendoff/sendoff.ini",
    "a link for its folder": "mkdir -p $HOME/.config; ln -sfn %(etc)s/sendoff $HOME/.config/sendoff",
    "a hard link": "mkdir -p $HOME/.config/sendoff; ln -f %(secret)s $HOME/.config/sendoff/sendoff.ini 2>/dev/null",
    "a fifo": "mkdir -p $HOME/.config/sendoff; mkfifo $HOME/.config/sendoff/sendoff.ini",
    "a folder": "mkdir -p $HOME/.config/sendoff/sendoff.ini",
    "a loop": "mkdir -p $HOME/.config; ln -sfn sendoff $HOME/.config/sendoff",
    "a state that is a link": "mkdir -p $HOME/.local; ln -sfn %(victim)s $HOME/.local/state",
}
# What is executed in place of the program itself: "$@" follows.
PREFIX = {"no name": "setpriv --reuid 4001", "new session": "setsid -w", "inheritable": "setpriv --inh-caps -all",
          "no new privileges": "setpriv --no-new-privs", "a bounded set": "prlimit --fsize=100:100",
          "stopped for a while": "timeout --foreground -s STOP -k 1 0.05"}
SIGNALS = ("HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "SEGV", "PIPE", "ALRM", "TERM", "USR1", "XCPU", "XFSZ", "SYS")


@unittest.skipIf(setgid.reason_not_to(), setgid.reason_not_to())
class SetgidTest(Case):
    def setUp(self):
        self.smtp = self.server(users={"shared": PASSWORD}, lenient=True)
        self.evil = self.server(users={"shared": PASSWORD}, lenient=True)
        self.box = setgid.Install()
        self.addCleanup(self.box.close)
        box = self.box
        self.names = {"secret": box.configure(SYSTEM % {"port": self.smtp.port}), "home": box.home("alice"),
                      "queue": box.queue, "etc": box.etc, "port": self.smtp.port, "evil": self.evil.port,
                      "victim": box.group_folder("victim", 0o2770), "evilhome": box.home("alice") + "/evil"}
        box.write("victim/file", "untouched", 0, setgid.GROUP, 0o660)
        os.symlink(self.names["secret"], box.file("home", "alice", "link"))
        os.link(self.names["secret"], box.file("home", "alice", "hard"))
        os.mkfifo(box.file("home", "alice", "fifo"))
        os.chown(box.file("home", "alice", "fifo"), 4001, 4001)
        for name in ("evil.ini", "evil/.config/sendoff/sendoff.ini"):
            box.users_file("alice", name, "[work]\n" + EVIL % self.names)
        self.keep_bobs()

    def keep_bobs(self):
        done = self.box.run("sendmail", "-odq", "carol@example.net", user="bob",
                            stdin="Subject: %s\n\n%s\n" % (BOBS, BOBS))
        self.assertExit(done, 0)
        self.bobs = [name for name in os.listdir(self.box.queue) if name.endswith(".msg")][0]
        self.names["bobs"] = self.bobs[:-4]
        self.before = self.read(self.bobs)

    def read(self, name):
        with open(os.path.join(self.box.queue, name), "rb") as file:
            return file.read()

    def readable(self):
        """The text of each file that alice owns or that all may read."""
        for folder, _, names in os.walk(self.box.path):
            for name in names:
                path = os.path.join(folder, name)
                st = os.lstat(path)
                outside = not path.startswith((self.box.queue, self.box.state, self.box.file("log"), self.box.file("etc"),
                                               self.box.file("victim"), self.box.file("bin")))
                if outside and not name == "hard":
                    self.assertNotEqual(st.st_gid, setgid.GROUP, path)
                if (st.st_mode & 0o170000) == 0o100000 and outside and name != "hard":
                    with open(path, "rb") as file:
                        yield file.read(1 << 20)

    def check(self, done=None):
        heard = list(self.readable())
        if done:
            heard += [done.stdout, done.stderr.encode()]
        for text in heard:
            self.assertNotIn(PASSWORD.encode(), text, str(done))
            self.assertNotIn(BOBS.encode(), text, str(done))
        self.assertEqual(self.read(self.bobs), self.before, str(done))
        self.assertNotIn(self.bobs[:-4] + ".state", os.listdir(self.box.queue), str(done))
        self.assertEqual(os.listdir(self.box.file("victim")), ["file"], str(done))
        with open(self.box.file("victim", "file"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "untouched", str(done))
        for connection in self.evil.connections:
            self.assertIsNone(connection.user, str(done))
            self.assertNotIn("AUTH", connection.verbs(), str(done))

    def call(self, program, words, **options):
        line = words % self.names if isinstance(words, str) else words
        options["setup"] = options.get("setup", "") % self.names
        if isinstance(line, str):
            options["setup"] += "\nset -- \"$@\" %s bob@example.net" % line
            line = []
        done = self.box.run(program, *line, stdin=MESSAGE, **options)
        self.check(done)
        return done

    def test_it_works_as_meant(self):
        done = self.call("sendmail", "-v")
        self.assertEqual(done.status, 0, str(done))
        self.assertIn("> AUTH PLAIN ***", done.stderr)
        self.assertEqual(self.smtp.connections[0].user, "shared")
        self.assertExit(self.call("sendmail", "", prefix="setpriv --no-new-privs"), 77,
                        "Permission denied", "NoNewPrivileges")

    def test_files(self):
        for name, (text, words) in FILES.items():
            path = self.box.users_file("alice", ".config/sendoff/sendoff.ini", text % self.names)
            for more in ((), ("-C", path)):
                with self.subTest(name, words=more):
                    self.call("sendmail", [*more, *words, "-v", "bob@example.net"])

    def test_a_client_key_that_only_the_group_may_read(self):
        client = certs.get("client")
        secure = self.server(tls="implicit", context=certs.server_context(ask_client=True))
        for name in ("cert", "key"):
            with open(getattr(client, name), encoding="utf-8") as file:
                self.box.write("etc/sendoff/" + name, file.read(), 0, setgid.GROUP, 0o640)
        self.box.configure("[work]\nhost = localhost\nport = %d\ntls = implicit\ntls_trust = %s\n"
                           "tls_cert = %s/sendoff/cert\ntls_key = %s/sendoff/key\n"
                           % (secure.port, client.ca, self.box.etc, self.box.etc))
        done = self.call("sendmail", "-v")
        self.assertEqual(len(secure.messages), 1, str(done))
        self.assertTrue(secure.connections[0].tls["certificate"])

    def test_the_callers_name(self):
        with open(self.box.file("passwd"), encoding="utf-8") as file:
            users = file.read()
        for gecos, name in (("Mrs &,Room 1,&", "Mrs Alice"), ("&", "Alice"), ("Alice B.", '"Alice B."'), ("", None)):
            with self.subTest(gecos):
                self.box.write("passwd", users.replace(":Alice:", ":%s:" % gecos), mode=0o644)
                self.assertExit(self.box.run("sendmail", "bob@example.net", stdin="Subject: x\n\nx\n"), 0)
                message, = self.smtp.take()
                self.assertIn(("From: %s <alice@" % name if name else "From: alice@").encode(), message.data)

    def test_no_place_in_the_callers_home(self):
        """`~` in the system's file would be whoever calls."""
        for key in ("queue_dir", "state_dir", "log", "aliases"):
            with self.subTest(key):
                path = self.box.configure(SYSTEM % self.names)
                with open(path, encoding="utf-8") as file:
                    lines = [line for line in file if not line.startswith(key + " ")]
                self.box.write("etc/sendoff/sendoff.ini", "".join(lines).replace("[sendoff]", "[sendoff]\n%s = ~/x" % key, 1),
                               0, setgid.GROUP, 0o640)
                self.assertExit(self.call("sendmail", ""), 78, "'%s' would lie in the home of whoever calls" % key)

    def test_no_pkcs11_module_of_the_callers_is_loaded(self):
        """Neither for the system's account, nor for one's own; p11-kit fails where it has read the file."""
        secure = self.server(tls="implicit", lenient=True)
        account = ("[mine]\nhost = localhost\nport = %d\ntls = implicit\ntls_trust = %s\n"
                   "tls_cert = \"pkcs11:token=none;object=none\"\n" % (secure.port, certs.get("good").ca))
        self.box.users_file("alice", ".config/pkcs11/modules/mine.module", "module: %(home)s/x.so\ncritical: yes\n" % self.names)
        self.box.configure(account)
        done = self.call("sendmail", "")
        self.assertIn("PKCS #11 object is not available", done.log[-1]["reply"], str(done))
        self.box.users_file("alice", ".config/sendoff/sendoff.ini", "[sendoff]\nqueue = no\n" + account)
        self.assertExit(self.call("sendmail", ""), 76, "PKCS #11 object is not available")
        self.box.set_id(False)
        self.assertExit(self.call("sendmail", ""), 76, "PKCS #11 initialization")

    def test_a_users_own_account_works_without_the_group(self):
        mine = self.server(users={"me": "mine"})
        self.box.users_file("alice", ".config/sendoff/sendoff.ini",
                            "[mine]\nhost = 127.0.0.1\nport = %d\ntls = off\nuser = me\n"
                            "password_command = 'id -g > ~/gid; echo mine'\n" % mine.port)
        self.assertEqual(self.call("sendmail", "").status, 0)
        mine.take()
        with open(self.box.file("home", "alice", "gid"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "4001\n")
        self.assertEqual(self.smtp.connections, [])

    def test_a_command_that_cannot_be_ended_is_not_waited_for(self):
        """As sudo becomes where it asks for a password that nobody gives."""
        program, fifo = self.box.file("bin", "as-root"), self.box.file("fifo")
        shutil.copy(shutil.which("setpriv"), program)
        os.chmod(program, 0o4755)
        os.mkfifo(fifo)
        self.box.users_file("alice", ".config/sendoff/sendoff.ini",
                            "[mine]\nhost = 127.0.0.1\nport = %d\ntls = off\nuser = me\ntimeout = 1s\n"
                            "password_command = exec %s --reuid=0 --clear-groups cat %s\n"
                            % (self.smtp.port, program, fifo))
        self.assertExit(self.call("sendmail", "", timeout=20), 77, "did not end within the account's timeout")
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))  # fails where nobody reads: it is running still

    def test_words(self):
        for words in WORDS:
            with self.subTest(words):
                self.call("sendmail", words)

    def test_commands(self):
        for words in COMMANDS:
            with self.subTest(words):
                self.call("sendoff", (words % self.names).split())

    def test_environment(self):
        values = {name: value % self.names for name, value in ENVIRONMENT.items()}
        for name, value in values.items():
            with self.subTest(name):
                prefix = "env '%s=%s'" % (name, value)
                self.assertEqual(self.call("sendmail", "-v", prefix=prefix).status, 0)
        everything = "env " + " ".join("'%s=%s'" % pair for pair in values.items() if pair[0] != "PATH")
        self.assertEqual(self.call("sendmail", "-v", prefix=everything).status, 0)
        self.assertEqual(self.evil.connections, [])

    def test_shell(self):
        for name in {**SHELL, **PREFIX}:
            with self.subTest(name):
                self.call("sendmail", "-v", setup=SHELL.get(name, ""), prefix=PREFIX.get(name, ""))
                subprocess.run(["rm", "-rf", self.box.file("home", "alice", ".config"),
                                self.box.file("home", "alice", ".local")], check=True)

    def test_signals(self):
        for name in SIGNALS:
            with self.subTest(name):
                child = self.box.start("sendmail", "bob@example.net", stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       setup="ulimit -c unlimited; cd $HOME")
                child.stdin.write(b"Subject: x\n\n" + b"text\n" * 20000)
                child.stdin.flush()
                child.send_signal(getattr(signal, "SIG" + name))
                out, err = child.communicate(timeout=60)
                for text in (out, err):
                    self.assertNotIn(PASSWORD.encode(), text)
                self.assertEqual([n for n in os.listdir(self.box.home("alice")) if n.startswith("core")], [])
        self.check()

    def test_its_memory_and_files_are_closed_to_the_caller(self):
        child = self.box.start("sendmail", "bob@example.net", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write(b"Subject: x\n\n" + b"text\n" * 20000)
        child.stdin.flush()
        for name in ("mem", "environ", "fd", "maps", "auxv", "stack", "io"):
            done = subprocess.run(
                ["setpriv", "--reuid", "4001", "--regid", "4001", "--clear-groups", "--",
                 "sh", "-c", "cat /proc/%d/%s || ls /proc/%d/%s/" % (child.pid, name, child.pid, name)],
                capture_output=True, check=False)
            self.assertNotEqual(done.returncode, 0, name)
        child.communicate(timeout=60)

    def test_an_included_list_is_read_with_the_callers_rights(self):
        """The alias file is root's; who owns a list that it includes can make anything of it."""
        secret = self.box.write("etc/sendoff/secret", PASSWORD + "\n", 0, setgid.GROUP, 0o640)
        aliases = self.box.write("etc/aliases", "list: :include:%(home)s/list\n" % self.names, mode=0o644)
        self.box.configure("aliases = %s\n" % aliases + SYSTEM % self.names)
        path = self.box.users_file("alice", "list", ":include:%s\n" % secret)
        self.assertEqual(self.call("sendmail", ["-bv", "list"]).status, 67)
        os.unlink(path)
        os.symlink(secret, path)
        self.assertEqual(self.call("sendmail", ["-bv", "list"]).status, 67)
        os.unlink(path)
        self.box.users_file("alice", "list", "carol@example.net\n")
        self.assertIn(b"carol@example.net", self.call("sendmail", ["-bv", "list"]).stdout)

    def test_a_log_line_that_a_limit_cuts_is_not_gone_on_with(self):
        path = self.box.file("log", "log")
        cut = os.stat(path).st_size + 60
        self.assertEqual(self.call("sendmail", "", prefix="prlimit --fsize=%d" % cut).status, 0)
        self.assertEqual(os.stat(path).st_size, cut)
        self.assertEqual(self.call("sendmail", ["-odq", "bob@example.net"], user="bob").status, 0)
        with open(path, encoding="utf-8") as file:
            alices, bobs = file.read()[cut - 60:].splitlines()
        self.assertEqual(len(alices), 60)
        self.assertRegex(bobs, r"^\d{4}-\S+ sendoff\[\d+\]: id=\w+ uid=4002 .* exit=0$")

    def test_a_file_that_changes_between_looks(self):
        """While the program runs, the caller's file is now their own account, now the system's file."""
        mine = self.box.users_file("alice", "mine.ini", "[work]\n" + EVIL % self.names)
        path = self.box.users_file("alice", ".config/sendoff/sendoff.ini", "")
        flip = ("(for i in $(seq 60); do ln -sfn %s %s; ln -sfn %s %s; done) & " %
                (mine, path, self.names["secret"], path))
        for _ in range(5):
            self.call("sendmail", "-v", setup=flip)
