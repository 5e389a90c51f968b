# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables, as Markdown: medians, with the smallest and the largest in brackets."""

import statistics


def spread(values, form):
    return f"{form % statistics.median(values)} ({form % min(values)}–{form % max(values)})"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


# Heading, the measure's name in a run, and how it is printed.
MEASURES = (
    ("sent, 1000/s", "sent_kpps", "%.1f"),
    ("received, 1000/s", "received_kpps", "%.1f"),
    ("CPU s per million: machine", "machine_cpu", "%.2f"),
    ("sender", "sender_cpu", "%.2f"),
    ("capture's processes", "capture_cpu", "%.2f"),
    ("records missing, %", "missing_percent", "%.3f"),
    ("losses told, %", "told_percent", "%.3f"),
    ("memory, MiB", "memory_mib", "%.1f"),
)

RATIOS = (
    ("sent/s", "sent_kpps"),
    ("received/s", "received_kpps"),
    ("CPU, machine", "machine_cpu"),
    ("CPU, sender", "sender_cpu"),
)


def print_runs(title, runs):
    """runs: {variant: [{measure: number}]}, the same rounds in the same order."""
    print(f"**{title}**\n")
    print_table(["", *(heading for heading, _, _ in MEASURES)],
                [[variant, *(spread([run[measure] for run in its_runs], form)
                             for _, measure, form in MEASURES)]
                 for variant, its_runs in runs.items()])
    others = list(runs)
    head = [f"{heading}, of {other}" for other in others[:-1] for heading, _ in RATIOS]
    print_table(["ratio, in the same round", *head],
                [[variant, *(ratio(runs[variant], runs[other], measure)
                             for other in others[:-1] for _, measure in RATIOS)]
                 for variant in others[1:]])


def ratio(runs, others, measure):
    if runs is others:
        return "1"
    return spread([run[measure] / other[measure] for run, other in zip(runs, others)], "%.2f")


def print_programs(before, after, sent, records):
    """What the kernel programs took between two readings of program_runs(), while sent packets
    gave so many records each."""
    rows, total = [], 0
    for name, (runs, nanoseconds) in sorted(after.items()):
        runs -= before[name][0]
        nanoseconds -= before[name][1]
        total += nanoseconds
        if runs:
            rows.append([f"`{name}`", str(runs), f"{nanoseconds / runs:.0f}"])
    print("**The kernel programs (measuring takes about 60 ns of each run)**\n")
    print_table(["program", "runs", "ns per run"], rows)
    print(f"{sent} packets, {records} records of each: {total / sent:.0f} ns per packet, "
          f"{total / sent / records:.0f} ns per record.")
