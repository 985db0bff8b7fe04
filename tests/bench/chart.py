# SPDX-License-Identifier: ISC
"""Bar charts of the benchmark's tables, as one SVG file."""

from xml.sax.saxutils import escape

# Which rows are drawn: (table, row, caption).
ROWS = (
    ("round trips", "Postfix, STARTTLS, 1 recipient", "round trips, STARTTLS, one recipient"),
    ("round trips", "Postfix, implicit TLS, 1 recipient", "round trips, implicit TLS, one recipient"),
    ("small message, STARTTLS, Postfix", "wall, ms", "wall time of a small message on loopback, ms"),
    ("small message, STARTTLS, Postfix", "CPU, ms", "CPU time of a small message, ms"),
)
WIDTH, BAR, LABEL = 720, 18, 190


def bars(caption, values, top):
    """One chart; returns its lines and its lower edge."""
    most = max(values.values()) or 1
    lines = ['<text x="8" y="%d" class="caption">%s</text>' % (top + 14, escape(caption))]
    y = top + 24
    for name, value in values.items():
        length = (WIDTH - LABEL - 80) * value / most
        kind = "ours" if name.startswith("sendoff") else "peer"
        lines.append('<text x="%d" y="%d" class="name">%s</text>' % (LABEL - 8, y + 13, escape(name)))
        lines.append('<rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/>' % (
            LABEL, y, length, BAR - 4, kind))
        lines.append('<text x="%.1f" y="%d">%g</text>' % (LABEL + length + 6, y + 13, value))
        y += BAR
    return lines, y + 16


def write(path, results):
    body, top = [], 8
    for table, row, caption in ROWS:
        values = dict(results.get(table, [])).get(row)
        if values:
            lines, top = bars(caption, values, top)
            body += lines
    with open(path, "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">\n'
                   "<style>text{font:12px sans-serif;fill:#222}.caption{font-weight:bold}"
                   ".name{text-anchor:end}.ours{fill:#2a7}.peer{fill:#bbb}</style>\n"
                   '<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n</svg>\n' % (
                       WIDTH, top, "\n".join(body)))
