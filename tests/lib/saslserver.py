# SPDX-License-Identifier: ISC
"""The server's side of the SASL mechanisms that smtpd.py offers: who logged in, or None.

Simple checks against a table of users; strong mechanisms are tested with real servers.
"""

import base64
import binascii
import hmac
import os
import re


class Cancelled(Exception):
    """The client sent "*" or something that is no base64."""


def decode(text):
    if text == "*":
        raise Cancelled()
    if text == "=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Cancelled() from None


def encode(octets):
    return base64.b64encode(octets).decode()


def plain(session, initial, users):
    response = decode(initial if initial is not None else session.challenge(""))
    _, user, password = response.decode().split("\0")
    return user if users.get(user) == password else None


def login(session, initial, users):
    user = decode(initial if initial is not None else session.challenge(encode(b"Username:")))
    password = decode(session.challenge(encode(b"Password:"))).decode()
    return user.decode() if users.get(user.decode()) == password else None


def cram_md5(session, initial, users):
    nonce = b"<%s@server.example>" % os.urandom(8).hex().encode()
    user, _, digest = decode(session.challenge(encode(nonce))).decode().rpartition(" ")
    right = hmac.new(users.get(user, "").encode(), nonce, "md5").hexdigest()
    return user if user in users and hmac.compare_digest(right, digest) else None


def xoauth2(session, initial, users):
    response = decode(initial if initial is not None else session.challenge("")).decode()
    match = re.fullmatch("user=([^\1]+)\1auth=Bearer ([^\1]+)\1\1", response)
    if match and users.get(match[1]) == match[2]:
        return match[1]
    # Google sends why it failed as a challenge; the client answers with an empty line.
    session.challenge(encode(b'{"status":"400","schemes":"Bearer","scope":"mail"}'))
    return None


def oauthbearer(session, initial, users):
    """RFC 7628 section 3."""
    response = decode(initial if initial is not None else session.challenge("")).decode()
    match = re.fullmatch("n,a=([^,]+),\1(?:[a-z]+=[^\1]*\1)*auth=Bearer ([^\1]+)\1"
                         "(?:[a-z]+=[^\1]*\1)*\1", response)
    if match and users.get(match[1]) == match[2]:
        return match[1]
    session.challenge(encode(b'{"status":"invalid_token"}'))
    return None


MECHANISMS = {
    "PLAIN": plain, "LOGIN": login, "CRAM-MD5": cram_md5, "XOAUTH2": xoauth2,
    "OAUTHBEARER": oauthbearer,
}


def authenticate(session, mechanism, initial):
    """The name of the user who proved who they are, or None."""
    try:
        return MECHANISMS[mechanism](session, initial, session.server.users)
    except (Cancelled, ValueError):
        return None
