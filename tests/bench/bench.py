# SPDX-License-Identifier: ISC
"""Measures what a submission costs, against msmtp and the other clients that are installed.

usage: tests/bench/run [--runs N] [--quick] [--json FILE] [--svg FILE] [SECTION...]

Sections: trips small large queue.  Everything runs against one Postfix (and for some lines Exim) on
loopback, the clients' runs interleaved; medians are printed, and ratios to msmtp of the same run.
Nothing here passes or fails.
"""

import argparse
import json
import os
import shutil
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
import servers  # noqa: E402
from delayline import DelayLine  # noqa: E402

RTTS = (0.05, 0.2)
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
    with open(message, "rb") as stdin:
        child = subprocess.run(["/usr/bin/time", "-f", "%M", *client.argv(recipients)], stdin=stdin,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True,
                               env=client.environment())
    return int(child.stderr.split()[-1]) / 1024


class Run:
    """One run of a client: wall seconds, CPU seconds; peak memory (MiB) of a run like it, or None."""

    rss = None

    def __init__(self, client, recipients, message):
        client.before_run()
        with open(message, "rb") as stdin:
            start = time.perf_counter()
            child = subprocess.Popen(client.argv(recipients), stdin=stdin,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=client.environment())
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            self.wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError("%s failed with %d: %s" % (
                client.name, child.returncode, said.decode(errors="replace")))
        self.cpu = usage.ru_utime + usage.ru_stime


class Bench:
    def __init__(self, options):
        self.options, self.folder = options, tempfile.mkdtemp(prefix="sendoff-bench-")
        self.results = {}
        bundle = os.path.join(self.folder, "bundle.pem")
        with open(bundle, "wb") as out:
            for name in (SYSTEM_BUNDLE, certs.get("good").ca):
                with open(name, "rb") as part:
                    shutil.copyfileobj(part, out)
        self.clients = peers.installed(self.folder, bundle)
        self.small = self.file("small", SMALL)
        self.real = servers.postfix()

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def drain(self):
        """Lets the server deliver what it took, so that it is idle in the next run."""
        self.real.sink.messages.clear()

    def port(self, real, implicit):
        return real.daemon.ports["implicit" if implicit else "starttls"]

    def each(self, port, implicit, recipients, message, runs, memory=False):
        """Interleaved runs: {client name: [Run]}."""
        done = {client.name: [] for client in self.clients}
        for client in self.clients:
            client.prepare(port, implicit)
            Run(client, recipients, message)  # warms caches; leaves a ticket where one is kept
        for _ in range(runs):
            for client in self.clients:
                done[client.name].append(Run(client, recipients, message))
        for client in self.clients if memory else ():
            for run in done[client.name][:3]:
                run.rss = peak_memory(client, recipients, message)
        self.drain()
        return done

    # What is measured.

    def trips(self):
        """Round trips: the slope of the wall time over the delay."""
        rows = []
        for label, real, implicit, count in (
                ("STARTTLS, 1 recipient", self.real, False, 1),
                ("STARTTLS, 10 recipients", self.real, False, 10),
                ("implicit TLS, 1 recipient", self.real, True, 1),
                ("Exim, STARTTLS", servers.exim(), False, 1),
                ("Exim, implicit TLS", servers.exim(), True, 1)):
            recipients = ["r%d@example.net" % n for n in range(count)]
            walls = []
            for rtt in RTTS:
                with DelayLine(self.port(real, implicit), rtt) as line:
                    done = self.each(line.port, implicit, recipients, self.small,
                                     3 if self.options.quick else 5)
                walls.append({name: min(r.wall for r in runs) for name, runs in done.items()})
            slope = {name: (walls[1][name] - walls[0][name]) / (RTTS[1] - RTTS[0])
                     for name in walls[0]}
            rows.append((label, {name: round(value, 2) for name, value in slope.items()}))
        self.table("round trips", rows)

    def small_message(self):
        """One small message on loopback."""
        runs = self.options.runs
        for label, real in (("Postfix", self.real), ("Exim", servers.exim())):
            done = self.each(self.port(real, False), False, ["a@example.net"], self.small, runs,
                             memory=True)
            self.measures("small message, STARTTLS, " + label, done)
        self.system_calls()

    def system_calls(self):
        counts = {}
        for client in self.clients:
            client.prepare(self.port(self.real, False), False)
            client.before_run()
            trace = os.path.join(self.folder, "strace")
            with open(self.small, "rb") as stdin:
                subprocess.run(["strace", "-f", "-c", "-o", trace, *client.argv(["a@example.net"])],
                               stdin=stdin, env=client.environment(), check=True)
            with open(trace, encoding="utf-8") as file:
                total = [line.split() for line in file if line.endswith("total\n")][0]
            counts[client.name] = int(total[3] if len(total) > 4 else total[2])
        self.table("system calls, small message", [("calls", counts)])

    def large_message(self):
        sizes = (5,) if self.options.quick else (50,)
        for size in sizes:
            message = self.file("large", large(size))
            done = self.each(self.port(self.real, False), False, ["a@example.net"], message, 3,
                             memory=True)
            self.measures("%d MB attachment" % size, done)

    def queue_run(self):
        """A queue of small messages, sent by one run."""
        count = 100 if self.options.quick else 1000
        rows = []
        for rtt in (0, RTTS[0]):
            client = peers.Sendoff(self.folder + "/queue", self.clients[0].bundle)
            client.queue = "yes"
            target = self.port(self.real, False)
            line = DelayLine(target, rtt) if rtt else None
            client.prepare(line.port if line else target, False)
            os.makedirs(client.folder + "/queue", mode=0o700, exist_ok=True)
            start = time.perf_counter()
            self.fill(client, count)
            kept = (time.perf_counter() - start) / count
            start = time.perf_counter()
            subprocess.run([client.path(), "queue", "run", "--all", "-C", client.config],
                           check=True, env=client.environment())
            took = (time.perf_counter() - start) / count
            left = len(os.listdir(client.folder + "/queue"))
            rows.append(("%d messages at %d ms" % (count, rtt * 1000), {
                "keep, ms each": round(kept * 1000, 2), "send, ms each": round(took * 1000, 2),
                "connections": line.connections if line else "", "left": left}))
            if line:
                line.close()
            self.drain()
        self.table("queue run", rows)

    def fill(self, client, count):
        for _ in range(count):
            words = client.argv(["a@example.net"])
            with open(self.small, "rb") as stdin:
                subprocess.run(words[:1] + ["-odq"] + words[1:], stdin=stdin, check=True,
                               env=client.environment())

    # How it is told.

    def measures(self, title, done):
        base = done.get("msmtp")
        rows = []
        for key, label, scale in (("wall", "wall, ms", 1000), ("cpu", "CPU, ms", 1000),
                                  ("rss", "peak memory, MiB", 1)):
            medians = {name: statistics.median(getattr(r, key) for r in runs if getattr(r, key)) * scale
                       for name, runs in done.items()}
            rows.append((label, {name: round(value, 2) for name, value in medians.items()}))
            if base:
                rows.append(("  of msmtp", {name: round(value / medians["msmtp"], 3)
                                            for name, value in medians.items()}))
        self.table(title, rows)

    def table(self, title, rows):
        self.results[title] = rows
        names = list(rows[0][1])
        print("\n" + title)
        widths = [max(len(name), 10) for name in names]
        print(" " * 28 + "  ".join(name.rjust(w) for name, w in zip(names, widths)))
        for label, values in rows:
            print(label.ljust(28) + "  ".join(
                str(values[name]).rjust(w) for name, w in zip(names, widths)))
        sys.stdout.flush()


SECTIONS = {"trips": Bench.trips, "small": Bench.small_message, "large": Bench.large_message,
            "queue": Bench.queue_run}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="SECTION",
                        help="of: " + " ".join(SECTIONS))
    parser.add_argument("--runs", type=int, default=21, help="of a small message (default 21)")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", help="write the tables there too")
    parser.add_argument("--svg", help="draw the round trips and the CPU time there")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for name in options.sections or SECTIONS:
            SECTIONS[name](bench)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(bench.results, file, indent=1)
    if options.svg:
        chart.write(options.svg, bench.results)


if __name__ == "__main__":
    main()
