# SPDX-License-Identifier: ISC
"""One case made by chance, played to its end: submissions, queue runs, a queue run that must succeed."""

import random
import re

from promise import oracle
from promise.caller import session
from promise.world import Mail, World

PARTIAL = re.compile(r"(\d+) of (\d+) recipients got the message; send again only to (.*)$", re.MULTILINE)
DSN = ((), (), (), ("-N", "success,failure,delay"), ("-R", "hdrs", "-V", "env"))


def failed(world, mail, done):
    """Of whom the caller knows that they did not get it; with -oeq the log alone says so."""
    partial = PARTIAL.search(done.stderr)
    if done.stderr:
        return set(partial[3].split(", ") if partial else mail.to)
    named = {name for line in world.log_of(mail) if line["status"] == "failed" and line["exit"] != "0"
             for name in line["to"].split(",")}
    return named | set(mail.to) - mail.queued - oracle.received(world, mail).keys()


def submit(world, mail, rng):
    """By `sendmail RECIPIENT...`."""
    mail.is_silent = len(mail.to) <= 40 and rng.random() < 0.1
    notices = ("-N", "never") if mail.is_silent else rng.choice(DSN)
    words = [*world.mode, *world.delivery, *notices, "-i", "-f", mail.sender, "--", *mail.to]
    done = world.run("sendmail", *words, stdin=mail.text,
                     beside_queue_run=world.has_queue and rng.random() < 0.2)
    mail.told = done
    if done.status:
        oracle.ensure(done.stderr or "-oeq" in words, "failed without a word", done)
    else:
        oracle.ensure((done.stdout, done.stderr) == (b"", ""), "a success with words", done)
    mail.queued = world.left(mail.sender)
    if done.status:
        mail.failed = failed(world, mail, done)
    oracle.check_submission(world, mail, done.status)


def by_command(world, rng):
    for number in range(rng.choice((1, 1, 1, 2, 6)) if world.has_queue else 1):
        mail = Mail(rng, number)
        world.mails.append(mail)
        submit(world, mail, rng)


def by_queue(world, rng):
    """Several that go in one run, and so may be in flight together."""
    world.has_queue, world.delivery = True, ("-odq",)
    world.box.set(queue="yes")
    for number in range(rng.randint(2, 14)):
        mail = Mail(rng, number, most=4)
        world.mails.append(mail)
        submit(world, mail, rng)


def by_sessions(world, rng):
    for _ in range(rng.choice((1, 1, 2))):
        session(world, rng)


def play(seed, hand_over):
    rng = random.Random(seed)
    world = World(seed, rng)
    try:
        hand_over(world, rng)
        run_queue(world, rng)
        for mail in world.mails:
            oracle.check_end(world, mail)
        for mail in world.abandoned:
            oracle.ensure(not oracle.received(world, mail), "given up by the caller, and sent", mail.sender)
        oracle.check_queue(world)
    except AssertionError as wrong:
        raise oracle.Broken("seed %s: %s\n%s" % (seed, wrong, story(world))) from wrong
    finally:
        world.close()


def run_queue(world, rng):
    if not world.has_queue:
        return
    for _ in range(rng.choice((0, 1, 1, 3))):
        done = world.run("sendmail", "-q", beside_queue_run=rng.random() < 0.3)
        oracle.ensure(done.status == 0, "the queue run failed", done)
    for server in world.servers:
        server.is_calm = True
    for _ in range(3):
        if [entry for entry in world.listed() if not entry["held"]]:
            world.run("sendmail", "-q")


def story(world):
    """What is needed to understand a failure."""
    lines = [world.box.configuration()]
    for server in world.servers:
        lines.append("server %s offers %s, limit %s" % (server.seed, server.offers, server.rcpt_limit))
        for record in server.connections:
            lines.append("  connection %d, ended: %s" % (record.number, record.ended))
            lines += ["    > %.100s" % line for line in record.commands[:40]]
            lines += ["    < %.100r" % reply for reply in record.replies[:40]]
        lines += ["  said %r" % said for said in server.said]
        lines += ["  took %s for %s, %d octets" % (m.sender, m.to[:20], len(m.data)) for m in server.messages]
    for mail in world.mails:
        lines.append("%s to %d: told %.300s\n  failed %s queued %s" % (
            mail.sender, len(mail.to), mail.told, sorted(mail.failed)[:20], sorted(mail.queued)[:20]))
    return "\n".join(lines + [str(line) for line in world.box.log()])
