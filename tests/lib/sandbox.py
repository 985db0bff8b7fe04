# SPDX-License-Identifier: ISC
"""Runs the built program in a home of its own, with a configuration of its own.

    with Sandbox() as box:
        box.account(host="127.0.0.1", port=server.port, tls="off")
        done = box.sendmail("-t", stdin="To: a@example.org\n\nhello\n")
        done.status, done.stdout, done.stderr, done.log[-1]["status"]

The program is what $SENDOFF names, else ./sendoff of the current directory.  Nothing of the
machine's own configuration counts: $SENDOFF_CONFIG names the sandbox's file.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess

import certs
import folders

SENDOFF_DEFAULTS = {"queue": "no", "domain": "example.org", "hostname": "client.example"}
PROGRAMS = ("sendmail", "mailq", "newaliases", "sendoff")
# Longer than the program itself waits for a reply (timeout = 60s): it says then what it waited for.
PATIENCE = 150
# Passed on from the environment of the tests; everything else stays out.
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GCOV_PREFIX", "LLVM_PROFILE_FILE",
             "LD_LIBRARY_PATH")
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99:handle_abort=1:detect_stack_use_after_return=1",
              "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1"}


def binary():
    path = os.path.abspath(os.environ.get("SENDOFF", "sendoff"))
    if not os.access(path, os.X_OK):
        raise FileNotFoundError("no program at %s: build it, or set SENDOFF" % path)
    return path


def parse_log(line):
    """`key=value key="quoted \\"value\\""` to a dict (interface: the log line)."""
    pairs = re.findall(r'([a-z]+)=("(?:[^"\\]|\\.)*"|[^ \n]*)', line)
    return {k: re.sub(r"\\(.)", r"\1", v[1:-1]) if v.startswith('"') else v for k, v in pairs}


def quoted(value):
    """A configuration value as the file wants it: quoted where a character would mean something."""
    value = str(value)
    if not re.search(r"[#;'\"]|^\s|\s$", value):
        return value
    quote = "'" if '"' in value else '"'
    return quote + value + quote


class Done:
    """What a run came to."""

    def __init__(self, argv, status, stdout, stderr, log):
        self.argv, self.status, self.log = argv, status, log
        self.stdout, self.stderr = stdout, stderr.decode("utf-8", "backslashreplace")

    def __str__(self):
        return "%s\nexit %s\nstdout: %s\nstderr: %s\nlog: %s" % (
            shlex.join(self.argv), self.status, self.stdout.decode("utf-8", "backslashreplace"),
            self.stderr, self.log)


class Sandbox:
    def __init__(self):
        program = binary()
        self.path = folders.make("test")
        self.children = []
        self.home = self.file("home")
        os.makedirs(self.file("bin"))
        os.makedirs(self.home)
        self.config = self.file("sendoff.ini")
        self.logfile = self.file("log")
        self.sections = {"sendoff": dict(SENDOFF_DEFAULTS, log=self.logfile,
                                         state_dir=self.file("state"),
                                         aliases=self.write("aliases", ""))}
        self.text = None
        for name in PROGRAMS:
            os.symlink(program, self.file("bin", name))

    def file(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, content, mode=0o600):
        """A file of the sandbox; returns its path."""
        path = self.file(name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    # Configuration.

    def set(self, **keys):
        """Keys of [sendoff]; None takes one away."""
        self._merge("sendoff", keys)

    def account(self, name="work", server=None, **keys):
        """Keys of an account; `server` (a smtpd.Server, or a real one's via()) fills in the way."""
        if server is not None:
            self._merge(name, server_keys(server))
        self._merge(name, keys)

    def _merge(self, section, keys):
        values = self.sections.setdefault(section, {})
        values.update(keys)
        for key in [k for k, v in values.items() if v is None]:
            del values[key]

    def configuration(self):
        if self.text is not None:
            return self.text
        lines = []
        for section, keys in self.sections.items():
            lines.append("[%s]" % section)
            lines += ["%s = %s" % (key, quoted(value)) for key, value in keys.items()]
        return "\n".join(lines) + "\n"

    def give_to(self, uid, gid):
        """Everything here belongs to that user from now on; the program is a copy, as the tree may
        lie where that user cannot go."""
        for name in PROGRAMS:
            if os.path.islink(self.file("bin", name)):
                os.unlink(self.file("bin", name))
                shutil.copy(binary(), self.file("bin", name))
        for folder, folders, files in os.walk(self.path):
            for name in [folder] + [os.path.join(folder, n) for n in folders + files]:
                os.chown(name, uid, gid, follow_symlinks=False)

    # Running.

    def environment(self, extra):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.home,
               "SENDOFF_CONFIG": self.config, **SANITIZERS}
        env.update({k: os.environ[k] for k in PASSED_ON if k in os.environ})
        env.update(extra or {})
        return {k: v for k, v in env.items() if v is not None}

    def start(self, program, *words, env=None, cwd=None, uid=None, **options):
        """A subprocess.Popen of the program, for tests that do it piece by piece; finish() it."""
        self.write("sendoff.ini", self.configuration())
        if uid is not None:
            self.give_to(uid, uid)
            options.update(user=uid, group=uid, extra_groups=[])
        logged = len(self.log())
        child = subprocess.Popen([self.file("bin", program), *words], env=self.environment(env),
                                 cwd=cwd or self.home, **options)
        child.logged = logged
        self.children = [c for c in self.children if c.returncode is None] + [child]
        return child

    def run(self, program, *words, stdin=b"", timeout=PATIENCE, **options):
        """Runs it to its end.  A sanitizer's finding is a failure whatever the test expects."""
        if isinstance(stdin, str):
            stdin = stdin.encode()
        if isinstance(stdin, bytes):
            options["stdin"] = subprocess.PIPE
        else:
            options["stdin"], stdin = stdin, None
        child = self.start(program, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           **options)
        return self.finish(child, stdin, timeout)

    def finish(self, child, stdin=None, timeout=PATIENCE):
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            stdout, stderr = self.end(child)
            raise AssertionError("still running after %d s: %s\nstderr: %s" % (
                timeout, child.args, stderr)) from None
        done = Done(child.args, child.returncode, stdout or b"", stderr or b"",
                    self.log()[child.logged:])
        if done.status == 99 or "Sanitizer" in done.stderr or "runtime error:" in done.stderr:
            raise AssertionError("sanitizer: %s" % done)
        return done

    def end(self, child):
        """Ends a run that does not end by itself; the sanitizer says where it was."""
        child.send_signal(signal.SIGABRT)
        try:
            return child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.communicate()

    def sendmail(self, *words, **options):
        return self.run("sendmail", *words, **options)

    def sendoff(self, *words, **options):
        return self.run("sendoff", *words, **options)

    def log(self):
        """The log file's lines so far, parsed."""
        if not os.path.exists(self.logfile):
            return []
        with open(self.logfile, encoding="utf-8", errors="backslashreplace") as file:
            return [parse_log(line) for line in file]

    def close(self):
        for child in self.children:  # those that a test which failed did not finish
            if child.poll() is None:
                child.kill()
                child.wait()
        folders.remove(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def server_keys(server):
    """The account keys that lead to a server."""
    keys = {"tls": server.tls}
    if server.path:
        keys["socket"] = server.path
    else:
        keys.update(host=server.host, port=server.port)
    if server.tls != "off":
        keys["tls_trust"] = certs.get("good").ca
    if not server.users:
        keys["auth"] = "none"
    else:
        keys["user"], keys["password"] = next(iter(server.users.items()))
    return keys
