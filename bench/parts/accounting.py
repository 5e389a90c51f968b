# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU time and memory, as the kernel counts them."""

import json
import os
import pathlib
import re
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
KIB = 1024


def machine_busy_seconds():
    """CPU time of all CPUs since some moment: all time that was not idle, waiting for disks, or
    stolen by the host. Idle time is measured. Busy time is sampled, and a load that a timer
    wakes up can escape the samples."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    idle, iowait, steal = int(fields[4]), int(fields[5]), int(fields[8])
    return time.monotonic() * os.cpu_count() - (idle + iowait + steal) / TICKS_PER_SECOND


def family(pid):
    """The process, its children (whichever of its threads started them), and theirs."""
    children = [int(child) for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children")
                for child in file.read_text().split()]
    return [pid, *(member for child in children for member in family(child))]


def cpu_seconds(pids):
    """User and system time so far."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def anonymous_bytes(pids):
    total = 0
    for pid in pids:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        total += int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * KIB
    return total


def packet_ring_bytes(pids):
    """Rings of packet sockets (libpcap), which the kernel keeps and the process maps."""
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            if "socket:[" in line:
                start, end = line.split()[0].split("-")
                total += int(end, 16) - int(start, 16)
    return total


def _fdinfo(pids, name):
    """{id: text of the descriptor's fdinfo} for all BPF objects with that field."""
    found = {}
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
            try:
                text = path.read_text()
            except FileNotFoundError:  # closed in the meantime
                continue
            match = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
            if match:
                found[int(match[1])] = text
    return found


def maps_bytes(pids):
    """Memory of the BPF maps that the processes hold, each map once."""
    return sum(int(re.search(r"^memlock:\s+(\d+)", text, re.MULTILINE)[1])
               for text in _fdinfo(pids, "map_id").values())


def program_runs(pids):
    """{name: (runs, nanoseconds)} of the BPF programs that the processes hold; counted only
    while kernel.bpf_stats_enabled is 1."""
    ours = _fdinfo(pids, "prog_id")
    shown = json.loads(subprocess.run(["bpftool", "prog", "show", "-j"], check=True,
                                      stdout=subprocess.PIPE).stdout)
    return {program["name"]: (program.get("run_cnt", 0), program.get("run_time_ns", 0))
            for program in shown if program["id"] in ours}


class BpfStatistics:
    """A context: the kernel measures BPF programs inside it."""

    path = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")

    def __enter__(self):
        self.before = self.path.read_text()
        self.path.write_text("1")

    def __exit__(self, *_):
        self.path.write_text(self.before)
