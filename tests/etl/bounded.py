#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bounded.py MIB SECONDS OUTPUT_MIB COMMAND...: runs the command, and fails where it takes more.

MIB is of memory (resident, at its peak), SECONDS are of all processors, OUTPUT_MIB is what comes
out of the command's standard output. Twice as much and the command is ended. It must end with exit status 0, or
one of $BOUNDED_STATUSES.
"""
import os
import resource
import subprocess
import sys

MIB = 1 << 20


def limit(seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (int(2 * seconds) + 1, int(2 * seconds) + 1))
    # Far more than the limit, because reserved memory counts too.
    resource.setrlimit(resource.RLIMIT_AS, (4096 * MIB, 4096 * MIB))


def main(mib, seconds, output_mib, *command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=lambda: limit(seconds))
    output = 0
    while chunk := process.stdout.read(MIB):
        output += len(chunk)
        if output > 2 * output_mib * MIB:
            process.kill()
            break
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    took = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / 1024
    words = f"{peak:.0f} MiB, {took:.2f} s, {output / MIB:.1f} MiB of output, status {status}"
    statuses = {"0", *os.environ.get("BOUNDED_STATUSES", "").split()}
    good = str(os.waitstatus_to_exitcode(status)) in statuses and peak <= mib and took <= seconds and output <= output_mib * MIB
    print(words if good else f"FAILED: {words}: {' '.join(command)}", file=sys.stderr)
    sys.exit(0 if good else 1)


main(*(float(word) for word in sys.argv[1:4]), *sys.argv[4:])
