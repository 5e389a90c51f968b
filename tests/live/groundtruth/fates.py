#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the packets whose fate differs from the truth.

fates.py SAMPLE TRUTH PREFIX FATES

SAMPLE and TRUTH are those of check.py; FATES has a line for each frame of the sample: its number, a
tab, and its fate as tshark shows it. Prints the number, and then the first fault.
"""
import sys

from check import Capture, describe, read_truth


def read_fates(path):
    with open(path, encoding="ascii") as file:
        return [line.rstrip("\n").partition("\t")[2] for line in file]


def main():
    sample, truth, prefix, fates = sys.argv[1:]
    classes = read_truth(truth, "stack")
    said = read_fates(fates)
    wrong = {}
    with open(sample, "rb") as file:
        capture = Capture(file.read(), prefix)
    for seen in capture.appearances():
        truth = classes.get(seen.key >> 24) if seen.key is not None else None
        if truth and truth.fate != "any" and said[seen.frame_number - 1] != truth.fate:
            wrong.setdefault(seen.key, f"{describe(seen.key)} is {truth.fate}, frame "
                             f"{seen.frame_number} says {said[seen.frame_number - 1] or 'nothing'}: {seen}")
    print(len(wrong))
    for line in list(wrong.values())[:2]:
        print(line)


if __name__ == "__main__":
    main()
