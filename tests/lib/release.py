# SPDX-License-Identifier: ISC
"""The program as it is installed: without sanitizers, for strace, valgrind and readelf.

It is built once into build/release.  $SENDOFF_RELEASE names another one.
"""

import fcntl
import os
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "build", "release")


def built(name, command):
    """Runs a shell command that builds build/release/NAME, one process at a time."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(TOP, "build", "release.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(["sh", "-c", command], env={**os.environ, "top": TOP}, cwd=TOP,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    path = os.path.join(FOLDER, name)
    if done.returncode or not os.path.exists(path):
        raise AssertionError("%s was not built:\n%s" % (path, done.stdout.decode(errors="replace")))
    return path


def program():
    """The path of the built program; the test is skipped where the tree cannot be built in."""
    if "SENDOFF_RELEASE" in os.environ:
        return os.path.abspath(os.environ["SENDOFF_RELEASE"])
    if not os.access(TOP, os.W_OK):
        raise unittest.SkipTest("the source tree cannot be written, so no release is built")
    return built("sendoff", '. "$top/tests/lib/packages.sh" && build release --enable-werror')


def library(source, name):
    """A shared object made of one C file of the tests."""
    return built(name, "cc -O1 -Wall -shared -fPIC -o '%s' '%s' -ldl" % (
        os.path.join(FOLDER, name), os.path.join(TOP, "tests", source)))


def works(*command):
    """Can this tool be had, and does it do its work here?"""
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0
