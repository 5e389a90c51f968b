# SPDX-License-Identifier: GPL-2.0-or-later
"""Two namespaces with a veth pair, and UDP from one to the other."""

import contextlib
import dataclasses
import os
import subprocess
import time

SENDER_CPU = "0"
RECEIVER_CPU = "1"
PORT = 9
SENDER_ADDRESS = "10.78.0.1"
RECEIVER_ADDRESS = "10.78.0.2"
DEVICE = "eth0"
# Time for the captures to get what was sent: tcpdump gets the last packets up to a second later.
SETTLE_SECONDS = 1.2
SAMPLE_SECONDS = 0.2


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def in_namespace(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


@dataclasses.dataclass
class Load:
    """Counts of the sender and the receiver, and the time that they took."""

    sent: int
    sender_cpu_seconds: float
    sent_per_second: float
    received_per_second: float


class Network:
    """A context: the namespaces exist inside it."""

    def __init__(self, program):
        self.program = program
        self.sender = f"pmb{os.getpid()}-a"
        self.receiver = f"pmb{os.getpid()}-b"

    def __enter__(self):
        try:
            for namespace in (self.sender, self.receiver):
                run("ip", "netns", "add", namespace)
                run(*in_namespace(namespace, "sysctl", "-qw",
                                  "net.ipv6.conf.all.disable_ipv6=1",
                                  "net.ipv6.conf.default.disable_ipv6=1"))
            run("ip", "-n", self.sender, "link", "add", DEVICE, "type", "veth",
                "peer", "name", DEVICE, "netns", self.receiver)
            for namespace, address in ((self.sender, SENDER_ADDRESS),
                                       (self.receiver, RECEIVER_ADDRESS)):
                run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", DEVICE)
                run("ip", "-n", namespace, "link", "set", DEVICE, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for namespace in (self.sender, self.receiver):
            if os.path.exists(f"/run/netns/{namespace}"):
                run("ip", "netns", "del", namespace)

    @contextlib.contextmanager
    def _running(self, namespace, cpu, *arguments):
        command = in_namespace(namespace, "taskset", "-c", cpu, self.program, *arguments)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def send(self, seconds, rate, sample):
        """Sends, and calls sample() from time to time."""
        with self._running(self.receiver, RECEIVER_CPU, "receive", RECEIVER_ADDRESS,
                           str(PORT)) as receiver:
            if receiver.stdout.readline() != "ready\n":
                raise SystemExit("The receiver did not start.")
            with self._running(self.sender, SENDER_CPU, "send", RECEIVER_ADDRESS, str(PORT),
                               str(seconds), str(rate)) as sender:
                while sender.poll() is None:
                    time.sleep(SAMPLE_SECONDS)
                    sample()
                sent, sending, cpu = _counted(sender)
            time.sleep(SETTLE_SECONDS)
            receiver.terminate()
            received, receiving, _ = _counted(receiver)
        return Load(sent, cpu, sent / sending, received / receiving)


def _counted(process):
    output = process.communicate()[0]
    if process.returncode != 0:
        raise SystemExit("The load failed (see above).")
    packets, seconds, cpu_seconds = output.split()
    return int(packets), float(seconds), float(cpu_seconds)
