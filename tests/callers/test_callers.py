# SPDX-License-Identifier: ISC
"""Real programs with the built program as their sendmail, delivering through a real server.

Each message is looked at where it arrives: envelope, header, body.  A program that is not
there skips its test.
"""

import email
import email.policy
import subprocess
import threading
import unittest

import servers
from case import Case
from world import World

BODY = "first line\n.\n..dot\nFrom here on\nlast"


class CallerCase(Case):
    def world(self):
        """A world whose sendmail submits to Postfix, or where that is not to be had to the test server."""
        try:
            self.real = servers.postfix()
            box = self.sandbox(self.real.via("starttls"))
        except unittest.SkipTest as why:
            print("without Postfix (%s): the test server takes its place" % why)
            self.real = None
            self.smtp = self.server()
            box = self.sandbox(self.smtp)
        box.set(hostname=None)
        box.account(from_override="no", **{"from": "%U@example.org"})
        return World(box)

    def arrived(self):
        """The message that came, and its header as Python reads it."""
        message = self.real.take(1)[0] if self.real else self.smtp.take(1)[0]
        self.content = servers.without_trace(message) if self.real else message.data
        parsed = email.message_from_bytes(self.content, policy=email.policy.SMTP)
        for name in ("From", "Date", "Message-ID"):
            self.assertEqual(len(parsed.get_all(name, [])), 1, self.content)
        self.assertIsNone(parsed["Bcc"], self.content)
        self.assertNotIn(b"\n", self.content.replace(b"\r\n", b""))
        return message, parsed

    def assertRan(self, done, silent=True):
        self.assertEqual(done[0], 0, done[1])
        if silent:
            self.assertEqual(done[1], "")

    def assertBody(self, parsed, text=BODY):
        got = parsed.get_content().replace("\r\n", "\n")
        self.assertEqual(got.rstrip("\n"), text.rstrip("\n"), self.content)


class MailerTest(CallerCase):
    def test_mutt(self):
        world = self.world()
        world.need("/usr/bin/mutt")
        done = world.run("mutt", "-n", "-F", "/dev/null", "-e", "set from=me@example.org use_envelope_from=yes copy=no charset=utf-8",
                         "-s", "h\u00e9llo", "-b", "bcc@example.net", "-c", "cc@example.net", "--", "ann@example.net",
                         stdin=BODY)
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, sorted(message.to)),
                         ("me@example.org", ["ann@example.net", "bcc@example.net", "cc@example.net"]))
        self.assertEqual((parsed["Subject"], parsed["To"]), ("h\u00e9llo", "ann@example.net"))
        self.assertBody(parsed)

    def test_mutt_tells_why_a_message_was_refused(self):
        world = self.world()
        world.need("/usr/bin/mutt")
        status, text = world.run("mutt", "-n", "-F", "/dev/null", "-e", "set copy=no", "-s", "x", "--",
                                 "refused@example.net", stdin=BODY)
        if not self.real:
            self.skipTest("without Postfix nobody refuses")
        self.assertNotEqual(status, 0)
        self.assertIn("refused@example.net", text)
        self.assertEqual(self.arrived()[0].to, ["root@example.org"])  # the report that -oem asks for

    def test_s_nail(self):
        world = self.world()
        world.need("/usr/bin/s-nail")
        done = world.run("s-nail", "-:/", "-S", "v15-compat=yes", "-S", "mta=/usr/sbin/sendmail", "-r", "me@example.org",
                         "-s", "h\u00e9llo", "-b", "bcc@example.net", "ann@example.net", stdin=BODY + "\n")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual(sorted(message.to), ["ann@example.net", "bcc@example.net"])
        self.assertEqual((message.sender, parsed["Subject"]), ("me@example.org", "h\u00e9llo"))
        self.assertBody(parsed)

    def test_bsd_mailx(self):
        world = self.world()
        world.need("/usr/bin/bsd-mailx")
        done = world.run("bsd-mailx", "-s", "h\u00e9llo", "-c", "cc@example.net", "-b", "bcc@example.net",
                         "ann@example.net", stdin="text\n")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual(sorted(message.to), ["ann@example.net", "bcc@example.net", "cc@example.net"])
        self.assertEqual((message.sender, parsed["Subject"]), ("root@example.org", "h\u00e9llo"))
        self.assertBody(parsed, "text")

    def test_mailutils(self):
        world = self.world()
        world.need("/usr/bin/mail.mailutils")
        done = world.run("mail.mailutils", "-s", "h\u00e9llo", "-r", "me@example.org", "ann@example.net", stdin="From here on\n..dot\n")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, message.to, parsed["Subject"]), ("me@example.org", ["ann@example.net"], "h\u00e9llo"))
        self.assertBody(parsed, "From here on\n..dot")

    def test_git_send_email(self):
        world = self.world()
        world.need("/usr/bin/git", "/usr/lib/git-core/git-send-email")
        done = world.shell("""set -e; mkdir work; cd work; git init -q; git config user.name 'J\u00f6s\u00e9 Me'
            git config user.email me@example.org; echo h\u00e9llo >file; git add file; git commit -q -m 'add a file'
            git send-email --quiet --confirm=never --smtp-server=/usr/sbin/sendmail --envelope-sender=bounce@example.org \
                --to=ann@example.net --cc=cc@example.net --bcc=bcc@example.net --suppress-cc=all -1""")
        self.assertRan(done, silent=False)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, sorted(message.to)),
                         ("bounce@example.org", ["ann@example.net", "bcc@example.net", "cc@example.net"]))
        self.assertEqual(parsed["From"].addresses[0].display_name, "J\u00f6s\u00e9 Me")
        self.assertIn("+h\u00e9llo", parsed.get_content())

    def test_emacs_message_mode(self):
        world = self.world()
        world.need("/usr/bin/emacs-nox")
        done = world.run("emacs-nox", "--batch", "-Q", "--eval", """(progn (require 'message) (require 'sendmail)
            (setq message-send-mail-function 'message-send-mail-with-sendmail sendmail-program "/usr/sbin/sendmail"
                  message-sendmail-f-is-evil nil message-interactive t user-mail-address "me@example.org"
                  user-full-name "Me" mail-host-address "example.org" message-default-charset 'utf-8)
            (message-mail "ann@example.net" "h\u00e9llo") (message-goto-body) (insert "text\\n.\\nend\\n")
            (message-goto-bcc) (insert "bcc@example.net") (message-send))""")
        self.assertRan(done, silent=False)
        self.assertNotIn("failed", done[1])
        message, parsed = self.arrived()
        self.assertEqual(sorted(message.to), ["ann@example.net", "bcc@example.net"])
        self.assertEqual(parsed["Subject"], "h\u00e9llo")
        self.assertBody(parsed, "text\n.\nend")


class DaemonTest(CallerCase):
    def test_cron(self):
        world = self.world()
        world.need("/usr/sbin/cron")
        self.cron(world, "root", "echo out; echo err >&2")
        message, parsed = self.arrived()
        self.assertEqual(message.to, ["root@example.org"])
        self.assertRegex(parsed["Subject"], "^Cron <root@.*> echo out")
        self.assertBody(parsed, "out\nerr")

    def test_cron_with_a_list_in_mailto(self):
        world = self.world()
        world.need("/usr/sbin/cron")
        self.cron(world, "ann@example.net,ben", "printf 'h\u00e9\\n.\\nno end'")
        message, parsed = self.arrived()
        self.assertEqual(message.to, ["ann@example.net", "ben@example.org"])
        self.assertBody(parsed, "h\u00e9\n.\nno end")

    def cron(self, world, mailto, command):
        """cron runs its @reboot jobs when it starts for the first time."""
        child = world.start("sh", "-c", """mkdir -p /run /var/spool/cron/crontabs /etc/cron.d; rm -f /run/crond.* /etc/cron.d/* /etc/crontab
            printf 'SHELL=/bin/sh\\nMAILTO=%s\\n@reboot root %s\\n' "$1" "$2" >/etc/cron.d/test; exec cron -f""",
                            "sh", mailto, command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
        self.addCleanup(child.communicate)
        self.addCleanup(child.terminate)

    def test_anacron(self):
        world = self.world()
        world.need("/usr/sbin/anacron")
        done = world.shell("mkdir spool; printf 'SHELL=/bin/sh\\n1 0 job echo done\\n' >tab; anacron -f -n -d -s -t $PWD/tab -S $PWD/spool")
        self.assertEqual(done[0], 0, done[1])
        message, parsed = self.arrived()
        self.assertEqual(message.to, ["root@example.org"])
        self.assertRegex(parsed["Subject"], "Anacron job 'job'")
        self.assertBody(parsed, "done")

    def test_at(self):
        world = self.world()
        world.need("/usr/sbin/atd", "/usr/bin/at")
        child = world.start("sh", "-c", """mkdir -p /run; touch /var/spool/cron/atjobs/.SEQ; chown -R daemon:daemon /var/spool/cron/atjobs /var/spool/cron/atspool
            chmod 1770 /var/spool/cron/atjobs /var/spool/cron/atspool; chmod 600 /var/spool/cron/atjobs/.SEQ; echo 'echo "hello from at"' | at now; exec atd -f -b 0""",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(child.communicate)
        self.addCleanup(child.terminate)
        message, parsed = self.arrived()
        self.assertEqual(message.to, ["root@example.org"])
        self.assertRegex(parsed["Subject"], r"Output from your job +\d+")
        self.assertBody(parsed, "hello from at")

    def test_smartd(self):
        world = self.world()
        world.need("/usr/share/smartmontools/smartd-runner", "/usr/bin/bsd-mailx")
        # Debian 12's takes arguments, Debian 13's the variables that smartd sets.
        done = world.shell("echo 'the disk is ill' >report; "
                           "bash /etc/smartmontools/run.d/10mail $PWD/report -s 'SMART error' admin@example.net",
                           env={"SMARTD_ADDRESS": "admin@example.net", "SMARTD_SUBJECT": "SMART error",
                                "SMARTD_FULLMESSAGE": "the disk is ill\n"})
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.to, parsed["Subject"]), (["admin@example.net"], "SMART error"))
        self.assertBody(parsed, "the disk is ill")


class LibraryTest(CallerCase):
    def php(self, world, code, *options):
        world.need("/usr/bin/php.default")
        settings = ["-d", "sendmail_path=/usr/sbin/sendmail -t -i", "-d", "extension=mbstring.so", "-d", "extension=intl.so",
                    "-d", "extension=ctype.so", "-d", "extension=iconv.so"]
        return world.run("php.default", *settings, *options, "-r", code)

    def test_php_mail(self):
        done = self.php(self.world(), "exit(mail('ann@example.net', 'h\u00e9llo', \"one\\n.\\ntwo\") ? 0 : 1);")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, message.to, parsed["Subject"]), ("root@example.org", ["ann@example.net"], "h\u00e9llo"))
        self.assertBody(parsed, "one\n.\ntwo")

    def test_php_mail_with_a_sender_as_fifth_parameter(self):
        done = self.php(self.world(), "exit(mail('ann@example.net', 'x', 'text', \"From: Me <me@example.org>\\r\\nBcc: bcc@example.net\", "
                                      "'-fbounce@example.org') ? 0 : 1);")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, sorted(message.to)), ("bounce@example.org", ["ann@example.net", "bcc@example.net"]))
        self.assertEqual(parsed["From"], "Me <me@example.org>")

    def test_php_mail_with_crlf_everywhere(self):
        done = self.php(self.world(), "exit(mail('ann@example.net', 'x', \"one\\r\\n.\\r\\ntwo\\r\\n\", "
                                      "\"From: me@example.org\\r\\nX-Test: yes\") ? 0 : 1);")
        self.assertRan(done)
        parsed = self.arrived()[1]
        self.assertEqual(parsed["X-Test"], "yes")
        self.assertBody(parsed, "one\n.\ntwo\n")

    def test_php_mail_fails_where_the_message_does(self):
        world = self.world()
        done = self.php(world, "exit(mail('', 'x', 'y') ? 0 : 3);")
        self.assertEqual(done[0], 3, done[1])

    def test_php_mail_in_the_background(self):
        """mail() returns while the server says nothing; what was kept is delivered when it does."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.real, self.smtp = None, self.server()
        self.smtp.on("greeting", lambda session: gate.wait(60) and None)
        box = self.sandbox(self.smtp)
        box.set(queue="yes", queue_dir=box.file("queue"))
        done = self.php(World(box), "exit(mail('ann@example.net', 'x', 'text', '', '-odb') ? 0 : 1);")
        self.assertRan(done)
        self.assertEqual(self.smtp.messages, [])
        gate.set()
        self.assertEqual(self.arrived()[0].to, ["ann@example.net"])

    def test_phpmailer(self):
        for how, sender in (("isSendmail", "me@example.org"), ("isMail", "me@example.org")):
            with self.subTest(how=how):
                world = self.world()
                world.need("/usr/share/php/libphp-phpmailer/autoload.php")
                done = self.php(world, """require '/usr/share/php/libphp-phpmailer/autoload.php';
                    $m = new PHPMailer\\PHPMailer\\PHPMailer(true); $m->%s(); $m->CharSet = 'utf-8';
                    $m->setFrom('me@example.org', 'J\u00f6s\u00e9'); $m->addAddress('ann@example.net'); $m->addBCC('bcc@example.net');
                    $m->Subject = 'h\u00e9llo'; $m->Body = "one\\n.\\ntwo"; $m->send();""" % how)
                self.assertRan(done, silent=False)
                message, parsed = self.arrived()
                self.assertEqual((message.sender, sorted(message.to)), (sender, ["ann@example.net", "bcc@example.net"]))
                self.assertEqual(parsed["Subject"], "h\u00e9llo")
                self.assertBody(parsed, "one\n.\ntwo")

    def test_symfony_mailer(self):
        for dsn in ("sendmail://default", "sendmail://default?command=/usr/sbin/sendmail+-t",
                    "sendmail://default?command=/usr/sbin/sendmail+-oi+-t", "native://default"):
            with self.subTest(dsn=dsn):
                world = self.world()
                world.need("/usr/share/php/Symfony/Component/Mailer/autoload.php")
                done = self.php(world, """require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
                    $t = Symfony\\Component\\Mailer\\Transport::fromDsn('%s');
                    $m = (new Symfony\\Component\\Mime\\Email())->from('me@example.org')->to('ann@example.net')->bcc('bcc@example.net')
                        ->subject('h\u00e9llo')->text("one\\n.\\n..two\\n.three");
                    $s = $t->send($m); $s2 = $t->send($m->subject('again')); unset($t);""" % dsn)
                self.assertRan(done, silent=False)
                for subject in ("h\u00e9llo", "again"):
                    message, parsed = self.arrived()
                    self.assertEqual((message.sender, sorted(message.to)),
                                     ("me@example.org", ["ann@example.net", "bcc@example.net"]))
                    self.assertEqual(parsed["Subject"], subject)
                    self.assertBody(parsed, "one\n.\n..two\n.three")

    def test_nodemailer(self):
        world = self.world()
        world.need("/usr/local/node_modules/nodemailer", "/usr/bin/node")
        done = world.run("node", "-e", """const t = require('/usr/local/node_modules/nodemailer').createTransport({sendmail: true});
            t.sendMail({from: 'me@example.org', to: 'ann@example.net', bcc: 'bcc@example.net', subject: 'h\u00e9llo', text: 'one\\n.\\ntwo'},
                e => { if (e) { console.log(e); process.exit(1); } });""")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual((message.sender, sorted(message.to)), ("me@example.org", ["ann@example.net", "bcc@example.net"]))
        self.assertEqual(parsed["Subject"], "h\u00e9llo")
        self.assertBody(parsed, "one\n.\ntwo")

    def test_perl_email_sender(self):
        for sender in ("me@example.org", ""):
            with self.subTest(sender=sender):
                world = self.world()
                world.need("/usr/share/perl5/Email/Sender/Transport/Sendmail.pm")
                done = world.run("perl", "-e", """use Email::Sender::Simple qw(sendmail); use Email::Sender::Transport::Sendmail;
                    sendmail("From: me\\@example.org\\nTo: ann\\@example.net\\nSubject: hello\\n\\none\\n.\\ntwo\\n",
                        {from => $ARGV[0], to => ['ann@example.net', 'ben@example.net'],
                         transport => Email::Sender::Transport::Sendmail->new})""", sender)
                self.assertRan(done)
                message, parsed = self.arrived()
                self.assertEqual((message.sender, message.to), (sender, ["ann@example.net", "ben@example.net"]))
                self.assertBody(parsed, "one\n.\ntwo")

    def test_perl_mime_lite(self):
        world = self.world()
        world.need("/usr/share/perl5/MIME/Lite.pm")
        done = world.run("perl", "-e", """use MIME::Lite; MIME::Lite->new(From => 'me@example.org', To => 'ann@example.net',
            Bcc => 'bcc@example.net', Subject => "h\\303\\251llo", Type => 'TEXT', Data => "one\\n.\\ntwo\\n")->send('sendmail')""")
        self.assertRan(done)
        message, parsed = self.arrived()
        self.assertEqual(sorted(message.to), ["ann@example.net", "bcc@example.net"])
        self.assertEqual(parsed["Subject"], "h\u00e9llo")
        self.assertIsNone(parsed["Content-Length"])
        self.assertBody(parsed, "one\n.\ntwo")

    def test_python_with_a_pipe(self):
        for policy in ("default", "SMTP"):
            with self.subTest(policy=policy):
                world = self.world()
                done = world.run("python3", "-c", """import subprocess, sys, email.message, email.policy
m = email.message.EmailMessage(policy=getattr(email.policy, sys.argv[1]))
m['From'], m['To'], m['Bcc'], m['Subject'] = 'me@example.org', 'ann@example.net', 'bcc@example.net', 'h\u00e9llo'
m.set_content('one\\n.\\nh\u00e9')
subprocess.run(['/usr/sbin/sendmail', '-t', '-oi'], input=m.as_bytes(), check=True)""", policy)
                self.assertRan(done)
                message, parsed = self.arrived()
                self.assertEqual(sorted(message.to), ["ann@example.net", "bcc@example.net"])
                self.assertEqual(parsed["Subject"], "h\u00e9llo")
                self.assertBody(parsed, "one\n.\nh\u00e9")
