#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_arrows.py reads a flow graph as tshark draws it and prints its arrows, one per line:
from, to, label, comment."""
import re
import sys

LANE_WIDTH = 20


def lane_names(even, odd, start):
    """The names alternate between two lines, so that they can be twice as wide as a lane."""
    names = {}
    for line, first in ((even, 0), (odd, 1)):
        for offset in range(start + first * LANE_WIDTH, len(line), 2 * LANE_WIDTH):
            name = line[offset : offset + 2 * LANE_WIDTH].strip(" |")
            if name:
                names[first + 2 * ((offset - start) // (2 * LANE_WIDTH))] = name
    return names


def arrow(line, names, start):
    drawn = re.search(r"<?-+>?", line[start:])
    ends = [names[round((column - LANE_WIDTH / 2) / LANE_WIDTH)] for column in drawn.span()]
    return ends if drawn.group().endswith(">") else ends[::-1]


def main():
    text = [line.rstrip("\n") for line in sys.stdin]
    text = [line for line in text if line and not re.fullmatch("-+", line)]
    start = text[0].index("|", text[0].index("Time"))
    names = lane_names(text[0], text[1], start)
    print(" ".join(names[lane] for lane in sorted(names)))
    for label_line, arrow_line in zip(text[2::2], text[3::2]):
        comment = label_line[label_line.rindex("|") + 1 :]
        cells = re.sub(r"^[^|]*\|[0-9.]+", "", label_line[: label_line.rindex("|")])
        label = " ".join(cells.replace("|", " ").split())
        print("|".join([*arrow(arrow_line, names, start), label, comment]))


main()
