#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""overload.py PLACES < lines of "group, place, fate": the number of packets that are complete, with all of
their PLACES (separated by "|"), of packets that are not, and of each fate among both."""
import collections
import sys


def main():
    wanted = sorted(sys.argv[1].split("|"))
    places, fates = collections.defaultdict(list), {}
    for line in sys.stdin:
        group, place, fate = line.rstrip("\n").split("\t")
        places[group].append(place)
        fates[group] = fate
    complete = {group for group, seen in places.items() if sorted(seen) == wanted}
    counts = collections.Counter()
    for group in places:
        counts["complete" if group in complete else "incomplete", fates[group]] += 1
    print(len(complete), len(places) - len(complete))
    for (kind, fate), count in sorted(counts.items()):
        print(kind, fate, count, file=sys.stderr)
    # Next to a loss, it is unknown what else was lost.
    strange = [key for key in counts if key not in (("complete", "delivered"), ("complete", "unknown"),
                                                    ("incomplete", "unknown"))]
    if strange:
        sys.exit(f"fates that cannot be: {strange}")


main()
