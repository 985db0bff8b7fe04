# SPDX-License-Identifier: ISC
"""contrib/: what is written there about options, keys and files is what the program has."""

import os
import re
import shutil
import subprocess

from case import Case
from sandbox import binary
from world import TOP

CONTRIB = os.path.join(TOP, "contrib")
COMMON = {"-C", "--help", "--version"}
BASH = r"""
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"${FUNCTION}" "$1" "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def path(*names):
    return os.path.join(CONTRIB, *names)


def read(*names):
    with open(os.path.join(TOP, *names), encoding="utf-8") as file:
        return file.read()


class Completion(Case):
    def setUp(self):
        self.box = self.sandbox(host="127.0.0.1", port=1)
        self.box.account("home", host="127.0.0.1")
        self.box.set(account="work")
        self.usage = self.usages()

    def need(self, program):
        if not shutil.which(program):
            self.skipTest("not installed: " + program)

    def usages(self):
        """(command, its words or none, its options) for each line of the commands' help."""
        lines = re.findall(r"(?m)^  sendoff ([a-z]+) (.*)$", self.box.sendoff("--help").stdout.decode())
        found = []
        for command, rest in lines:
            first = rest.split(" ")[0].strip("[]").split("|")
            words = first if re.fullmatch("[a-z]+", first[0]) else []
            found.append((command, words, set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", rest))))
        self.assertGreater(len(found), 10)
        return found

    def sendmail_options(self):
        text = self.box.sendmail("--help").stdout.decode()
        rows = re.findall(r"(?m)^ {2,4}(-[a-zA-Z][a-z]?|--[a-z-]+)", text.split("without effect")[0])
        self.assertGreater(len(rows), 30)
        return {row for row in rows if row not in ("--dry-run", "--offers")}

    def environment(self, **more):
        self.box.write("sendoff.ini", self.box.configuration())
        return self.box.environment({"PATH": self.box.file("bin") + ":" + os.environ["PATH"], **more})

    def bash(self, *words):
        function = "_sendoff" if words[0] == "sendoff" else "_sendoff_sendmail"
        done = subprocess.run(["bash", "-c", BASH, "bash", path("completion", "sendoff.bash"), *words],
                              env=self.environment(FUNCTION=function), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return set(done.stdout.split())

    def fish(self, *words):
        line = " ".join(words)
        found = set()
        for begun in ([line, line + "-", line + "--"] if not words[-1] else [line]):
            script = "source %s; complete -C '%s'" % (path("completion", "sendoff.fish"), begun)
            done = subprocess.run(["fish", "--no-config", "-c", script], env=self.environment(TERM="dumb"),
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            found |= {text.split("\t")[0] for text in done.stdout.splitlines()}
        return found

    def check(self, complete):
        """What completes is what the help has, no less and no more."""
        self.assertLessEqual({command for command, _, _ in self.usage}, complete("sendoff", ""))
        for command, words, options in self.usage:
            self.assertLessEqual(set(words), complete("sendoff", command, ""))
            for word in words or [None]:
                offered = complete("sendoff", command, *([word] if word else []), "")
                self.assertLessEqual(options, {o.rstrip("=") for o in offered}, (command, word))
        for command in {c for c, _, _ in self.usage} - {"send"}:
            known = set().union(COMMON, *(o for c, _, o in self.usage if c == command))
            offered = {o for o in complete("sendoff", command, "") if o.startswith("-")}
            self.assertLessEqual(offered, known, command)
        for command in (("sendmail",), ("sendoff", "send")):
            offered = complete(*command, "")
            for option in self.sendmail_options():
                self.assertTrue(any(o.startswith(option) for o in offered), "%s: %s" % (command, option))

    def test_bash(self):
        self.need("bash")
        self.check(self.bash)

    def test_bash_accounts_and_messages(self):
        self.need("bash")
        self.assertEqual(self.bash("sendoff", "check", "-a", ""), {"work", "home"})
        self.assertEqual(self.bash("sendmail", "-a", "ho"), {"home"})
        self.box.set(queue="yes", queue_dir=self.box.file("queue"))
        self.box.sendmail("-odq", "bob@example.net", stdin="hello\n")
        offered = self.bash("sendoff", "queue", "show", "")
        self.assertEqual(len(offered - {"-C", "--help"}), 1, offered)

    def test_fish(self):
        self.need("fish")
        self.check(self.fish)
        self.assertEqual(self.fish("sendoff", "check", "-a", "ho"), {"home"})

    def test_zsh(self):
        """Has all of it, and loads."""
        text = read("contrib", "completion", "_sendoff")
        for command, words, options in self.usage:
            for word in [command, *words]:
                self.assertRegex(text, r"(?m)'%s:|\"%s:" % (word, word))
            for option in options:
                self.assertRegex(text, r"%s[+=\[]" % option)
        self.assertLessEqual(set(re.findall(r"'(--[a-z-]+)", text)),
                             set().union(COMMON, {"--account"}, *(o for _, _, o in self.usage)))
        for option in self.sendmail_options():
            self.assertRegex(text, r"['{,*]%s" % option)
        self.need("zsh")
        done = subprocess.run(["zsh", "-f", "-c", "fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; "
                               "autoload +X _sendoff; print $_comps[sendoff]" % path("completion")],
                              capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("_sendoff\n", ""))
        done = subprocess.run(["zsh", "-n", path("completion", "_sendoff")], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Vim(Case):
    def keys(self, *groups):
        text = read("contrib", "vim", "syntax", "sendoff.vim")
        return {key for group in groups
                for line in re.findall(r"(?m)^syntax keyword %s contained (.*)$" % group, text) for key in line.split()}

    def test_keys_are_those_of_the_manual(self):
        manual = read("doc", "sendoff.ini.5").split(".Sh ACCOUNTS")
        for text, groups in zip(manual, (("sendoffGlobal",), ("sendoffAccount", "sendoffSecret"))):
            self.assertEqual(self.keys(*groups), set(re.findall(r"(?m)^\.It Cm ([a-z_]+)", text)))

    def test_colours(self):
        if not shutil.which("vim"):
            self.skipTest("not installed: vim")
        box = self.sandbox()
        file = box.write("sendoff.ini", '[work]\nport = 25\npassword = "a;b" ; not\nuser = a#b ; yes\nnonsense = 1\n')
        places = [(1, 2), (2, 1), (2, 8), (3, 1), (3, 14), (4, 9), (4, 13), (5, 1)]
        script = box.write("colours.vim", "syntax on\nset ft=sendoff\n" + "".join(
            "call writefile([synIDattr(synID(%d, %d, 1), 'name')], '%s', 'a')\n" % (*place, box.file("out"))
            for place in places) + "qa!\n")
        subprocess.run(["vim", "-u", "NONE", "-i", "NONE", "-es", "-N", "-c", "set rtp^=" + path("vim"), "-S", script, file],
                       stdin=subprocess.DEVNULL, env={"HOME": box.home, "TERM": "dumb", "PATH": os.environ["PATH"]})
        if not os.path.exists(box.file("out")):
            self.skipTest("vim without syntax")
        self.assertEqual(read(box.file("out")).split("\n")[:-1], [
            "sendoffSection", "sendoffAccount", "sendoffNumber", "sendoffSecret", "sendoffString", "",
            "sendoffComment", "sendoffLine"])


class System(Case):
    def run_tool(self, *words):
        if not shutil.which(words[0]):
            self.skipTest("not installed: " + words[0])
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_apparmor_profile_parses(self):
        self.run_tool("apparmor_parser", "-Q", "-K", path("apparmor", "usr.bin.sendoff"))

    def test_logrotate_takes_the_snippet(self):
        box = self.sandbox()
        text = read("contrib", "logrotate", "sendoff").replace("create 0660 root sendoff", "create 0660 root root")
        self.run_tool("logrotate", "-d", "-s", box.file("status"), box.write("rotate", text, 0o644))

    def test_container_configuration_loads(self):
        box = self.sandbox()
        done = box.sendoff("config", "show", "-C", box.write("container.ini", read("contrib", "container", "sendoff.ini")))
        self.assertEqual(done.status, 0, str(done))
        self.assertIn(b"password_file = /run/secrets/smtp_password", done.stdout)

    def test_container_installs_what_the_build_needs(self):
        """The image's packages are those that the tests install to build."""
        wanted = set(re.findall(r"(?m)^build (\S+)$", read("tests", "packages"))) - {"libcmocka-dev", "python3", "openssl"}
        words = set(read("contrib", "container", "Dockerfile").split())
        self.assertLessEqual(wanted, words)

    def test_container_copies_what_is_installed(self):
        """A COPY follows the link that it names, in the stage that it copies from."""
        build = os.path.dirname(binary())
        if not os.path.exists(os.path.join(build, "Makefile")):
            self.skipTest("the program lies in no build folder")
        box = self.sandbox()
        out, image = box.file("out"), box.file("image")
        subprocess.run(["make", "-C", build, "-s", "install", "prefix=/usr", "sysconfdir=/etc", "DESTDIR=" + out],
                       check=True, stdout=subprocess.DEVNULL)
        for source, target in re.findall(r"(?m)^COPY --from=build /out(\S+) (\S+)$", read("contrib", "container", "Dockerfile")):
            shutil.copytree(out + source, image + target, symlinks=True, dirs_exist_ok=True)
        for name in ("sbin/sendmail", "lib/sendmail", "bin/sendoff", "bin/mailq", "bin/newaliases"):
            self.assertTrue(os.path.samefile(image + "/usr/" + name, image + "/usr/bin/sendoff"), name)
