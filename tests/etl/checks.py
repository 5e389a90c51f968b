# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared by the tests of commands that read logs."""
import shutil
import sys
import time


def expect(what, wanted, got):
    if wanted != got:
        sys.exit(f"FAILED: {what}\nwanted {wanted!r}\ngot    {got!r}")


def run_all(tests, work):
    """Runs the tests, whose names say what they check. work: their folder, removed in any case."""
    try:
        for test in tests:
            begin = time.monotonic()
            test()
            print(f"ok {test.__name__.replace('_', ' ')} ({time.monotonic() - begin:.1f} s)")
    finally:
        shutil.rmtree(work)
