# SPDX-License-Identifier: ISC
"""Throw-away certificates for tests, made with openssl, each once per process.

    certs.get("good").cert, .key      PEM files; cert holds the chain
    certs.get("good").ca              the trust anchor that it verifies against
    certs.server_context("good")      an ssl.SSLContext for smtpd.Server
    certs.fingerprint("good")         SHA-256 of the certificate, hex

Names: see KINDS.  All lie in one temporary directory, which goes when the process ends.
"""

import functools
import hashlib
import os
import ssl
import subprocess
import threading
import types

import folders

HOSTS = "DNS:localhost,DNS:mail.test"
ADDRESSES = "IP:127.0.0.1,IP:::1"
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20370101000000Z", "20370201000000Z")  # a 32-bit GnuTLS knows no later year

# kind: issuer ("self": signed with its own key), subject, subjectAltName, validity or None
KINDS = {
    "good": ("ca", "localhost", HOSTS + "," + ADDRESSES, None),
    "name-only": ("ca", "localhost", HOSTS, None),
    "ip-only": ("ca", "server", ADDRESSES, None),
    "link-local": ("ca", "server", "IP:fe80::1", None),
    "wildcard": ("ca", "wild", "DNS:*.mail.test", None),
    "no-san": ("ca", "localhost", None, None),
    "example": ("ca", "smtp.example.org", "DNS:smtp.example.org", None),
    "wrong-name": ("ca", "other.example", "DNS:other.example", None),
    "expired": ("ca", "localhost", HOSTS + "," + ADDRESSES, PAST),
    "future": ("ca", "localhost", HOSTS + "," + ADDRESSES, FUTURE),
    "self-signed": ("self", "localhost", HOSTS + "," + ADDRESSES, None),
    "unknown-issuer": ("other-ca", "localhost", HOSTS + "," + ADDRESSES, None),
    "client": ("ca", "client-user", "email:client@example.org", None),
    "strange-client": ("other-ca", "client-user", "email:client@example.org", None),
}

_lock = threading.RLock()


@functools.lru_cache(None)
def folder():
    return folders.make("certs")


def _openssl(*words):
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (" ".join(words), done.stderr))


def _path(name, end):
    return os.path.join(folder(), name + end)


def _key(name):
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-out", _path(name, ".key"))


def _authority(name):
    """The CA's files, made when first asked for."""
    if not os.path.exists(_path(name, ".pem")):
        _key(name)
        _openssl("req", "-x509", "-new", "-key", _path(name, ".key"), "-days", "30",
                 "-subj", "/O=Throw-away test authority/CN=" + name, "-out", _path(name, ".pem"),
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return _path(name, ".pem"), _path(name, ".key")


def _sign(kind, issuer, subject, names, validity):
    config = ["[ca]", "default_ca=d", "[d]", "database=" + _path(kind, ".index"),
              "new_certs_dir=" + folder(), "rand_serial=yes", "default_md=sha256",
              "policy=p", "x509_extensions=x", "unique_subject=no", "[p]", "commonName=supplied",
              "[x]", "basicConstraints=CA:FALSE"]
    if names:
        config.append("subjectAltName=" + names)
    with open(_path(kind, ".cnf"), "w") as file:
        file.write("\n".join(config) + "\n")
    open(_path(kind, ".index"), "w").close()
    _key(kind)
    _openssl("req", "-new", "-key", _path(kind, ".key"), "-subj", "/CN=" + subject,
             "-out", _path(kind, ".csr"))
    words = ["ca", "-batch", "-notext", "-config", _path(kind, ".cnf"),
             "-in", _path(kind, ".csr"), "-out", _path(kind, ".pem")]
    if issuer == "self":
        words += ["-selfsign", "-keyfile", _path(kind, ".key")]
    else:
        ca, key = _authority(issuer)
        words += ["-cert", ca, "-keyfile", key]
    start, end = validity or (None, None)
    words += ["-startdate", start, "-enddate", end] if start else ["-days", "20"]
    _openssl(*words)
    if issuer not in ("self", "ca"):
        with open(_path(issuer, ".pem")) as ca, open(_path(kind, ".pem"), "a") as chain:
            chain.write(ca.read())


def get(kind):
    """cert, key and ca (file names) of a certificate of this kind."""
    with _lock:
        if not os.path.exists(_path(kind, ".pem")):
            _sign(kind, *KINDS[kind])
        return types.SimpleNamespace(cert=_path(kind, ".pem"), key=_path(kind, ".key"),
                                     ca=_authority("ca")[0])


def server_context(kind="good", ask_client=False):
    """ask_client: the server asks for a client certificate of our CA, and takes none as well."""
    files = get(kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    if ask_client:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(files.ca)
    return context


def fingerprint(kind="good"):
    with open(get(kind).cert) as file:
        first = file.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def key_fingerprint(kind="good"):
    """SHA-256 of the certificate's SubjectPublicKeyInfo, hex."""
    done = subprocess.run(["openssl", "pkey", "-in", get(kind).key, "-pubout", "-outform", "DER"],
                          capture_output=True, check=True)
    return hashlib.sha256(done.stdout).hexdigest()
