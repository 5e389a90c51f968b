# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures measured in turns, so that what else the machine does comes to all alike."""

import contextlib

from . import accounting

MILLION = 1_000_000
MIB = 1024 * 1024


class Watch:
    """Memory of a capture: the most that was seen."""

    def __init__(self, capture):
        self.capture = capture
        self.most = 0

    def sample(self):
        pids = self.capture.pids()
        self.most = max(self.most, accounting.anonymous_bytes(pids) + accounting.maps_bytes(pids) +
                        accounting.packet_ring_bytes(pids))


@contextlib.contextmanager
def running(capture, network):
    """A context that nothing of the capture survives, even if it fails."""
    try:
        capture.start(network)
        yield
    finally:
        capture.kill()


def measure(network, capture, seconds, rate):
    """One run. CPU time counts from before the first packet until the capture has ended, with
    everything written."""
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
        "told_percent": 100 * outcome.told / (expected or 1),
        "missed": outcome.told,
        "memory_mib": watch.most / MIB,
    }


def in_turns(captures, rounds, measured):
    """{variant: what measured(capture) gave in each round}; each begins with another variant."""
    runs = {capture.name: [] for capture in captures}
    for number in range(rounds):
        first = number % len(captures)
        for capture in captures[first:] + captures[:first]:
            runs[capture.name].append(measured(capture))
    return runs


def program_runs(network, capture, others, seconds):
    """What BPF programs ran while packets were sent, measured by the kernel (which slows them
    down): the load, and [{program: (runs, nanoseconds)}] of the capture and of each of others,
    which run at the same time."""
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
    capture.outcome()
    return load, [_between(*readings) for readings in zip(before, after)]


def _between(before, after):
    gained = {name: (runs - before[name][0], nanoseconds - before[name][1])
              for name, (runs, nanoseconds) in after.items()}
    return {name: taken for name, taken in gained.items() if taken[0]}
