# SPDX-License-Identifier: ISC
"""One queue for several users, behind set-group-ID: whose mail is whose."""

import fcntl
import json
import os
import stat
import unittest

import setgid
from queued import QueueCase, message


@unittest.skipIf(setgid.reason_not_to(), setgid.reason_not_to())
class SharedCase(QueueCase):
    def install(self, server):
        box = setgid.Install()
        self.addCleanup(box.close)
        box.configure("[work]\nhost = 127.0.0.1\nport = %d\ntls = off\nauth = none\nfrom = %%U@example.org\n"
                      % server.port)
        return box

    def keep(self, box, user):
        done = box.run("sendmail", "-odq", "bob@example.net", user=user, stdin=message(user))
        self.assertExit(done, 0)

    def listed(self, box, user):
        done = box.run("sendoff", "queue", "--json", user=user)
        self.assertEqual((done.status, done.stderr), (0, ""), str(done))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def bodies(self, server):
        return sorted(m.data.split(b"body ")[1].decode().strip() for m in server.messages)


class Shared(SharedCase):
    def test_each_sees_and_changes_their_own(self):
        server = self.server()
        box = self.install(server)
        for user in ("alice", "bob"):
            self.keep(box, user)
        names = [n for n in os.listdir(box.queue) if n.endswith(".msg")]
        for name in names:
            st = os.stat(os.path.join(box.queue, name))
            self.assertEqual((stat.S_IMODE(st.st_mode), st.st_gid), (0o640, setgid.GROUP))
        mine, = self.listed(box, "alice")
        theirs, = self.listed(box, "bob")
        self.assertEqual((mine["uid"], theirs["uid"]), (setgid.USERS["alice"], setgid.USERS["bob"]))
        self.assertEqual(mine["sender"], "alice@example.org")
        self.assertEqual(len(self.listed(box, "root")), 2)
        for word in ("show", "remove", "hold", "release"):
            done = box.run("sendoff", "queue", word, theirs["id"], user="alice")
            self.assertExit(done, 64, "no message")
        self.assertExit(box.run("sendoff", "queue", "hold", mine["id"], user="alice"), 0)
        self.assertTrue(self.listed(box, "alice")[0]["held"])
        self.assertExit(box.run("sendoff", "queue", "remove", mine["id"], user="alice"), 0)
        self.assertEqual(len(self.listed(box, "root")), 1)

    def test_each_runs_their_own_and_root_all(self):
        server = self.server()
        box = self.install(server)
        for user in ("alice", "bob", "root"):
            self.keep(box, user)
        self.assertExit(box.run("sendmail", "-q", user="alice"), 0)
        self.assertEqual(self.bodies(server), ["alice"])
        self.assertEqual(server.messages[0].sender, "alice@example.org")
        self.assertExit(box.run("sendmail", "-q", user="root"), 0)
        self.assertEqual(self.bodies(server), ["alice", "bob", "root"])
        self.assertEqual(sorted(m.sender for m in server.messages),
                         ["alice@example.org", "bob@example.org", "root@example.org"])
        self.assertEqual(self.listed(box, "root"), [])

    def test_a_message_of_another_user_is_not_even_locked(self):
        box = self.install(self.server())
        self.keep(box, "bob")
        theirs, = self.listed(box, "bob")
        with open(os.path.join(box.queue, theirs["id"] + ".msg"), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assertExit(box.run("sendoff", "queue", "show", theirs["id"], user="bob"), 75, "just now")
            self.assertExit(box.run("sendoff", "queue", "show", theirs["id"], user="alice"), 64, "no message")

    def test_a_run_counts_that_was_for_everybody(self):
        box = self.install(self.server())
        stamp = os.path.join(box.queue, ".last-run")
        self.keep(box, "bob")
        self.assertExit(box.run("sendmail", "-q", user="alice"), 0)
        self.assertFalse(os.path.exists(stamp))
        for user in ("root", "sendoff", "root"):
            self.assertExit(box.run("sendmail", "-q", user=user), 0)
            self.assertGreater(os.stat(stamp).st_mtime, 1)
            os.utime(stamp, (1, 1))

    def test_roots_runs_read_the_systems_file_alone(self):
        box = self.install(self.server())
        box.set_id(False)
        box.users_file("root", ".config/sendoff/sendoff.ini", "[mine]\nhost = 127.0.0.1\n")
        self.assertIn(b"[mine]", box.run("sendoff", "config", user="root").stdout)
        for env in ({}, {"SENDOFF_CONFIG": ""}):
            with self.subTest(env=env):
                done = box.run("sendoff", "queue", "run", "--account", "mine", user="root", env=env)
                self.assertExit(done, 78, "no account 'mine'")

    def test_a_state_that_root_wrote_is_the_users_to_go_on_with(self):
        server = self.server()
        server.on("RCPT", "450 4.2.1 later", times=2)
        box = self.install(server)
        self.keep(box, "alice")
        for user in ("alice", "root", "alice"):
            self.assertExit(box.run("sendmail", "-q", user=user), 0)
        self.assertEqual(self.bodies(server), ["alice"])
        self.assertEqual(self.listed(box, "root"), [])

    def test_messages_of_others_are_not_even_read(self):
        """However many they are, they do not hold up what has nothing to do with them."""
        box = self.install(self.server())
        self.keep(box, "bob")
        path, = (os.path.join(box.queue, name) for name in os.listdir(box.queue) if name.endswith(".msg"))
        os.utime(path, (1, 1))
        for words in (("-odi", "carol@example.net"), ("-odq", "carol@example.net"), ("-q",)):
            self.assertExit(box.run("sendmail", *words, user="alice", stdin=message("x")), 0)
        self.assertEqual(os.stat(path).st_atime, 1)
        self.assertEqual(len(self.listed(box, "bob")), 1)
        self.assertNotEqual(os.stat(path).st_atime, 1)

    def install_with_limit(self, server, limit):
        box = self.install(server)
        aliases = box.write("etc/aliases", "pipe: |command\n", mode=0o644)
        with open(box.file("etc", "sendoff", "sendoff.ini"), encoding="utf-8") as file:
            text = file.read().replace("[work]", "queue_max = %s\naliases = %s\n[work]" % (limit, aliases))
        box.write("etc/sendoff/sendoff.ini", text, 0, setgid.GROUP, 0o640)
        return box

    def test_queue_max_holds_for_reports(self):
        server = self.server()
        server.on("RCPT", "450 4.2.1 later")
        box = self.install_with_limit(server, "32K")
        for status in (0, 67, 67):
            done = box.run("sendmail", "-R", "full", "bob@example.net", "pipe", user="alice",
                           stdin=message("x") + "text\n" * 2000)
            self.assertEqual(done.status, status, str(done))
        self.assertEqual(len(self.listed(box, "alice")), 2)

    def test_what_lies_in_failed_counts_too(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 nobody")
        box = self.install_with_limit(server, "1K")
        for status in (0, 75):
            done = box.run("sendmail", "-odq", "-f", "<>", "bob@example.net", user="alice",
                           stdin=message("x" * 150))
            self.assertEqual(done.status, status, str(done))
            self.assertExit(box.run("sendmail", "-q", user="root"), 0)

    def test_queue_max_is_each_users_own(self):
        server = self.server()
        box = self.install_with_limit(server, "1K")
        self.keep(box, "alice")
        done = box.run("sendmail", "-odq", "b@example.net", user="alice", stdin=message("a" * 600))
        self.assertExit(done, 75, "queue_max")
        self.keep(box, "bob")

    def test_bounces_stay_with_their_user(self):
        server = self.server()
        server.on("RCPT", "550 5.1.1 nobody", match="bob@example.net")
        box = self.install(server)
        self.keep(box, "alice")
        self.assertExit(box.run("sendmail", "-q", user="root"), 0)
        bounce, = server.messages
        self.assertEqual((bounce.sender, bounce.to), ("", ["alice@example.org"]))
        self.assertEqual(self.listed(box, "root"), [])


class Directory(SharedCase):
    """Who owns the queue's directory, and who makes it."""

    def access(self, path):
        st = os.stat(path)
        return st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)

    def test_root_makes_it_for_the_group(self):
        box = self.install(self.server())
        os.rmdir(box.queue)
        self.keep(box, "root")
        self.assertEqual(self.access(box.queue), (0, setgid.GROUP, 0o2770))
        self.keep(box, "alice")
        self.assertEqual(len(self.listed(box, "root")), 2)

    def test_nobody_else_makes_it(self):
        box = self.install(self.server())
        os.rmdir(box.queue)
        self.assertExit(box.run("sendmail", "-odq", "bob@example.net", user="alice", stdin=message("x")), 73,
                        "queue directory '%s'" % box.queue)
        self.assertFalse(os.path.exists(box.queue))

    def test_a_name_of_another_file_is_left_alone(self):
        """Whom the directories belong to gets nothing else opened up by root."""
        server = self.server()
        box = self.install(server)
        with open(box.file("etc", "sendoff", "sendoff.ini"), "a", encoding="utf-8") as file:
            file.write("connections = 1\n")
        self.keep(box, "alice")
        victim = box.write("victim", "x")
        for name in (os.path.join(box.queue, ".last-run"), os.path.join(box.state, "connection-work-1")):
            os.link(victim, name)
        self.assertExit(box.run("sendmail", "-q", user="root"), 0)
        self.assertEqual(self.bodies(server), ["alice"])
        self.assertEqual(self.access(victim), (0, 0, 0o600))

    def test_roots_runner_uses_that_of_the_service_and_of_no_other_user(self):
        server = self.server()
        box = self.install(server)
        self.keep(box, "alice")
        os.chown(box.queue, setgid.USERS["bob"], setgid.GROUP)
        os.chmod(box.queue, 0o2770)
        done = box.run("sendmail", "-q", user="root")
        self.assertExit(done, 73, "belongs to uid %d" % setgid.USERS["bob"])
        self.assertEqual(server.messages, [])
        os.chown(box.queue, setgid.USERS["sendoff"], setgid.GROUP)
        os.chmod(box.queue, 0o2770)
        self.assertExit(box.run("sendmail", "-q", user="root"), 0)
        self.assertEqual(self.bodies(server), ["alice"])


if __name__ == "__main__":
    unittest.main()
