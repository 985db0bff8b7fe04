# SPDX-License-Identifier: ISC
"""DIAGNOSTICS of sendoff(1): the texts it explains, as patterns and as pieces."""

import functools
import glob
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What stands in the manual for something that differs each time.
PLACEHOLDER = re.compile(r"\b(ADDRESS|DATE|FILE|HOST|KEY|LINE|MECHANISM|NAME|NUMBER|PORT|REASON|REPLY)\b")


@functools.lru_cache(None)
def texts():
    with open(os.path.join(TOP, "doc", "sendoff.1"), encoding="utf-8") as page:
        section = page.read().split(".Sh DIAGNOSTICS\n")[1].split("\n.Sh ")[0]
    return [line[4:].replace("\\(aq", "'") for line in section.splitlines() if line.startswith(".It ")]


def explains(text, line):
    """Is the line an instance of this text?"""
    pieces = PLACEHOLDER.split(text)[::2]
    return re.search(".+".join(map(re.escape, pieces)), line) is not None


@functools.lru_cache(None)
def program_strings():
    """All string literals of the program, those that the compiler joins as one."""
    strings = []
    for path in glob.glob(os.path.join(TOP, "src", "**", "*.c"), recursive=True):
        with open(path, encoding="utf-8") as source:
            joined = re.sub(r'"\s*\n\s*"', "", source.read())
        strings += re.findall(r'"((?:[^"\\\n]|\\.)*)"', joined)
    return "\n".join(strings)
