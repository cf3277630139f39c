#!/usr/bin/python3
"""Writes the table of docs/metrics.md from a scrape.

    curl -s http://127.0.0.1:9464/metrics | tests/metrics/reference.py [docs/metrics.md]

The scrape must be of a proxy with an upstream, so that it shows every metric. Without a file the
table goes to stdout.
"""

import pathlib
import re
import sys

BEGIN, END = "<!-- metrics -->\n", "<!-- end of metrics -->\n"

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$")
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$")


def metrics_of(scrape):
    """{name: (type, labels, help)} of a scrape; labels in the order they are written."""
    kinds, helps, labels = {}, {}, {}
    for line in scrape.splitlines():
        if line.startswith("# HELP "):
            _, _, name, helps[name] = line.split(" ", 3)
        elif line.startswith("# TYPE "):
            _, _, name, kinds[name] = line.split(" ")
            family = name
        elif line:
            match = _SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            name, written = match.groups()
            if kinds[family] == "histogram":
                name = re.sub("_(bucket|sum|count)$", "", name)
            assert name == family, f"{name} is among the samples of {family}"
            found = [label for label in _LABEL.findall(written or "") if label != "le"]
            assert labels.setdefault(name, found) == found, f"{name} has not always the same labels"
    return {name: (kinds[name], tuple(labels[name]), helps[name]) for name in kinds}


def table_of(metrics):
    yield "| metric | type | labels | meaning |\n|---|---|---|---|\n"
    for name, (kind, labels, text) in metrics.items():
        yield f"| `{name}` | {kind} | {', '.join(labels)} | {text} |\n"


def metrics_in(page):
    """The same of a page with the table."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    rows = (_ROW.match(line) for line in table.splitlines()[2:])
    return {
        name: (kind, tuple(labels.split(", ")) if labels else (), text)
        for name, kind, labels, text in (row.groups() for row in rows)
    }


def main():
    table = "".join(table_of(metrics_of(sys.stdin.read())))
    if len(sys.argv) == 1:
        sys.stdout.write(table)
        return
    path = pathlib.Path(sys.argv[1])
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path}: there are no lines {BEGIN.strip()} and {END.strip()}")
    path.write_text(before + BEGIN + table + END + after)


if __name__ == "__main__":
    main()
