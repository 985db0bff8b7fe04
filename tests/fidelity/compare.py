# SPDX-License-Identifier: ISC
"""What a message says, read by Python's `email`, apart from how it is encoded.

    digest(wire) == digest(canonical(what was piped in))

Nothing here knows how sendoff encodes; what is compared is what a reader gets to see.
"""

import email
import email.header
import email.policy
import re

COMPOSED = ("date", "message-id")  # added where missing
MIME = ("mime-version", "content-type", "content-transfer-encoding", "content-disposition")
GONE = ("bcc", "resent-bcc", "return-path", "content-length")
ADDRESSES = ("from", "sender", "reply-to", "to", "cc", "resent-from", "resent-sender", "resent-reply-to",
             "resent-to", "resent-cc")


def canonical(data):
    """The input with the line ends that mail has: LF and CR LF are CR LF, the last one is there."""
    data = re.sub(rb"\r?\n", b"\r\n", data)
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.compat32)


def octets(text):
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def decoded(value):
    """An unstructured value as octets: encoded words decoded, raw octets as they are, blanks squeezed."""
    value = re.sub(r"\r?\n", "", value)
    words = re.split(r"(=\?[!-~]+?\?[bqBQ]\?[!-~]*?\?=)", value)
    out, after_word = b"", False
    for i, piece in enumerate(words):
        if i % 2:
            (content, _), = email.header.decode_header(piece)
            out += octets(content)
            after_word = True
        elif not (after_word and i + 1 < len(words) and not piece.strip(" \t")):
            out += piece.encode("utf-8", "surrogateescape")
            after_word = False
    return b" ".join(out.split())


def unquoted(value):
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda m: re.sub(r"\\(.)", r"\1", m.group(1)), value)


def alike_domain(match):
    """A domain in its A-label form, on both sides of the comparison."""
    name = match.group(1)
    try:
        return "@" + name.encode("utf-8", "surrogateescape").decode().encode("idna").decode()
    except UnicodeError:
        return "@" + name


def addresses(value):
    """An address field's text with quotes, and blanks around signs, made alike."""
    text = re.sub(r"\r?\n", "", value)
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    text = re.sub(r"@([^\s>,;()\"]+)", alike_domain, text)
    text = decoded(unquoted(text)).decode("utf-8", "surrogateescape")
    return re.sub(r"\s*([<>,;:()])\s*", r"\1", text)


def header(message):
    """The fields that sendoff did not add or take away, in their order, as a reader sees them."""
    seen = []
    for name, value in message.raw_items():  # raw octets are surrogates here
        low = name.strip().lower()
        if low in COMPOSED or low in MIME or low in GONE:
            continue
        text = addresses(value) if low in ADDRESSES else decoded(value)
        seen.append((low, text))
    return seen


def filename(part):
    """The file name as octets, raw or as RFC 2231 has it."""
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        raw = [v for n, v in part.raw_items() if n.strip().lower() == field]
        quoted = re.search(r';\s*%s="((?:[^"\\]|\\.)*)"' % parameter, raw[0]) if raw else None
        if quoted:
            return re.sub(r"\r?\n", "", re.sub(r"\\(.)", r"\1", quoted.group(1))).encode("utf-8", "surrogateescape")
        value = part.get_param(parameter, header=field)
        if value:
            return value[2].encode("latin-1") if isinstance(value, tuple) else octets(value)
    return None


def leaf(part):
    return (part.get_content_type(), filename(part), part.get_payload(decode=True) or b"")


def tree(message):
    """(type, children) or (type, file name, octets); an embedded message with its header."""
    if message.get_content_type() in ("message/rfc822", "message/global") and message.is_multipart():
        inner = message.get_payload(0)
        return (message.get_content_type(), header(inner), tree(inner))
    if message.is_multipart():
        return (message.get_content_type(), [tree(p) for p in message.get_payload()])
    return leaf(message)


def digest(data):
    message = parse(data)
    return header(message), tree(message)


def difference(wanted, got, path="message"):
    """Where two digests first differ, in a line; "" if they do not."""
    if wanted == got:
        return ""
    if isinstance(wanted, (list, tuple)) and isinstance(got, (list, tuple)) and len(wanted) == len(got):
        return next(filter(None, (difference(a, b, "%s/%d" % (path, i)) for i, (a, b) in enumerate(zip(wanted, got)))))
    at = 0
    if type(wanted) is type(got) and isinstance(wanted, (bytes, str)):
        at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
        wanted, got = wanted[max(0, at - 20):at + 40], got[max(0, at - 20):at + 40]
    return "%s at %d: wanted %.200r, got %.200r" % (path, at, wanted, got)


def wire_faults(data, offers):
    """What no server must get to see, whatever the message; a list of words."""
    faults = []
    head, _, body = data.partition(b"\r\n\r\n")
    if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data):
        faults.append("bare CR, bare LF or NUL")
    if not data.endswith(b"\r\n"):
        faults.append("no line end at the end")
    if any(len(line) > 998 for line in data.split(b"\r\n")):
        faults.append("line over 998 octets")
    if "8BITMIME" not in offers and re.search(rb"[\x80-\xff]", body):
        faults.append("8-bit body without 8BITMIME")
    if "SMTPUTF8" not in offers and re.search(rb"[\x80-\xff]", head):
        faults.append("8-bit header without SMTPUTF8")
    for word in re.findall(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=", head):
        if len(word) > 75:
            faults.append("encoded word over 75 octets")
    return faults
