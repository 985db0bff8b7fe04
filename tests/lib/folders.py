# SPDX-License-Identifier: ISC
"""Temporary folders that other users may enter; they go when the process ends, if not before."""

import atexit
import os
import shutil
import tempfile
import time

PATIENCE = 10  # seconds for processes in the background that write a last line


def make(name):
    path = tempfile.mkdtemp(prefix="sendoff-%s-" % name)
    os.chmod(path, 0o755)
    atexit.register(remove, path)
    return path


def remove(path):
    """Also where a process that is about to end makes a file in the meantime."""
    deadline = time.monotonic() + PATIENCE
    while os.path.exists(path) and time.monotonic() < deadline:
        shutil.rmtree(path, ignore_errors=True)
