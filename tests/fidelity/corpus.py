# SPDX-License-Identifier: ISC
"""Messages as programs pipe them in, each with what is special about it.

CASES is a list of (name, octets, flags).  Every message has a From, so that nothing depends on
who runs the tests; what sendoff completes or joins is tested elsewhere.
"""

import base64
import quopri

SEALED = "sealed"  # holds signed or encrypted parts: 8-bit and long lines may stay in them
LONG = "long"  # has lines over 998 octets where they may not be broken

CASES = []
FROM = b"From: Alice <alice@example.org>\nTo: bob@example.net\n"
MIME = b"MIME-Version: 1.0\n"
PIXEL = bytes(range(256)) * 3
GRUSS = "Grüße aus Köln, ça va? Γειά σου — 日本語 😀"


def case(name, data, *flags):
    CASES.append((name, data if isinstance(data, bytes) else data.encode(), frozenset(flags)))


def plain(name, body, fields=b"Subject: test\n", *flags):
    case(name, FROM + fields + b"\n" + body, *flags)


def typed(name, content_type, body, encoding=None, *flags):
    label = b"Content-Transfer-Encoding: %s\n" % encoding if encoding else b""
    plain(name, body, b"Subject: test\n" + MIME + b"Content-Type: " + content_type + b"\n" + label, *flags)


def part(fields, body):
    return fields + b"\n" + body


def multi(boundary, *parts, preamble=b"", epilogue=b"", close=True):
    text = preamble
    for one in parts:
        text += b"--" + boundary + b"\n" + one + b"\n"
    return text + (b"--" + boundary + b"--\n" if close else b"") + epilogue


def mixed(name, *parts, boundary=b"b1", subtype=b"mixed", label=None, flags=(), **options):
    typed(name, b'multipart/%s; boundary="%s"' % (subtype, boundary), multi(boundary, *parts, **options), label, *flags)


TEXT = b"Content-Type: text/plain; charset=utf-8\n"
IMAGE = b"Content-Type: image/png\n"
BIT8 = b"Content-Transfer-Encoding: 8bit\n"
BINARY = b"Content-Transfer-Encoding: binary\n"
QP = b"Content-Transfer-Encoding: quoted-printable\n"
B64 = b"Content-Transfer-Encoding: base64\n"
RFC822 = b"Content-Type: message/rfc822\n"


def bodies():
    rows = {
        "one line": b"hello\n",
        "no final line end": b"hello",
        "empty": b"",
        "empty lines": b"\n\n\n",
        "CR LF": b"one\r\ntwo\r\n",
        "mixed line ends": b"one\r\ntwo\nthree\r\n\nfour",
        "dots": b".\n..\n...\n.a\n..b\n",
        "ends in a dot": b"text\n.",
        "From lines": b"From me to you\n>From quoted\n From indented\n",
        "blanks at line ends": b"one \ntwo\t\n   \n \t \nthree  ",
        "looks like a header": b"Subject: not a header\nX: y\n\nbody\n",
        "equals signs": b"a=b\n=\n==\n=3D\n=41 =\n=C3=A9\n",
        "looks like base64": base64.encodebytes(PIXEL),
        "progress bar": b"".join(b"%3d%%\r" % i for i in range(101)) + b"\ndone\n",
        "bare CR": b"one\rtwo\r\rthree\n",
        "CR CR LF": b"one\r\r\ntwo\r\r\r\n",
        "CR at the end": b"one\r",
        "NUL": b"a\0b\n\0\n\0\0end\0",
        "control characters": bytes(range(1, 10)) + bytes(range(14, 32)) + b"\x7f\n",
        "terminal colours": b"\x1b[31mred\x1b[0m\n\x08\x07\n",
        "all octets": PIXEL,
        "all octets, lines": b"".join(bytes([i]) + b"\n" for i in range(256)),
        "LF dot LF": b"a\n.\nMAIL FROM:<evil@example.org>\nRCPT TO:<x@example.org>\nDATA\n",
        "CR dot CR": b"a\r.\rQUIT\r\n",
        "LF dot CR LF": b"a\n.\r\nQUIT\r\n",
        "CR LF dot CR": b"a\r\n.\rRSET\r\n",
        "CR LF dot NUL": b"a\r\n.\0\r\nb\n",
        "BDAT in the text": b"BDAT 5 LAST\r\nhello\r\n",
        "delimiters without a multipart": b"--\n--b\n--b--\n",
        "form feed": b"page one\x0cpage two\n",
    }
    for name, body in rows.items():
        plain("body: " + name, body)
    for length in (75, 76, 77, 78, 997, 998, 999, 1000, 1001, 1022, 1023, 1024, 4096, 16384, 65536, 300000):
        plain("line of %d" % length, b"before\n" + b"x" * length + b"\nafter\n")
    plain("line of 998 blanks", b" " * 998 + b"\n")
    plain("line of 2000 blanks", b" " * 2000 + b"\n")
    plain("long line of dots", b"." * 3000 + b"\n")
    plain("long line of equals signs", b"=" * 1500 + b"\n")
    plain("long line with dots where it may break", b"".join(b"x" * n + b"." for n in range(70, 80)) * 3 + b"\n")
    plain("many long lines", (b"word " * 250 + b"\n") * 20)


def eight_bit():
    text = GRUSS.encode()
    plain("8-bit: no MIME fields", text + b"\n")
    plain("8-bit: Latin-1, no MIME fields", b"caf\xe9 \xdcber\n")
    plain("8-bit: broken UTF-8", b"ok \xc3\xa9 cut \xc3\n\xe2\x82\n")
    plain("8-bit: long line", text * 50 + b"\n")
    plain("8-bit: line of 998 octets", "é".encode() * 499 + b"\n")
    plain("8-bit: line of 999 octets", "é".encode() * 499 + b"x\n")
    plain("8-bit: after 60 KiB of ASCII", b"x" * 70 + b"\n" + (b"y" * 60 + b"\n") * 1000 + text + b"\n")
    plain("8-bit: only a byte order mark", b"\xef\xbb\xbf\n")
    typed("8-bit: text, labelled", b"text/plain; charset=utf-8", text + b"\n", b"8bit")
    typed("8-bit: text, not labelled", b"text/plain; charset=utf-8", text + b"\n")
    typed("8-bit: text, labelled 7bit", b"text/plain; charset=utf-8", text + b"\n", b"7bit")
    typed("8-bit: text, labelled binary", b"text/plain; charset=utf-8", text + b"\n", b"binary")
    typed("8-bit: text, labelled nonsense", b"text/plain; charset=utf-8", text + b"\n", b"8-bit")
    typed("8-bit: no charset", b"text/plain", text + b"\n", b"8bit")
    typed("8-bit: Latin-1", b"text/plain; charset=iso-8859-1", b"caf\xe9\n", b"8bit")
    typed("8-bit: HTML", b"text/html; charset=utf-8", b"<p>" + text + b"</p>\n" + b"<br>" * 400 + b"\n", b"8bit")
    typed("8-bit: flowed", b"text/plain; charset=utf-8; format=flowed", "Grüße \nvon hier \n-- \nich\n".encode(), b"8bit")
    typed("8-bit: type that is none", b"text", text + b"\n")
    typed("8-bit: image", b"image/png", PIXEL.replace(b"\n", b""), b"8bit")
    typed("8-bit: octets", b"application/octet-stream", PIXEL, b"binary")
    typed("binary: plain text", b"text/plain", b"hello\n", b"binary")
    typed("binary: base64 would do", b"application/pdf", b"%PDF\n" + b"x" * 2000 + b"\n", b"binary")


def encoded():
    text = GRUSS.encode()
    typed("encoded: quoted-printable", b"text/plain; charset=utf-8", quopri.encodestring(text) + b"\n", b"quoted-printable")
    typed("encoded: quoted-printable in one line", b"text/plain; charset=utf-8",
          b"".join(b"=%02X" % c for c in text * 10) + b"\n", b"quoted-printable")
    typed("encoded: quoted-printable, long and literal", b"text/plain", b"x" * 2000 + b"=\n" + b"y" * 1500 + b"\n",
          b"quoted-printable")
    typed("encoded: quoted-printable with raw octets", b"text/plain; charset=utf-8", b"=C3=A9 " + text + b" =3D\n",
          b"quoted-printable")
    typed("encoded: quoted-printable, soft breaks", b"text/plain", b"one=\ntwo=\n=\nthree=20\n", b"Quoted-Printable")
    typed("encoded: base64", b"image/png", base64.encodebytes(PIXEL), b"base64")
    typed("encoded: base64 in one line", b"image/png", base64.b64encode(PIXEL * 4) + b"\n", b"base64")
    typed("encoded: base64, no line end", b"image/png", base64.b64encode(PIXEL * 4), b"BASE64")
    typed("encoded: base64 of text with CR", b"text/plain", base64.encodebytes(b"a\rb\0c\n"), b"base64")
    typed("encoded: empty base64", b"image/png", b"", b"base64")


def multiparts():
    text = GRUSS.encode()
    mixed("parts: one", part(TEXT, text))
    mixed("parts: text and image", part(TEXT + BIT8, text + b"\n"), part(IMAGE + BIT8, PIXEL.replace(b"\r", b"")))
    mixed("parts: only the second needs it", part(TEXT, b"plain"), part(TEXT, text), part(IMAGE + B64, base64.encodebytes(PIXEL)))
    mixed("parts: alternative", part(TEXT, text), part(b"Content-Type: text/html; charset=utf-8\n", b"<b>" + text + b"</b>"),
          subtype=b"alternative")
    mixed("parts: related", part(TEXT, b"x" * 1200), part(IMAGE + B64, base64.encodebytes(PIXEL)), subtype=b"related")
    mixed("parts: without fields", part(b"", text), part(b"", b"x" * 999), part(b"", b"plain"))
    mixed("parts: empty", part(b"", b""), part(TEXT, b""), part(TEXT, text))
    mixed("parts: preamble and epilogue", part(TEXT, text), preamble=b"This is MIME.\n", epilogue=b"the end\n")
    mixed("parts: only a close delimiter", preamble=text + b"\n", epilogue=text + b"\n")
    typed("parts: blanks behind a delimiter", b"multipart/mixed; boundary=b1", multi(b"b1", part(TEXT, text)).replace(b"b1\n", b"b1" + b" " * 1000 + b"\n", 1))
    mixed("parts: long 8-bit word in a header", part(b"X-Long: " + "\u00e4".encode() * 700 + b"\n" + TEXT, text), part(TEXT, b"x" * 999))
    mixed("parts: empty lines around", part(TEXT, b"\n\n" + text + b"\n\n\n"), preamble=b"\n\n", epilogue=b"\n")
    mixed("parts: 8bit over all", part(TEXT + BIT8, text), label=b"8bit")
    mixed("parts: binary over all", part(TEXT + BINARY, text), part(IMAGE + BINARY, PIXEL), label=b"binary")
    mixed("parts: binary inside only", part(TEXT + BINARY, b"plain"), part(TEXT, b"plain"))
    mixed("parts: NUL in one", part(TEXT, b"plain"), part(IMAGE, b"\0\1\2"))
    mixed("parts: bare CR in one", part(TEXT, b"plain"), part(TEXT, b"10%\r20%\r"))
    mixed("parts: long line in one", part(TEXT, b"plain"), part(TEXT, b"x" * 70000), part(IMAGE, b"y" * 70000))
    mixed("parts: boundary of 70", part(TEXT, text), boundary=b"0123456789" * 7)
    mixed("parts: boundary with signs", part(TEXT, text), boundary=b"=_?'()+,-./:=x")
    mixed("parts: boundary with a blank", part(TEXT, text), boundary=b"a b")
    mixed("parts: boundary in the text", part(TEXT, text + b"\nx--b1\n --b1\n--b10\n--b1-\nb1\n"), part(TEXT, b"two"))
    hidden = b"".join(b"x" * n + b"--b1\n" + b"x" * n + b"--b1--\n" for n in range(66, 80)) + b"z" * 1000 + text
    mixed("parts: boundary where a line is broken", part(TEXT, hidden), part(TEXT + QP, hidden.replace(text, b"") + b"=C3=A9"))
    inner = multi(b"b12", part(TEXT, text), part(IMAGE + BIT8, b"\xff\xfe"))
    mixed("parts: inner boundary begins as the outer", part(b"Content-Type: multipart/mixed; boundary=b12\n", inner), part(TEXT, text))
    inner = multi(b"b", part(TEXT, text), part(IMAGE + BIT8, b"\xff\xfe"))
    mixed("parts: outer boundary begins as the inner", part(b"Content-Type: multipart/mixed; boundary=b\n", inner), part(TEXT, text))
    nested = part(TEXT, text)
    for i in range(20):
        nested = part(b"Content-Type: multipart/mixed; boundary=n%d\n" % i, multi(b"n%d" % i, nested, part(b"", text)))
    case("parts: twenty deep", FROM + MIME + nested)
    mixed("parts: a hundred", *(part(TEXT, b"%d " % i + (text if i % 3 else b"plain")) for i in range(100)))
    typed("parts: folded type", b"multipart/mixed;\n\tboundary=\"b1\";\n charset=utf-8", multi(b"b1", part(TEXT, text)))
    typed("parts: boundary in sections", b"multipart/mixed; boundary*0=b; boundary*1=1", multi(b"b1", part(TEXT, text)))
    typed("parts: comment in the type", b"multipart/mixed (a \"comment\"); boundary=b1", multi(b"b1", part(TEXT, text)))
    typed("parts: capitals", b"MULTIPART/Mixed; BOUNDARY=b1", multi(b"b1", part(TEXT.upper(), text)))
    typed("parts: no boundary", b"multipart/mixed", multi(b"b1", part(TEXT, b"plain")))
    mixed("parts: not closed", part(TEXT, text), close=False)
    mixed("parts: digest", part(b"", b"Subject: one\n\n" + text), part(TEXT, text), subtype=b"digest")
    mixed("parts: report", part(TEXT, text), part(b"Content-Type: message/delivery-status\n", b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\n"),
          part(RFC822, b"Subject: x\n\nplain\n"), subtype=b"report")
    mixed("parts: form data", part(b"Content-Disposition: form-data; name=\"a\"\n", text), subtype=b"form-data")
    message = b"Subject: " + text + b"\nFrom: J\xc3\xbcrgen <j@example.org>\nX:  kept\n" + MIME
    mixed("message inside", part(RFC822, message + TEXT + b"\n" + text))
    mixed("message inside, labelled", part(RFC822 + BIT8, message + TEXT + BIT8 + b"\n" + text), label=b"8bit")
    mixed("message inside with parts", part(RFC822, message + b"Content-Type: multipart/mixed; boundary=in\n\n"
                                            + multi(b"in", part(TEXT, text), part(IMAGE, b"\xff")) + b"\n"))
    mixed("message inside a message", part(RFC822, b"Subject: 1\n" + MIME + RFC822 + b"\n" + message + TEXT + b"\n" + text))
    typed("message as the whole", b"message/rfc822", message + TEXT + b"\n" + text + b"\n")
    mixed("message inside, no header", part(RFC822, b"\n" + text))
    mixed("file name, 8-bit", part(IMAGE[:-1] + b'; name="' + text + b'.png"\nContent-Disposition: attachment;\n filename="' + text + b'.png"\n' + B64,
                                   base64.encodebytes(PIXEL)))
    mixed("file name, Latin-1", part(b'Content-Type: application/x; name="caf\xe9.txt"\n', b"plain"))
    mixed("file name, long", part(b'Content-Disposition: attachment; filename="' + "ü".encode() * 600 + b'"\n', b"plain"))
    mixed("file name, extended already", part(b"Content-Disposition: attachment; filename*=utf-8''%C3%A9.txt\n", text))
    mixed("part description, 8-bit", part(b"Content-Description: " + text + b"\n" + TEXT, text))
    signed = part(TEXT + QP, quopri.encodestring(text)), part(b"Content-Type: application/pgp-signature\n", b"-----BEGIN PGP-----\n")
    mixed("signed: clean", *signed, subtype=b"signed", flags=(SEALED,))
    mixed("signed: 8-bit inside", part(TEXT + BIT8, text + b" \n"), signed[1], subtype=b"signed", flags=(SEALED,))
    mixed("signed: long lines inside", part(TEXT, b"x" * 1500), signed[1], subtype=b"signed", flags=(SEALED, LONG))
    mixed("signed: beside an 8-bit part", part(b"Content-Type: multipart/signed; boundary=s\n", multi(b"s", part(TEXT, text), signed[1])),
          part(TEXT, text), flags=(SEALED,))
    mixed("encrypted", part(b"Content-Type: application/pgp-encrypted\n", b"Version: 1\n"),
          part(b"Content-Type: application/octet-stream\n", b"-----BEGIN PGP MESSAGE-----\n"), subtype=b"encrypted", flags=(SEALED,))
    typed("S/MIME", b"application/pkcs7-mime; smime-type=enveloped-data", base64.encodebytes(PIXEL), b"base64", SEALED)
    plain("clear-signed text", b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" + text + b" \n- --\n-----END-----\n")


def headers():
    text = GRUSS.encode()
    rows = {
        "UTF-8 subject": b"Subject: " + text,
        "Latin-1 subject": b"Subject: caf\xe9 und \xdcber",
        "UTF-8 and Latin-1": b"Subject: caf\xc3\xa9 caf\xe9",
        "long UTF-8 subject": b"Subject: " + text * 20,
        "long UTF-8 without blanks": b"Subject: " + "日本語".encode() * 200,
        "8-bit between words": b"Subject: one \xc3\xa9 two \xc3\xa9 \xc3\xa9 three",
        "8-bit at the ends": b"Subject: \xc3\xa9 middle \xc3\xa9",
        "8-bit, folded": b"Subject: \xc3\xa9\n \xc3\xa9\n\tplain\n  \xc3\xa9",
        "8-bit beside encoded words": b"Subject: =?utf-8?Q?a?= \xc3\xa9 =?utf-8?Q?b?= c =?utf-8?B?ZA==?= \xc3\xa9",
        "encoded words": b"Subject: =?utf-8?Q?caf=C3=A9?=\n =?iso-8859-1?Q?_=FC?= x",
        "one overlong encoded word": b"Subject: =?UTF-8?B?" + base64.b64encode(text * 30) + b"?=",
        "looks like an encoded word": b"Subject: =?x =?utf-8?Q?a b?= ?= \xc3\xa9",
        "question marks": b"Subject: what? =? ?= _ \xc3\xa9=41?",
        "no blank behind the colon": b"Subject:\xc3\xa9",
        "empty subject": b"Subject:",
        "long subject with blanks": b"Subject: " + b"word " * 400,
        "long subject without blanks": b"Subject: " + b"x" * 3000,
        "subject of 998 octets": b"Subject: " + b"x" * 989,
        "subject of 999 octets": b"Subject: " + b"x" * 990,
        "long and short words": b"Subject: a " + b"x" * 1500 + b" b " + b"y" * 500 + b" c",
        "long unknown field": b"X-Long: " + b"k=v; " * 400,
        "8-bit unknown field": b"X-Cron-Env: <PATH=" + text + b">",
        "repeated unknown fields": b"X-A: 1\nX-A: \xc3\xa9\nx-a: 3",
        "odd spelling": b"SUBJECT: \xc3\xa9\nx-MiXeD:  two  blanks",
        "8-bit name": b"Cc: J\xc3\xbcrgen M. M\xc3\xbcller <j@example.org>",
        "8-bit name in quotes": b'Cc: "M\xc3\xbcller, J\xc3\xbcrgen" <j@example.org>, plain@example.org',
        "8-bit comment": b"Cc: j@example.org (J\xc3\xbcrgen aus K\xc3\xb6ln)",
        "8-bit name, no blank": b"Cc: J\xc3\xbcrgen<j@example.org>",
        "long 8-bit name": b"Cc: " + "Jürgen ".encode() * 40 + b"<j@example.org>",
        "group": b"Cc: Fr\xc3\xbchst\xc3\xbcck: a@example.org, b@example.org;, c@example.org",
        "domain with umlaut": b"Cc: a@m\xc3\xbcnchen.example, B <b@b\xc3\xbccher.example>",
        "many recipients": b"Cc: " + b", ".join(b"user%d@example.org" % i for i in range(200)),
        "many recipients, no blanks": b"Cc: " + b",".join(b'"u,%d"@example.org' % i for i in range(200)),
        "many recipients, folded": b"Cc: " + b",\n ".join(b"user%d@example.org" % i for i in range(100)),
        "long references": b"References: " + b" ".join(b"<%d.1234567890@example.org>" % i for i in range(80)),
        "received fields": b"Received: from a by b; Wed, 25 Nov 2026 12:00:00 +0000\nReceived: from c by d; Tue, 24 Nov 2026 12:00:00 +0000",
        "comments and keywords": b"Comments: " + text + b"\nKeywords: caf\xc3\xa9, plain",
        "folded long ago": b"X-Folded: one\n two\n\tthree\n   four",
        "GB 18030": b"Subject: " + "\u4f60\u597d\uff0c\u4e16\u754c".encode("gb18030"),
        "Shift JIS, with question marks": b"Subject: " + "\u8868\u793a?=\u8868".encode("shift-jis"),
        "overlong UTF-8": b"Subject: a\xc0\xafb \xe0\x80\xaf",
        "surrogates in UTF-8": b"Subject: \xed\xa0\xbd\xed\xb8\x80",
        "C1 controls": b"Subject: a\xc2\x85b \x85",
        "emoji with joiners": b"Subject: " + "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466".encode() * 12,
        "combining marks": b"Subject: " + "e\u0301\u0302\u0303 ".encode() * 40,
        "right to left": b"Subject: " + "\u0634\u0643\u0631\u0627 abc \u05e9\u05dc\u05d5\u05dd".encode(),
        "8-bit, folded at every word": b"Subject:" + "\n \u00fcber\n\talles".encode() * 20,
        "8-bit, many blanks": b"Subject:  \xc3\xa9   \xc3\xa9\t\t\xc3\xa9  x  ",
        "8-bit and quotes": b'Subject: "\xc3\xa9" (\xc3\xa9) <\xc3\xa9> \\"\xc3\xa9\\"',
        "8-bit in Received": b"Received: from m\xc3\xbcller (J\xc3\xbcrgen) by b; Wed, 25 Nov 2026 12:00:00 +0000",
        "8-bit in References": b"References: <1@example.org> <\xc3\xa9@example.org>",
        "8-bit in In-Reply-To": b"In-Reply-To: Ihre Nachricht vom M\xc3\xa4rz <1@example.org>",
        "8-bit in List-Id": b"List-Id: F\xc3\xbcr alle <alle.example.org>",
        "Latin-1 name": b"Cc: J\xfcrgen M\xfcller <j@example.org>, \"M\xfcller, J.\" <m@example.org>",
        "Latin-1 comment": b"Cc: j@example.org (J\xfcrgen (aus K\xf6ln))",
        "8-bit name over the line": b"Cc: " + "\u00fc".encode() * 600 + b" <j@example.org>",
        "8-bit, quoted pairs": b'Cc: "J\\\xc3\xbcrgen \\"J\\" M" <j@example.org>',
        "8-bit name of a group": b"Reply-To: Gr\xc3\xbc\xc3\x9fe: a@example.org;",
        "8-bit Sender": b"Sender: J\xc3\xbcrgen <j@example.org>",
        "8-bit field, one long word": b"X-Token: " + "\u00e4b".encode() * 700,
    }
    for name, fields in rows.items():
        plain("header: " + name, b"plain\n", fields + b"\n")
    case("header: 8-bit From", b"From: J\xc3\xbcrgen (K\xc3\xb6ln) <j@example.org>\nTo: bob@example.net\n\nplain\n")
    case("header: CR LF in the header only", FROM.replace(b"\n", b"\r\n") + b"Subject: x\r\n\r\none\ntwo\n")


for build in (bodies, eight_bit, encoded, multiparts, headers):
    build()
