# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables in Markdown: medians, with the smallest and the largest value in brackets."""

import statistics


def spread(values, form):
    return f"{form % statistics.median(values)} ({form % min(values)}–{form % max(values)})"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


# Heading, name of the measure in a run, and print format.
MEASURES = (
    ("sent, 1000/s", "sent_kpps", "%.1f"),
    ("received, 1000/s", "received_kpps", "%.1f"),
    ("CPU s per million: machine", "machine_cpu", "%.2f"),
    ("sender", "sender_cpu", "%.2f"),
    ("capture's processes", "capture_cpu", "%.2f"),
    ("records missing, %", "missing_percent", "%.3f"),
    ("losses reported, %", "reported_percent", "%.3f"),
    ("memory, MiB", "memory_mib", "%.1f"),
    ("bytes of file per packet", "file_bytes", "%.0f"),
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


def print_programs(programs, sent, records):
    """Cost of the kernel programs, and the number of records per packet sent."""
    print("**The kernel programs (measuring takes about 60 ns of each run)**\n")
    print_table(["program", "runs", "ns per run"],
                [[f"`{name}`", str(runs), f"{nanoseconds / runs:.0f}"]
                 for name, (runs, nanoseconds) in sorted(programs.items())])
    total = sum(nanoseconds for _, nanoseconds in programs.values())
    print(f"{sent} packets, {records} records of each: {total / sent:.0f} ns per packet, "
          f"{total / sent / records:.0f} ns per record.")


# Programs that ran for fewer packets than this are not related to the load.
SELDOM = 0.05


def _ns_per_run(readings):
    """All programs of {program: (runs, nanoseconds)} together."""
    runs, nanoseconds = map(sum, zip(*readings.values()))
    return nanoseconds / runs


def _per_packet(reading):
    """{program: (runs, ns per run, the same without the cost of an empty program)}. The empty
    program is the one at the same tracepoint, or all of them together."""
    net = {}
    for name, (runs, nanoseconds) in reading["programs"].items():
        at = {name: reading["empty"][name]} if name in reading["empty"] else reading["empty"]
        if runs >= SELDOM * reading["sent"]:
            net[name] = (runs / reading["sent"], nanoseconds / runs,
                         nanoseconds / runs - _ns_per_run(at))
    return net


def print_net_programs(title, readings, goal):
    """readings: for each round, {"sent": packets, "programs" and "empty": {program: (runs,
    ns)}}."""
    rounds = [_per_packet(reading) for reading in readings]
    rows = []
    for name in sorted(set.intersection(*map(set, rounds))):
        runs, taken, net = zip(*(one[name] for one in rounds))
        rows.append([f"`{name}`", f"{statistics.median(runs):.2f}", spread(taken, "%.0f"),
                     spread(net, "%.0f"),
                     spread([run * ns for run, ns in zip(runs, net)], "%.0f")])
    print(f"**{title}, {len(readings)} rounds**\n")
    print_table(["program", "runs per packet", "ns per run", "less an empty program", "per packet"],
                rows)
    sums = [sum(runs * net for runs, _, net in one.values()) for one in rounds]
    runs = [sum(runs for runs, _, _ in one.values()) for one in rounds]
    per_run = [a / b for a, b in zip(sums, runs)]
    print(f"An empty program: {spread([_ns_per_run(r['empty']) for r in readings], '%.0f')} ns. "
          f"Less that, a packet takes {spread(sums, '%.0f')} ns in {statistics.median(runs):.1f} "
          f"runs, and a run {spread(per_run, '%.0f')} ns (goal: {goal}).\n")


def print_cost_of_programs(title, readings):
    """readings: {variant: [{"ns": per packet} for each round]}."""
    others = list(readings)[:-1]
    rows = [[variant, spread([one["ns"] for one in its_own], "%.0f"),
             *(ratio(its_own, readings[other], "ns") for other in others)]
            for variant, its_own in readings.items()]
    print(f"**{title}, {len(next(iter(readings.values())))} rounds**\n")
    print_table(["", "ns per packet", *(f"of {other}" for other in others)], rows)


def print_cost(title, runs):
    """CPU time of the machine above that of the first variant, and CPU time of the capture's
    processes."""
    first, *rest = runs
    beyond = {variant: [run["machine_cpu"] - none["machine_cpu"]
                        for run, none in zip(runs[variant], runs[first])] for variant in rest}
    rows = [[variant, spread([run["machine_cpu"] for run in runs[variant]], "%.2f"),
             spread(beyond[variant], "%.2f"),
             spread([run["capture_cpu"] for run in runs[variant]], "%.2f"),
             spread([a / b for a, b in zip(beyond[variant], beyond[rest[0]])], "%.2f"),
             spread([run["missed"] for run in runs[variant]], "%.0f")]
            for variant in rest]
    print(f"**{title}, {len(runs[first])} rounds**\n")
    print_table(["CPU s per million packets", "machine", f"beyond {first}", "capture's processes",
                 f"beyond, of {rest[0]}", "packets missed"], rows)


def print_rates(title, runs):
    """For each variant the sender's rate, and its ratio to the others in the same round."""
    others = list(runs)[:-1]
    rows = [[variant, spread([run["sent_kpps"] for run in its_runs], "%.1f"),
             spread([run["sender_cpu"] for run in its_runs], "%.2f"),
             *(ratio(its_runs, runs[other], "sent_kpps") for other in others)]
            for variant, its_runs in runs.items()]
    print(f"**{title}, {len(next(iter(runs.values())))} rounds**\n")
    print_table(["", "sent, 1000/s", "CPU s per million", *(f"rate, of {other}" for other in others)],
                rows)
