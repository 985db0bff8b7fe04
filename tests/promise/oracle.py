# SPDX-License-Identifier: ISC
"""Was the promise kept?  What each recipient got, beside what the caller and the log were told."""

import collections
import glob
import re

TWICE = "may be delivered twice"
FAILED = re.compile(rb"^Final-Recipient: [^;]*; (\S+)\r?\nAction: failed", re.MULTILINE)


class Broken(AssertionError):
    pass


def ensure(condition, what, *details):
    if not condition:
        raise Broken(": ".join([what] + [str(d)[:3000] for d in details]))


def is_report(message):
    return b"multipart/report" in message.data.partition(b"\r\n\r\n")[0]


def failures(text):
    """The recipients that a report calls failed."""
    return {re.sub(r"\\x\{(\w+)\}", lambda m: chr(int(m[1], 16)), name.decode()) for name in FAILED.findall(text)}


def messages(world, mail):
    """The times that it was taken."""
    return [m for m in world.taken() if m.sender == mail.sender and not is_report(m)]


def received(world, mail):
    """Recipient: how many times a server took the message for it.  Each time it was whole."""
    count = collections.Counter()
    for message in messages(world, mail):
        ensure(mail.is_whole(message.data), "the content is not what was handed over",
               len(message.data), len(mail.data), message.data[:3000])
        count.update(message.to)
    return count


def reported(world, mail):
    """Those whom a report to the sender calls failed: one that was taken, or that lies in the queue."""
    told = set()
    if mail.is_silent:  # nobody is told but the log
        told = {name for line in world.log_of(mail) if line["status"] == "failed" and line["exit"] == "0"
                for name in line["to"].split(",")}
    texts = [m.data for m in world.taken() if is_report(m) and m.to == [mail.sender]]
    for path in glob.glob(world.box.file("queue", "**", "*.msg"), recursive=True):
        with open(path, "rb") as file:
            text = file.read()
        if b"multipart/report" in text and mail.sender.encode() in text:
            texts.append(text)
    return told.union(*map(failures, texts))


def duplicates(world, mail):
    return sum(TWICE in line.get("reply", "") for line in world.log_of(mail))


def check_submission(world, mail, status):
    """Right behind the submission, when nothing of it runs any more."""
    got = received(world, mail)
    told = reported(world, mail)
    ensure(not mail.failed & mail.queued, "told that it failed, and it is queued", mail.failed & mail.queued)
    for name in mail.to:
        if name in mail.failed:
            ensure(not got[name] or duplicates(world, mail), "told that it failed, and it was taken", name, mail.told)
            ensure(not world.has_queue or reasons(world, mail, name), "refused without a reason", name, mail.told)
        elif name not in mail.queued and name not in told:
            ensure(got[name], "promised, and neither taken nor queued", name, mail.told)
    for message in messages(world, mail):
        # Somebody is known to have got this one: then the refusals before that are known too.
        if not mail.queued.union(mail.failed).issuperset(n for n in message.to if got[n] == 1):
            ensure(not mail.queued.intersection(message.refused), "refused, and queued", message.refused)
    ensure(is_justified(world, mail, status), "a status without a reason", status, mail.told)
    mail.taken_at_once = got


def grown(mail):
    """The size that it may have once it is re-encoded."""
    return len(mail.data) if mail.data.isascii() else 3 * len(mail.data) + 1000


def is_beyond(world, mail, name):
    """Does a server not offer what this takes?"""
    return any(not name.isascii() and "SMTPUTF8" not in server.offers
               or 0 < int(server.offers.get("SIZE") or 0) < grown(mail) for server in world.servers)


def reasons(world, mail, name):
    """Can something that a server said mean a refusal for good of this recipient?"""
    return is_beyond(world, mail, name) or any(
        said.says("5") and (said.verb != "RCPT" or "<%s>" % name in said.argument) for said in world.said())


def is_justified(world, mail, status):
    """Did servers say what this exit status, or first digit of a reply of -bs, stands for?"""
    said, got = world.said(), received(world, mail)
    beyond = any(is_beyond(world, mail, name) for name in mail.to)
    if status in (0, "2"):
        return said or beyond or mail.queued == set(mail.to) or got == collections.Counter(mail.to)
    if status == "5":
        return beyond or any(s.says("5") for s in said)
    if status in (67, 69):
        return beyond or any(s.says("5") and (s.verb == "RCPT") == (status == 67) for s in said)
    if status == 75:
        return any(s.says("4|552") or s.verb == "cut" or "object at" in s.words for s in said)
    return status in (76, 77, "4") and said


def check_log(world, mail, got):
    sent = collections.Counter()
    for line in world.log_of(mail):
        names = line["to"].split(",")
        ensure(int(line["nrcpt"]) >= len(names), "the log names more than it counts", line)
        if line["status"] == "sent":
            sent.update(names)
    for name, times in sent.items():
        ensure(got[name] >= times, "the log says sent, and it was not taken", name, world.log_of(mail))


def check_end(world, mail):
    """When the queue was run against servers that behave."""
    got, told, twice = received(world, mail), reported(world, mail), duplicates(world, mail)
    check_log(world, mail, got)
    for name in mail.to:
        is_lost = name in mail.failed or name in told
        ensure(got[name] or is_lost, "lost", name, mail.told)
        ensure(not (got[name] and is_lost) or twice, "taken, and reported as failed", name, mail.told)
        ensure(got[name] <= 1 + twice, "taken %d times" % got[name], name, world.log_of(mail))
        if name in mail.failed:
            ensure(got[name] == mail.taken_at_once[name], "delivered after it was said to fail", name, mail.told)
        if name in told:
            ensure(reasons(world, mail, name), "reported as failed without a reason", name)
    for name in told:
        ensure(name in mail.to, "a report about somebody else", name)


def check_queue(world):
    """Nothing is left but reports that nobody took."""
    for entry in world.listed():
        ensure(entry["held"] and not entry["sender"].startswith("s"), "left in the queue", entry)
