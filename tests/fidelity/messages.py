# SPDX-License-Identifier: ISC
"""Messages made by chance, the same for the same seed; what `compare` can judge and no more."""

import base64
import quopri
import random

LENGTHS = (0, 1, 2, 57, 75, 76, 77, 997, 998, 999, 1000, 1022, 1023, 1024, 4096, 16384, 65536)
UNITS = (b"a", b"ab ", b"a\n", b"word word\n", b" \n", b"\t \n", b"=3D \n", b".\n", b"..\r\n", b"From \n", b"\r\n",
         "é".encode(), "日本\n".encode(), "😀 ".encode(), b"\xff\xfe\n", b"a\xe9", b"a\rb", b"\r\r\n", b"\0", b"a\0\n",
         b"\n.\n", b"\r.\r", b"--\n", b"-- \n", b"x" * 75 + b"--b\n", b"-x--bb--\n")
BLOCKS = (1024, 4096, 16384, 65536)


def content(r):
    """Text of an interesting length, sometimes with something special over the border of a block."""
    length = max(0, r.choice(LENGTHS) + r.randrange(-2, 3))
    units = r.sample(UNITS, r.randrange(1, 4))
    text = b"".join(r.choice(units) for _ in range(r.randrange(1, 300)))
    text = (text * (length // len(text) + 1))[:length]
    if r.random() < 0.3:
        at = r.choice(BLOCKS) + r.randrange(-4, 2)
        special = r.choice((b"\0", b"\r", b"\r\n.\r\n", "€".encode(), b"=", b" \n", b"\n--b"))
        text = text[:at] + special + text[at:]
    return text


def encoded(r, text):
    """A transfer encoding that suits nobody, and its label."""
    kind = r.randrange(3)
    if kind == 0:
        return b"quoted-printable", b"".join(b"=%02X" % c for c in text[:3000])
    if kind == 1:
        return b"quoted-printable", quopri.encodestring(text.replace(b"\r", b"").replace(b"\0", b""))
    text = base64.b64encode(text)
    width = r.choice((60, 76, 998, 5000))
    return b"base64", b"\n".join(text[i:i + width] for i in range(0, len(text), width))


def leaf(r):
    kind = r.choice((b"", b"text/plain; charset=utf-8", b"text/html", b"image/png", b"application/octet-stream"))
    fields, text = b"Content-Type: %s\n" % kind if kind else b"", content(r)
    if r.random() < 0.3:
        label, text = encoded(r, text)
        return fields + b"Content-Transfer-Encoding: %s\n\n" % label + text
    label = r.choice((None, b"7bit", b"8bit", b"binary", b"8-bit"))
    return fields + (b"Content-Transfer-Encoding: %s\n" % label if label else b"") + b"\n" + text


def multipart(r, depth, used):
    boundary = r.choice((b"b", b"bb", b"b-", b"=_x", b"a b", b"x" * 70))
    while boundary in used:
        boundary += b"%d" % r.randrange(10)
    text = b'Content-Type: multipart/mixed; boundary="%s"\n' % boundary
    if r.random() < 0.3:
        text += b"Content-Transfer-Encoding: %s\n" % r.choice((b"7bit", b"8bit", b"binary"))
    text += b"\n" + r.choice((b"", b"preamble\n", b"\n"))
    for _ in range(r.randrange(1, 4)):
        text += b"--" + boundary + r.choice((b"\n", b" \r\n")) + part(r, depth + 1, used | {boundary}) + b"\n"
    return text + b"--" + boundary + b"--" + r.choice((b"", b"\n", b"\nepilogue\n"))


def part(r, depth, used):
    chance = r.random()
    if depth < 4 and chance < 0.35:
        return multipart(r, depth, used)
    if 0 < depth < 4 and chance < 0.45:
        return b"Content-Type: message/rfc822\n\nSubject: " + "innen é\n".encode() + part(r, depth + 1, used)
    return leaf(r)


def subject(r):
    words = (b"plain", "Grüße".encode(), b"caf\xe9", b"=?utf-8?Q?=C3=A9?=", b"x" * 1100, "日本語".encode() * 30, b"a=?b", b"!")
    return b" ".join(r.choice(words) for _ in range(r.randrange(1, 30)))


def message(seed):
    r = random.Random(seed)
    text = b"From: alice@example.org\nTo: bob@example.net\nSubject: " + subject(r) + b"\n"
    if r.random() < 0.3:
        text += b"Cc: " + b",".join(b"u%d@example.org" % i for i in range(r.choice((1, 70, 200)))) + b"\n"
    return text + part(r, 0, frozenset())
