# SPDX-License-Identifier: GPL-2.0-or-later
"""The variants to compare: no capture, tcpdump on both devices, and this capture, each with or
without a filter (an expression that matches nothing of the load)."""

import dataclasses
import os
import re
import struct
import subprocess
import time

from . import accounting
from .network import DEVICE, PORT, in_namespace

PACKET_BYTES = "128"
START_SECONDS = 30
STATISTICS_BLOCK = 5
IF_DROP = 5
LAST_BYTES = 64 * 1024 * 1024


@dataclasses.dataclass
class Outcome:
    """The result of a capture."""

    written: int  # records of the load in its files
    reported: int  # losses that the capture itself reports
    size: int  # bytes of its files


def wait(process):
    """CPU seconds of the process and of the children that it waited for."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{process.args} ended with {process.returncode}.")
    return usage.ru_utime + usage.ru_stime


def has_begun(path):
    """Whether packets are being captured: the file has its header before that."""
    try:
        with open(path, "rb") as file:
            return b"The capture began" in file.read(4096)
    except FileNotFoundError:
        return False


def take_records(path):
    """Number of packets of the load in a file of any format, which is deleted."""
    counted = subprocess.run(["tcpdump", "-Z", "root", "-r", path, "--count", f"udp port {PORT}"],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.unlink(path)
    return int(re.search(r"^(\d+) packet", counted.stdout, re.MULTILINE)[1])


class NoCapture:
    """Each variant starts, stops (and returns the CPU seconds of all its processes), and then gives
    the result, which deletes its files."""

    name = "no capture"
    points = 0  # records per packet

    def __init__(self):
        self.processes = []

    def start(self, network):
        pass

    def pids(self):
        """CPU time of all its processes."""
        return [pid for process in self.processes for pid in accounting.family(process.pid)]

    def stop(self):
        for process in self.processes:
            process.terminate()
        return sum(map(wait, self.processes))

    def outcome(self):
        return Outcome(0, 0, 0)

    def kill(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()


class Tcpdump(NoCapture):
    name = "tcpdump"
    points = 2

    def __init__(self, here, expression=None):
        super().__init__()
        self.files = [f"{here.files}/{side}.pcap" for side in "ab"]
        self.expression = expression.split() if expression else []
        if expression:
            self.points = 0

    def start(self, network):
        self.processes = [
            subprocess.Popen(in_namespace(namespace, "tcpdump", "-Z", "root", "-n", "-i", DEVICE,
                                          "-s", PACKET_BYTES, "-w", file, *self.expression),
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for namespace, file in zip((network.sender, network.receiver), self.files)]
        for process in self.processes:
            while "listening on" not in (line := process.stderr.readline()):
                if not line:
                    raise SystemExit("tcpdump did not start.")

    def outcome(self):
        said = [process.stderr.read() for process in self.processes]
        reported = sum(int(re.search(r"(\d+) packets? dropped by kernel", text)[1]) for text in said)
        size = sum(map(os.path.getsize, self.files))
        return Outcome(sum(map(take_records, self.files)), reported, size)


class Pktmon(NoCapture):
    # Both devices' lower edges and the socket; with stack also their upper edges, and the hooks:
    # output, postrouting, prerouting, input.
    records = {"devices": 3, "stack": 9}

    def __init__(self, here, points, buffer_mib=None, expression=None, name=None, place=None, view=None):
        """place: directory of the programs; those of this tree by default. view: None for versions
        that have none."""
        super().__init__()
        self.name = name or f"pktmon, {points}"
        self.points = 0 if expression else 1 if view == "packets" else self.records[points]
        self.file = f"{here.files}/pktmon-{id(self)}.pcapng"
        self.command = ["setpriv", "--reuid", here.user.pw_name, "--regid", str(here.user.pw_gid),
                        "--clear-groups", "--", f"{place or here.place}/extcap/pktmondump", "--capture",
                        "--extcap-interface", "pktmon", "--points", points,
                        "--pkt-size", PACKET_BYTES, "--fifo", self.file]
        if view:
            self.command += ["--view", view]
        if buffer_mib:
            self.command += ["--buffer-size", str(buffer_mib)]
        if expression:
            self.command += ["--extcap-capture-filter", expression]

    def start(self, _network):
        self.processes = [subprocess.Popen(self.command, stdin=subprocess.DEVNULL)]
        deadline = time.monotonic() + START_SECONDS
        while not has_begun(self.file):
            if self.processes[0].poll() is not None or time.monotonic() > deadline:
                raise SystemExit("pktmondump did not start.")
            time.sleep(0.02)

    def outcome(self):
        reported = reported_losses(self.file) + self.points * reported_shed(self.file)
        size = os.path.getsize(self.file)
        return Outcome(take_records(self.file), reported, size)


class Announced(NoCapture):
    """A process that prints a line when it is ready."""

    command = []

    def start(self, _network):
        process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   text=True)
        self.processes = [process]
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"{self.command[0]} did not start.")


class Sessions(Announced):
    """Sessions of one process, which reads their streams and writes nothing."""

    def __init__(self, here, points, expressions):
        super().__init__()
        self.name = f"{len(expressions)} session" + "s" * (len(expressions) > 1)
        self.command = [here.build / "bench/sessions", points, *expressions]

    def outcome(self):
        packets, missed = map(int, self.processes[0].stdout.read().split())
        self.processes[0].stdout.close()
        return Outcome(packets, missed, 0)


class EmptyPrograms(Announced):
    """Empty programs at the tracepoints of a packet."""

    name = "empty programs"

    def __init__(self, here):
        super().__init__()
        self.command = [here.build / "bench/empty_programs"]

    def stop(self):
        self.kill()
        for process in self.processes:
            process.stdout.close()
        return 0


def reported_losses(path):
    """The sum of isb_ifdrop: the file ends with a statistics block for each interface, and every
    block ends with its own length."""
    total = 0
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 12:
            file.seek(end - 4)
            length, = struct.unpack("=I", file.read(4))
            file.seek(end - length)
            block = file.read(length)
            if struct.unpack_from("=I", block)[0] != STATISTICS_BLOCK:
                break
            total += _option(block[20:-4], IF_DROP)
            end -= length
    return total


def reported_shed(path):
    """Packets that were shed with all their records, as the last notice reports, which comes with
    the last counters."""
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
        reported = re.findall(rb"left out, with all their appearances \((\d+) of", file.read())
    return int(reported[-1]) if reported else 0


def _option(options, wanted):
    """A 64-bit number, or 0 if there is none."""
    offset = 0
    while offset + 4 <= len(options):
        code, length = struct.unpack_from("=HH", options, offset)
        if code == wanted:
            return struct.unpack_from("=Q", options, offset + 4)[0]
        offset += 4 + (length + 3) // 4 * 4
    return 0
