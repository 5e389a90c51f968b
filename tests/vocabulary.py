# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of the public headers (capture-core/include/pktmon), for the programs of the tests.

FIELDS, RECORDS, EDGE_NUMBERS, DIRECTION_NUMBERS
                               name -> number: FIELDS["EDGE_NAME"] is 10
KINDS, TEXTS                   the kind of each field, by number; the fields that are text
EDGES, DIRECTIONS              number -> the name that users see; "-" for none

vocabulary.py edges|directions    prints the names from number 1 on, for awk's split()
"""
import pathlib
import re
import sys

HEADERS = pathlib.Path(__file__).resolve().parent.parent / "capture-core/include/pktmon"
ROW = re.compile(r'X\((\w+), (\d+), (?:(\w+), )?"([^"]*)"')


def rows(header, *tables):
    """Name, number, kind (of fields) and text of each row."""
    source = (HEADERS / header).read_text(encoding="utf-8")
    for table in tables:
        found = re.search(rf"^#define {table}\(X\)((?:.*\\\n)*.*)", source, re.M)
        if not found or not ROW.search(found[1]):
            raise ValueError(f"{header} has no table {table}")
        for name, number, kind, text in ROW.findall(found[1]):
            yield name, int(number), kind, text


def numbers(table, names):
    return tuple(table[name] for name in names.split())


FIELDS = {name: number for name, number, _, _ in rows("metadata.h", "PKTMON_FIELDS")}
KINDS = {number: kind for _, number, kind, _ in rows("metadata.h", "PKTMON_FIELDS")}
TEXTS = {number for number, kind in KINDS.items() if kind == "STRING"}
RECORDS = {name: number for name, number, _, _ in rows("metadata.h", "PKTMON_RECORDS")}
EDGE_ROWS = list(rows("edge.h", "PKTMON_COMMON_EDGES", "PKTMON_QUEUE_EDGES", "PKTMON_HOOK_EDGES",
                      "PKTMON_DROP_EDGES"))
EDGES = {0: "-"} | {number: text for _, number, _, text in EDGE_ROWS}
EDGE_NUMBERS = {name: number for name, number, _, _ in EDGE_ROWS}
DIRECTION_ROWS = list(rows("event.h", "PKTMON_DIRECTIONS"))
DIRECTIONS = {number: text if number else "-" for _, number, _, text in DIRECTION_ROWS}
DIRECTION_NUMBERS = {name: number for name, number, _, _ in DIRECTION_ROWS}

if __name__ == "__main__":
    names = {"edges": EDGES, "directions": DIRECTIONS}[sys.argv[1]]
    print(*(names[number] for number in range(1, len(names))))
