# SPDX-License-Identifier: ISC
"""Peak memory of a process, watched from outside.  What wait4 tells would count the parent too: a
child begins as its copy."""

import re
import threading


class Peak(threading.Thread):
    """Watches a process's peak memory until it ends."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.highest = pid, 0
        self.start()

    def run(self):
        while True:
            try:
                with open("/proc/%d/status" % self.pid) as file:
                    found = re.search(r"VmHWM:\s+(\d+)", file.read())
            except OSError:
                return
            if not found:
                return
            self.highest = max(self.highest, int(found[1]))
            threading.Event().wait(0.01)

    def kib(self):
        self.join(10)
        return self.highest
