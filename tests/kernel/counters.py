#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the number of records in a capture with the kernel's counters.

counters.py CAPTURE PREFIX <COUNTERS

Each line of COUNTERS has a case, a counter, the place where the capture shows the same packets (a
regular expression over places as in check.py), and the kernel's number, separated by tabs. Prints
case, counter, the kernel's number and ours.
"""
import collections
import re
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/live/groundtruth")
from check import Capture


def main():
    path, prefix = sys.argv[1:]
    with open(path, "rb") as file:
        capture = Capture(file.read(), prefix)
    places = collections.Counter(seen.place for seen in capture.appearances() if not seen.released)
    for line in sys.stdin:
        case, counter, place, theirs = line.rstrip("\n").split("\t")
        ours = sum(count for name, count in places.items() if re.fullmatch(place, name))
        print(case, counter, theirs, ours, sep="\t")


if __name__ == "__main__":
    main()
