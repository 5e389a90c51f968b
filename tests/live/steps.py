# SPDX-License-Identifier: GPL-2.0-or-later
"""A program that a test controls (outsider.sh): each line on its standard input is the next
step."""

import os
import sys


def lead(steps):
    """Prints "ready" after the generator's first step, and "done" after the second; ends after
    another line."""
    for word in ("ready", "done"):
        next(steps)
        os.write(1, word.encode() + b"\n")
        if not sys.stdin.readline():
            return
