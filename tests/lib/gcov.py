# SPDX-License-Identifier: ISC
"""Sums up what gcov says of src/, in the current directory's build: for tests/coverage.

usage: gcov.py TREE FOLDER      (FOLDER gets the annotated sources)
"""

import collections
import gzip
import glob
import json
import os
import shutil
import subprocess
import sys

LEAST = 25  # files that are shown


def counts(tree):
    """{file: (lines, lines run, branches, branches taken)}"""
    found = collections.defaultdict(lambda: ({}, {}))
    data = glob.glob("src/**/*.gcda", recursive=True)
    subprocess.run(["gcov", "--branch-probabilities", "--json-format", *data], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name in glob.glob("*.gcov.json.gz"):
        with gzip.open(name) as file:
            for source in json.load(file)["files"]:
                add(found, os.path.relpath(source["file"], tree), source["lines"])
        os.unlink(name)
    return {name: (len(lines), sum(n > 0 for n in lines.values()),
                   len(branches), sum(n > 0 for n in branches.values()))
            for name, (lines, branches) in found.items()}


def add(found, name, lines):
    if not name.startswith("src/") or not name.endswith(".c"):
        return
    run, taken = found[name]
    for line in lines:
        number = line["line_number"]
        run[number] = run.get(number, 0) + line["count"]
        for at, branch in enumerate(line["branches"]):
            key = number, at
            taken[key] = taken.get(key, 0) + branch["count"]


def annotate(tree, folder):
    """FOLDER/ROOM/FILE.c.gcov"""
    shutil.rmtree(folder, ignore_errors=True)
    for data in glob.glob("src/**/*.gcda", recursive=True):
        into = os.path.join(folder, os.path.relpath(os.path.dirname(data), "src"))
        os.makedirs(into, exist_ok=True)
        subprocess.run(["gcov", "--branch-probabilities", "--relative-only", "--source-prefix", tree, data],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        for made in glob.glob("*.gcov"):
            shutil.move(made, os.path.join(into, made))


def percent(part, whole):
    return 100 * part / whole if whole else 100


def main(tree, folder):
    files = counts(tree)
    annotate(tree, folder)
    print("lines  branches")
    for name, (lines, run, branches, taken) in sorted(files.items(), key=lambda f: percent(f[1][3], f[1][2]))[:LEAST]:
        print("%5.1f %9.1f  %s" % (percent(run, lines), percent(taken, branches), name))
    lines, run, branches, taken = (sum(column) for column in zip(*files.values()))
    print("%d files: lines: %.1f %% of %d, branches: %.1f %% of %d" % (
        len(files), percent(run, lines), lines, percent(taken, branches), branches))


if __name__ == "__main__":
    main(*sys.argv[1:])
