# SPDX-License-Identifier: ISC
"""A set-group-ID install in a folder of its own, with users of its own: root only.

Each program runs in a mount namespace, where the folder's etc/ lies over the program's
SYSCONFDIR and its passwd and group over the machine's: nothing of the machine changes.

    box = Install()                 # box.close() in the end
    box.configure("[work]\nhost = ...")
    done = box.run("sendmail", "-t", user="alice", stdin="...")
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile

import folders
from sandbox import SANITIZERS, Done, binary, parse_log
from world import no_namespace

GROUP = 4242
USERS = {"alice": 4001, "bob": 4002, "sendoff": 4003, "root": 0}


def system_directory():
    """SYSCONFDIR, as the program itself tells it."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([binary(), "send", "a@example.org"], input=b"", stderr=subprocess.PIPE,
                              env={"HOME": home, **SANITIZERS}, check=False)
    found = re.search(r"(/\S*)/sendoff/sendoff\.ini", done.stderr.decode())
    return found.group(1) if found else None


def reason_not_to():
    """Why such an install cannot be tried here; None: it can."""
    return no_namespace()


def gid_of(user):
    """A user's group is their own; the service's is the one that owns configuration and queue."""
    return GROUP if user == "sendoff" else USERS[user]


class Install:
    def __init__(self):
        self.etc = system_directory()
        self.path = folders.make("setgid")
        self.group_folder("etc", 0o755, 0)
        self.group_folder("etc/sendoff", 0o750)
        self.queue = self.group_folder("queue", 0o2770)
        self.state = self.group_folder("state", 0o2770)
        self.group_folder("log", 0o2770)
        self.group_folder("bin", 0o755, 0)
        self.program = self.file("bin", "sendoff")
        shutil.copy(binary(), self.program)
        self.set_id(True)
        for name in ("sendmail", "mailq", "newaliases"):
            os.symlink("sendoff", self.file("bin", name))
        self.make_users()

    def set_id(self, is_on):
        os.chown(self.program, 0, GROUP)
        os.chmod(self.program, 0o2755 if is_on else 0o755)

    def make_users(self):
        with open("/etc/passwd", encoding="utf-8") as passwd, open("/etc/group", encoding="utf-8") as group:
            users, groups = passwd.read(), group.read()
        os.makedirs(self.file("home"))
        for name, uid in USERS.items():
            if uid:
                users += "%s:x:%d:%d:%s:%s:/bin/sh\n" % (name, uid, gid_of(name), name.title(), self.home(name))
                os.makedirs(self.home(name))
                os.chown(self.home(name), uid, uid)
        self.write("passwd", users, mode=0o644)
        self.write("group", groups + "sendoff:x:%d:\n" % GROUP, mode=0o644)

    def file(self, *names):
        return os.path.join(self.path, *names)

    def home(self, name):
        return self.file("home", name)

    def group_folder(self, name, mode, gid=GROUP):
        path = self.file(name)
        os.makedirs(path)
        os.chown(path, 0, gid)
        os.chmod(path, mode)
        return path

    def write(self, name, content, uid=0, gid=0, mode=0o600):
        path = self.file(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chown(path, uid, gid)
        os.chmod(path, mode)
        return path

    def users_file(self, user, name, content, mode=0o600):
        """A file below the user's home, with its folders, all the user's."""
        path = self.write(os.path.join("home", user, name), content, USERS[user], USERS[user], mode)
        folder = os.path.dirname(path)
        while folder != self.file("home"):
            os.chown(folder, USERS[user], USERS[user])
            folder = os.path.dirname(folder)
        return path

    def configure(self, text):
        """The system's file; queue, state and log are filled in."""
        head = "[sendoff]\nqueue = yes\nqueue_dir = %s\nstate_dir = %s\nlog = %s\ndomain = example.org\n" % (
            self.queue, self.state, self.file("log", "log"))
        if not os.path.exists(self.file("log", "log")):
            self.write("log/log", "", 0, GROUP, 0o660)
        return self.write("etc/sendoff/sendoff.ini", head + text, 0, GROUP, 0o640)

    def command(self, program, words, user, setup, prefix):
        """`setup` is shell that runs as the user just before the program."""
        ids = ["--reuid", str(USERS[user]), "--regid", str(gid_of(user)), "--clear-groups"]
        inner = "%s\nexec %s \"$@\"" % (setup, prefix)
        outer = "mount --bind %s %s && mount --bind %s /etc/passwd && mount --bind %s /etc/group && exec \"$@\"" % (
            self.file("etc"), self.etc, self.file("passwd"), self.file("group"))
        return ["unshare", "-m", "sh", "-c", outer, "sh",
                "setpriv", *ids, "--",
                "sh", "-c", inner, "sh", self.file("bin", program), *words]

    def start(self, program, *words, user="alice", env=None, setup="", prefix="", **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.home(user), **SANITIZERS, **(env or {})}
        options.setdefault("cwd", "/")
        return subprocess.Popen(self.command(program, words, user, setup, prefix), env=environment, **options)

    def run(self, program, *words, stdin=b"", timeout=60, **options):
        logged = len(self.log())
        if isinstance(stdin, str):
            stdin = stdin.encode()
        child = self.start(program, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, **options)
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            raise AssertionError("still running: %s" % shlex.join(child.args)) from None
        done = Done([program, *words], child.returncode, stdout, stderr, self.log()[logged:])
        if done.status == 99 or "Sanitizer" in done.stderr or "runtime error:" in done.stderr:
            raise AssertionError("sanitizer: %s" % done)
        return done

    def sendoff(self, *words, **options):
        return self.run("sendoff", *words, **options)

    def log(self):
        path = self.file("log", "log")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return [parse_log(line) for line in file]

    def close(self):
        folders.remove(self.path)
