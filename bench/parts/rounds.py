# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures captures in turns, so that other load on the machine affects all of them alike."""

import contextlib

from . import accounting

MILLION = 1_000_000
MIB = 1024 * 1024


class Watch:
    """Memory of a capture: the maximum that was observed."""

    def __init__(self, capture):
        self.capture = capture
        self.most = 0

    def sample(self):
        pids = self.capture.pids()
        self.most = max(self.most, accounting.anonymous_bytes(pids) + accounting.maps_bytes(pids) +
                        accounting.packet_ring_bytes(pids))


@contextlib.contextmanager
def running(capture, network):
    """A context manager: nothing of the capture survives it, even on a failure."""
    try:
        capture.start(network)
        yield
    finally:
        capture.kill()


def measure(network, capture, seconds, rate):
    """One run. CPU time counts from before the first packet until the capture has ended and written
    everything."""
    with running(capture, network):
        watch = Watch(capture)
        busy = accounting.machine_busy_seconds()
        cpu = accounting.cpu_seconds(capture.pids())
        load = network.send(seconds, rate, watch.sample)
        cpu = capture.stop() - cpu
        busy = accounting.machine_busy_seconds() - busy
    outcome = capture.outcome()
    expected = load.sent * capture.points
    return {
        "sent_kpps": load.sent_per_second / 1000,
        "received_kpps": load.received_per_second / 1000,
        "machine_cpu": busy * MILLION / load.sent,
        "sender_cpu": load.sender_cpu_seconds * MILLION / load.sent,
        "capture_cpu": max(cpu, 0) * MILLION / load.sent,
        "missing_percent": 100 * (expected - outcome.written) / (expected or 1),
        "reported_percent": 100 * outcome.reported / (expected or 1),
        "missed": outcome.reported,
        "file_bytes": outcome.size / load.sent,
        "memory_mib": watch.most / MIB,
    }


def in_turns(captures, rounds, measured):
    """{variant: results of measured(capture), one per round}; each round begins with another
    variant."""
    runs = {capture.name: [] for capture in captures}
    for number in range(rounds):
        first = number % len(captures)
        for capture in captures[first:] + captures[:first]:
            runs[capture.name].append(measured(capture))
    return runs


def program_runs(network, capture, others, seconds):
    """The BPF programs that ran while packets were sent, as the kernel measures them (which slows
    them down): the load, and [{program: (runs, nanoseconds)}] of the capture and of each of the
    others, which run at the same time."""
    held = [capture, *others]
    with contextlib.ExitStack() as stack:
        stack.enter_context(accounting.BpfStatistics())
        for one in held:
            stack.enter_context(running(one, network))
        before = [accounting.program_runs(one.pids()) for one in held]
        load = network.send(seconds, 0, lambda: None)
        after = [accounting.program_runs(one.pids()) for one in held]
        for one in held:
            one.stop()
    for one in held:
        one.outcome()
    return load, [_between(*readings) for readings in zip(before, after)]


def _between(before, after):
    gained = {name: (runs - before[name][0], nanoseconds - before[name][1])
              for name, (runs, nanoseconds) in after.items()}
    return {name: taken for name, taken in gained.items() if taken[0]}
