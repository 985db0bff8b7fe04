# SPDX-License-Identifier: ISC
"""A smart card for a sandbox: SoftHSM's token `mail` behind card.c, which is locked after three
wrong PINs, with the certificate and key of certs.get("client") on it, both called `me`.

    card = Card(box)
    done = box.sendmail(..., env=card.env, uid=card.uid)
    card.logins()                  # "ox": a right PIN, then a wrong one
"""

import functools
import os
import shutil
import subprocess

import certs
import folders
import release

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PIN, OTHER_PIN = "1234%?&", "567890"


def reason_not_to():
    """Why there can be no card here; None: there can."""
    if not os.path.exists(SOFTHSM) or not shutil.which("p11tool"):
        return "libsofthsm2 or gnutls-bin is not installed"
    return None


def p11tool(*words, module=SOFTHSM, env=None):
    done = subprocess.run(["p11tool", "--batch", "--provider", module, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={**os.environ, **env}, check=False)
    if done.returncode:
        raise RuntimeError("p11tool %s: %s%s" % (" ".join(words), done.stdout, done.stderr))
    return done.stdout


def settings(path):
    """The environment that leads SoftHSM to the tokens in a folder."""
    with open(os.path.join(path, "softhsm2.conf"), "w", encoding="utf-8") as file:
        file.write("directories.tokendir = %s/tokens\nobjectstore.backend = file\n" % path)
    return {"SOFTHSM2_CONF": os.path.join(path, "softhsm2.conf")}


def put(env, kind, label, number):
    """A certificate and its key on the token."""
    files = certs.get(kind)
    for what, path in (("privkey", files.key), ("certificate", files.cert)):
        p11tool("--login", "--set-pin", PIN, "--write", "--load-" + what, path, "--label", label,
                "--id", number, "pkcs11:token=mail", env=env)


@functools.lru_cache(None)
def blank():
    """A folder with such a token, to be copied."""
    path = folders.make("token")
    os.mkdir(os.path.join(path, "tokens"))
    env = settings(path)
    p11tool("--initialize", "pkcs11:model=SoftHSM%20v2", "--label", "mail", "--set-so-pin", OTHER_PIN, env=env)
    p11tool("--initialize-pin", "pkcs11:token=mail", "--set-so-pin", OTHER_PIN, "--set-pin", PIN, env=env)
    put(env, "client", "me", "01")
    return path


class Card:
    def __init__(self, box):
        self.file = box.file("card")
        shutil.copytree(blank(), self.file)
        self.env = {**settings(self.file), "CARD_FILE": os.path.join(self.file, "logins")}
        self.uid = 65534 if os.getuid() == 0 else None  # p11-kit reads no file of root's own
        self.path = shutil.copy(release.library("lib/card.c", "card.so"), self.file)  # the tree may lie below /root
        self.module(box.home, "module: %s\n" % self.path)

    def module(self, home, lines):
        """What the user's p11-kit loads, in place of the system's SoftHSM and OpenSC."""
        folder = os.path.join(home, ".config", "pkcs11", "modules")
        os.makedirs(folder, exist_ok=True)
        for name, text in (("softhsm2", lines), ("opensc-pkcs11", "enable-in: nothing\n")):
            with open(os.path.join(folder, name + ".module"), "w", encoding="utf-8") as file:
                file.write(text)

    def logins(self):
        if not os.path.exists(self.env["CARD_FILE"]):
            return ""
        with open(self.env["CARD_FILE"], encoding="utf-8") as file:
            return file.read()
