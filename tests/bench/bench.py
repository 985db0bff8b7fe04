# SPDX-License-Identifier: ISC
"""Measures what a submission costs, against msmtp and the other clients that are installed.

usage: tests/bench/run [--runs N] [--quick] [--json FILE] [--svg FILE] [SECTION...]

Sections: trips small large queue flush.  Everything runs against one Postfix (and for some lines Exim) on
loopback, the clients' runs interleaved; medians are printed, and ratios to msmtp of the same run.
Nothing here passes or fails.
"""

import argparse
import contextlib
import functools
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]

import certs  # noqa: E402
import chart  # noqa: E402
import clients as peers  # noqa: E402
import flushers  # noqa: E402
import servers  # noqa: E402
from wire import delay_line  # noqa: E402

RTTS = (0.05, 0.15)
QUEUE_RTTS = (0.05, 0.2)
MARK = "<!-- Written by tests/bench/run --page: -->"
MEMORY = "/dev/shm"
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
SMALL = (b"From: Me <me@example.org>\r\nTo: a@example.net\r\nSubject: small\r\n"
         b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <bench@example.org>\r\n\r\n" +
         b"0123456789 0123456789 0123456789 0123456789\r\n" * 20)


def large(megabytes):
    """An attachment of so many MB in base64, as a message of LF lines."""
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\n"
    return SMALL.replace(b"\r\n", b"\n") + line * (megabytes * 1000000 // 57)


def peak_memory(client, recipients, message):
    """In MiB.  A child inherits the peak of what it was forked from, so that is a small program."""
    client.before_run()
    with client.input(message, recipients) as stdin:
        child = subprocess.run(["/usr/bin/time", "-f", "%M", *client.argv(recipients)], stdin=stdin,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True,
                               env=client.environment())
    return int(child.stderr.split()[-1]) / 1024


def fsyncs(folder):
    """What the disk takes for a file's and its directory's fsync, median, in seconds."""
    took = []
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(50):
        path = os.path.join(folder, "fsync%d" % number)
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(file, SMALL)
        start = time.perf_counter()
        os.fsync(file)
        os.fsync(directory)
        took.append(time.perf_counter() - start)
        os.close(file)
        os.unlink(path)
    os.close(directory)
    return statistics.median(took)


def wait_for_greeting(port):
    for _ in range(30):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as sock:
            if sock.recv(3) == b"220":
                return
        time.sleep(0.2)
    raise RuntimeError("no greeting at port %d" % port)


def with_ratios(label, values):
    """Table rows: the values, and their ratios to msmtp's."""
    rows = [(label, {name: round(value, 2) for name, value in values.items()})]
    if "msmtp" in values:
        rows.append(("  of msmtp", {name: round(value / values["msmtp"], 3)
                                    for name, value in values.items()}))
    return rows


class Run:
    """One run of a client: wall seconds, CPU seconds; peak memory (MiB) of a run like it, or None."""

    rss = None

    def __init__(self, client, recipients, message, prefix=(), options=()):
        client.before_run()
        words = client.argv(recipients)
        with client.input(message, recipients) as stdin:
            start = time.perf_counter()
            child = subprocess.Popen([*prefix, words[0], *options, *words[1:]], stdin=stdin,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=client.environment())
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            self.wall = time.perf_counter() - start
        child.stderr.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError("%s failed with %d: %s" % (
                client.name, child.returncode, said.decode(errors="replace")))
        self.cpu = usage.ru_utime + usage.ru_stime


class Bench:
    def __init__(self, options):
        self.options, self.folder = options, tempfile.mkdtemp(prefix="sendoff-bench-")
        self.results, self.said = {}, []
        self.memory = MEMORY if os.path.isdir(MEMORY) else None
        # Clients' own files lie in memory, as the servers' do: a disk's file system takes longer
        # and longer to make files that come and go at every run.  Only a queue is on the disk.
        self.homes = tempfile.mkdtemp(prefix="sendoff-bench-", dir=self.memory)
        self.bundle = os.path.join(self.folder, "bundle.pem")
        with open(self.bundle, "wb") as out:
            for name in (SYSTEM_BUNDLE, certs.get("good").ca):
                with open(name, "rb") as part:
                    shutil.copyfileobj(part, out)
        self.clients = peers.installed(self.homes, self.bundle)
        self.small = self.file("small", SMALL)
        tempfile.tempdir = self.memory
        self.real = servers.postfix()
        self.discard()

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def discard(self):
        """Postfix throws away what it took, so that its own deliveries are not in the way."""
        daemon = self.real.daemon
        wait_for_greeting(daemon.ports["starttls"])
        with open(daemon.path("main.cf"), encoding="utf-8") as file:
            lines = [line for line in file
                     if not line.startswith(("default_transport =", "message_size_limit ="))]
        daemon.write("main.cf", "".join(lines) +
                     "default_transport = discard:\nmessage_size_limit = 0\n")
        os.kill(daemon.process.pid, signal.SIGHUP)
        time.sleep(1)
        wait_for_greeting(daemon.ports["starttls"])

    def connections(self):
        with open(self.real.daemon.path("log"), encoding="utf-8", errors="replace") as file:
            return sum(": connect from " in line for line in file)

    def port(self, real, implicit):
        return real.daemon.ports["implicit" if implicit else "starttls"]

    def each(self, port, implicit, recipients, message, runs, clients=None, prefix=()):
        """Interleaved runs: {client name: [Run]}."""
        clients = clients or [c for c in self.clients if c.takes(len(recipients))]
        done = {client.name: [] for client in clients}
        for client in clients:
            client.prepare(port, implicit)
            Run(client, recipients, message, prefix)  # warms caches; leaves tickets where kept
        for _ in range(runs):
            for client in clients:
                done[client.name].append(Run(client, recipients, message, prefix))
        return done

    def remember_memory(self, done, recipients, message):
        for client in self.clients:
            for run in done.get(client.name, [])[:3]:
                run.rss = peak_memory(client, recipients, message)

    def about(self):
        self.say("%s, Linux %s, %d CPUs, load %.1f at the start" % (
            time.strftime("%Y-%m-%d"), os.uname().release, os.cpu_count(), os.getloadavg()[0]))
        for client in self.clients[1:]:
            if client.tells_version:
                self.say(first_line(client.path(), "--version"))
        with contextlib.suppress(OSError), open(os.path.join(
                os.environ.get("SENDOFF_FLUSHERS", ""), "versions"), encoding="utf-8") as file:
            self.say("packages: " + " ".join(file.read().split()))
        self.say("GnuTLS " + first_line("pkg-config", "--modversion", "gnutls"))

    # What is measured.

    def slopes(self, real, implicit, count, clients=None):
        """Round trips, {client name: number}: the slope of the wall time over the delay."""
        recipients = ["r%d@example.net" % n for n in range(count)]
        walls = []
        for rtt in RTTS:
            with delay_line(self.port(real, implicit), rtt) as line:
                done = self.each(line.port, implicit, recipients, self.small, 3, clients,
                                 line.prefix)
                self.results["delay line"] = line.kind
            walls.append({name: min(r.wall for r in runs) for name, runs in done.items()})
        return {name: round((walls[1][name] - walls[0][name]) / (RTTS[1] - RTTS[0]), 1)
                for name in walls[0]}

    def trips(self):
        exim = servers.exim()
        kinds = (("Postfix, STARTTLS", self.real, False), ("Postfix, implicit TLS", self.real, True),
                 ("Exim, STARTTLS", exim, False), ("Exim, implicit TLS", exim, True))
        rows = [("%s, %d recipient%s" % (label, count, "s"[:count > 1]),
                 self.slopes(real, implicit, count))
                for label, real, implicit in kinds
                for count in ((1, 10, 100) if real is self.real else (1,))]
        self.table("round trips", rows)
        early = [peers.SendoffEarly(self.homes, self.bundle)]
        self.table("round trips with PIPECONNECT", [
            (label, self.slopes(real, implicit, 1, early)) for label, real, implicit in kinds[2:]])
        self.say("by " + self.results["delay line"])

    def small_message(self):
        """One small message on loopback."""
        for label, real in (("Postfix", self.real), ("Exim", servers.exim())):
            done = self.each(self.port(real, False), False, ["a@example.net"], self.small,
                             self.options.runs)
            self.remember_memory(done, ["a@example.net"], self.small)
            self.measures("small message, STARTTLS, " + label, done)
            real.sink.messages.clear()
        self.system_calls()

    def system_calls(self):
        counts = {}
        for client in self.clients:
            client.prepare(self.port(self.real, False), False)
            client.before_run()
            trace = os.path.join(self.folder, "strace")
            with client.input(self.small, ["a@example.net"]) as stdin:
                subprocess.run(["strace", "-f", "-c", "-o", trace, *client.argv(["a@example.net"])],
                               stdin=stdin, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=client.environment(), check=True)
            with open(trace, encoding="utf-8") as file:
                total = [line.split() for line in file if line.endswith("total\n")][0]
            counts[client.name] = int(total[3] if len(total) > 4 else total[2])
        self.table("system calls, small message", with_ratios("calls", counts))

    def large_message(self):
        size, huge = (5, 50) if self.options.quick else (50, 500)
        message = self.file("large", large(size))
        able = [client for client in self.clients if client.takes_large]
        done = self.each(self.port(self.real, False), False, ["a@example.net"], message, 3, able)
        self.remember_memory(done, ["a@example.net"], message)
        self.measures("%d MB attachment" % size, done)
        message = self.file("large", large(huge))
        self.table("%d MB attachment" % huge, [("peak memory, MiB", {
            client.name: round(peak_memory(client, ["a@example.net"], message), 2)
            for client in self.clients if isinstance(client, peers.Sendoff)})])
        os.unlink(message)

    def queue_run(self):
        """A queue of small messages, sent by one run."""
        count = 100 if self.options.quick else 1000
        rows = []
        for rtt in (0, *QUEUE_RTTS):
            client = peers.Sendoff(self.folder + "/queue", self.bundle)
            client.queue = "yes"
            target = self.port(self.real, False)
            client.prepare(target, False)
            os.makedirs(client.folder + "/queue", mode=0o700, exist_ok=True)
            kept = [Run(client, ["a@example.net"], self.small, options=["-odq"]).wall
                    for _ in range(count)]
            before = self.connections()
            with delay_line(target, rtt) if rtt else contextlib.nullcontext() as line:
                took, cpu = self.flush(client, line.prefix if line else [])
            rows.append(("%d messages at %d ms" % (count, rtt * 1000), {
                "keep, ms": round(statistics.median(kept) * 1000, 2),
                "of it fsync": round(fsyncs(client.folder) * 1000, 2),
                "send, ms": round(took / count * 1000, 2), "CPU, ms": round(cpu / count * 1000, 2),
                "connections": self.connections() - before,
                "left": sum(name.endswith(".msg") for name in os.listdir(client.folder + "/queue"))}))
        self.table("queue run, each message", rows)

    def flush(self, client, prefix):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([*prefix, client.path(), "queue", "run", "--all", "-C", client.config],
                       check=True, env=client.environment())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.perf_counter() - start, cpu

    def flush_others(self):
        """The same queue for sendoff and for the peers that have one of their own."""
        count = 50 if self.options.quick else 200
        port = self.port(self.real, False)
        client = peers.Sendoff(self.folder + "/flush", self.bundle)
        client.queue = "yes"
        client.prepare(port, False)
        os.makedirs(client.folder + "/queue", mode=0o700, exist_ok=True)
        for _ in range(count):
            Run(client, ["a@example.net"], self.small, options=["-odq"])
        found = [("sendoff queue run", lambda: self.flush(client, [])[0])]
        for name, script in flushers.available():
            found.append((name, functools.partial(
                flushers.flush, script, port, self.bundle, self.small, count)))
        rows = []
        for name, run in found:
            before, took = self.connections(), run()
            rows.append((name, {
                "seconds": round(took, 2) if took else "-",
                "messages/s": round(count / took) if took else "-",
                "connections": self.connections() - before}))
        self.table("flushing %d messages at 0 ms" % count, rows)

    # How it is told.

    def measures(self, title, done):
        rows = []
        for key, label, scale in (("wall", "wall, ms", 1000), ("cpu", "CPU, ms", 1000),
                                  ("rss", "peak memory, MiB", 1)):
            rows += with_ratios(label, {
                name: statistics.median(getattr(r, key) for r in runs if getattr(r, key)) * scale
                for name, runs in done.items()})
        self.table(title, rows)

    def say(self, line=""):
        self.said.append(line.rstrip())
        print(line.rstrip(), flush=True)

    def table(self, title, rows):
        self.results[title] = rows
        names = list(dict.fromkeys(name for _, values in rows for name in values))
        self.say()
        self.say(title)
        widths = [max(len(name), 10) for name in names]
        self.say(" " * 38 + "  ".join(name.rjust(w) for name, w in zip(names, widths)))
        for label, values in rows:
            self.say(label.ljust(38) + "  ".join(
                str(values.get(name, "")).rjust(w) for name, w in zip(names, widths)))


def first_line(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    return " ".join((done.stdout.splitlines() or [words[0]])[0].split()[:3])


def write_page(path, lines):
    """Puts what was printed below the mark, in place of what stood there."""
    with open(path, encoding="utf-8") as file:
        head = file.read().partition(MARK)[0]
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + MARK + "\n\n```\n" + "\n".join(lines).strip("\n") + "\n```\n")


SECTIONS = {"trips": Bench.trips, "small": Bench.small_message, "large": Bench.large_message,
            "queue": Bench.queue_run, "flush": Bench.flush_others}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="SECTION",
                        help="of: " + " ".join(SECTIONS))
    parser.add_argument("--runs", type=int, default=21, help="of a small message (default 21)")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", help="write the tables there too")
    parser.add_argument("--svg", help="draw the round trips and the CPU time there")
    parser.add_argument("--page", help="put what is printed below the mark in this page")
    options = parser.parse_args()
    bench = Bench(options)
    bench.about()
    try:
        for name in options.sections or SECTIONS:
            SECTIONS[name](bench)
    finally:
        for folder in (bench.folder, bench.homes):
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(bench.results, file, indent=1)
    if options.page:
        write_page(options.page, bench.said)
    if options.svg:
        chart.write(options.svg, bench.results)


if __name__ == "__main__":
    main()
