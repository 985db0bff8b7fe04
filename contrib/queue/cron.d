# SPDX-License-Identifier: ISC
# Tries the mail that waits in sendoff's queue.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
*/5 * * * * root [ -d /run/systemd/system ] || [ ! -x /usr/bin/sendoff ] || sendoff queue run
