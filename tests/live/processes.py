#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes with sockets: processes.py COMMAND NAME READY [ARGUMENT ...].

Each process takes the NAME, and writes its id to the file READY when it is ready. Datagrams carry
their sender, "<PID/NAME>", or "<nobody>" if several processes share the socket. See the functions
below; and

  processes.py check TRUTH < RECORDS   compares the truth with the capture
"""
import os
import re
import signal
import socket
import struct
import sys
import time

SMALL = 1  # the kernel uses the minimum buffer size
ICMP_ECHO = struct.pack("!BBHHH", 8, 0, 0, 0, 0)


def me():
    with open("/proc/self/comm") as file:
        return b"<%d/%s>" % (os.getpid(), file.read().strip().encode())


def take_name(name):
    with open("/proc/self/comm", "w") as file:
        file.write(name)


def say_ready(path):
    with open(path + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(path + ".new", path)


def bound(kind, port):
    bound_socket = socket.socket(socket.AF_INET, kind)
    bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound_socket.bind(("0.0.0.0", int(port)))
    return bound_socket


def udp_server(ready, port):
    """Replies to each datagram."""
    with bound(socket.SOCK_DGRAM, port) as server:
        say_ready(ready)
        while True:
            _, peer = server.recvfrom(2048)
            server.sendto(me(), peer)


def udp_silent(ready, port, *small):
    """Never reads; with a small buffer if "small"."""
    with bound(socket.SOCK_DGRAM, port) as server:
        if small:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        say_ready(ready)
        signal.pause()


def udp_client(ready, port, address, server_port, count, answers):
    with bound(socket.SOCK_DGRAM, port) as client:
        client.settimeout(5)
        say_ready(ready)
        for _ in range(int(count)):
            client.sendto(me(), (address, int(server_port)))
            if answers == "answers":
                client.recv(2048)


def udp_noise(ready, port, address, server_port):
    """Always busy, so that interrupts hit this process rather than others."""
    with bound(socket.SOCK_DGRAM, port) as client:
        say_ready(ready)
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                client.sendto(me(), (address, int(server_port)))
                due += 0.001


def udp_shared(ready, port, address, server_port, count):
    """Sends, forks, and then both processes send in turn."""
    with bound(socket.SOCK_DGRAM, port) as shared:
        shared.sendto(me(), (address, int(server_port)))
        one, other = os.pipe(), os.pipe()
        child = os.fork()
        get, put = (one[0], other[1]) if child else (other[0], one[1])
        if child:
            say_ready(ready)
        else:
            os.write(put, b".")
        for _ in range(int(count)):
            os.read(get, 1)
            shared.sendto(b"<nobody>", (address, int(server_port)))
            os.write(put, b".")


def udp_handed(ready, port, address, server_port, count):
    """Makes the socket, and leaves it to a child."""
    handed = bound(socket.SOCK_DGRAM, port)
    handed.sendto(me(), (address, int(server_port)))
    if os.fork():
        handed.close()
        say_ready(ready)
        os.wait()
        return
    take_name("heir")
    time.sleep(0.2)
    for _ in range(int(count)):
        handed.sendto(me(), (address, int(server_port)))
        time.sleep(0.001)


def udp_passed(ready, port, address, server_port, count):
    """Gives the socket to another process in a message."""
    passed = bound(socket.SOCK_DGRAM, port)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.fork():
        passed.sendto(me(), (address, int(server_port)))
        socket.send_fds(here, [b"."], [passed.fileno()])
        passed.close()
        say_ready(ready)
        os.wait()
        return
    passed.close()
    take_name("taker")
    _, files, _, _ = socket.recv_fds(there, 1, 1)
    taken = socket.socket(fileno=files[0])
    for _ in range(int(count)):
        taken.sendto(me(), (address, int(server_port)))
        time.sleep(0.001)


def udp_replaced(ready, port, address, server_port, count):
    """Makes the socket, and executes another program, which continues to use it."""
    replaced = bound(socket.SOCK_DGRAM, port)
    replaced.sendto(me(), (address, int(server_port)))
    replaced.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-B", __file__, "udp-continued", "successor", ready,
                              str(replaced.fileno()), address, server_port, count])


def udp_continued(ready, descriptor, address, server_port, count):
    with socket.socket(fileno=int(descriptor)) as client:
        say_ready(ready)
        for _ in range(int(count)):
            client.sendto(me(), (address, int(server_port)))
            time.sleep(0.001)


def tcp_serve(peer):
    with peer:
        while data := peer.recv(65536):
            peer.sendall(data)


def tcp_server(ready, port):
    """Echoes what it receives, one connection after the other."""
    with bound(socket.SOCK_STREAM, port) as listener:
        listener.listen()
        say_ready(ready)
        while True:
            tcp_serve(listener.accept()[0])


def tcp_forking(ready, port):
    """Forks a child for each connection."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with bound(socket.SOCK_STREAM, port) as listener:
        listener.listen()
        say_ready(ready)
        while True:
            peer = listener.accept()[0]
            if os.fork() == 0:
                take_name("tcp-child")
                say_ready(ready + ".child")
                tcp_serve(peer)
                return
            peer.close()


def tcp_silent(ready, port):
    """Takes one connection, does not read it, and resets it at SIGUSR1."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    with bound(socket.SOCK_STREAM, port) as listener:
        listener.listen()
        say_ready(ready)
        peer = listener.accept()[0]
        signal.sigwait({signal.SIGUSR1})
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()


def tcp_client(ready, port, address, server_port, count):
    data = bytes(20000)
    with bound(socket.SOCK_STREAM, port) as client:
        client.connect((address, int(server_port)))
        say_ready(ready)
        for _ in range(int(count)):
            client.sendall(data)
            left = len(data)
            while left:
                left -= len(client.recv(left))


def ping_socket(ready, address, count):
    """Sends echo requests from a datagram socket; the replies are not read, and soon find no
    room."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as pinger:
        pinger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        say_ready(ready)
        for _ in range(int(count)):
            pinger.sendto(ICMP_ECHO + bytes(1000), (address, 0))
            time.sleep(0.05)


COMMANDS = {"udp-server": udp_server, "udp-silent": udp_silent, "udp-client": udp_client,
            "udp-noise": udp_noise, "udp-shared": udp_shared, "udp-handed": udp_handed,
            "udp-passed": udp_passed, "udp-replaced": udp_replaced,
            "udp-continued": udp_continued, "tcp-server": tcp_server, "tcp-forking": tcp_forking,
            "tcp-silent": tcp_silent, "tcp-client": tcp_client, "ping-socket": ping_socket}


# --- what the capture reports ---

RX = "3"
SAID = "said"
SENDER = re.compile(rb"<(\d+)/([^>]+)>")


def read_truth(path):
    """Lines of: name of the network namespace, protocol, port, then who may send from there or
    receive, each as PID/COMM/CGROUP, or "said": whom the datagram names."""
    allowed = {}
    with open(path) as file:
        for line in file:
            netns, protocol, port, *owners = line.split()
            allowed.setdefault((netns, protocol, port), set()).update(owners)
    return allowed


def is_right(allowed, pid, comm, cgroup, payload, takes):
    said = SENDER.search(payload)
    if SAID in allowed:
        return bool(said) and said.groups() == (pid.encode(), comm.encode())
    if said and not takes and said.groups() != (pid.encode(), comm.encode()):
        return False
    return f"{pid}/{comm}/{cgroup}" in allowed


def check(truth_path):
    """Records: frame, netns, component, direction, source port of TCP, of UDP, destination port of
    TCP, of UDP, pid, comm, cgroup, payload. Prints faults, then for each socket the number of
    records with a process."""
    truth, seen, known, wrong = read_truth(truth_path), {}, {}, 0
    for line in sys.stdin:
        (frame, netns, component, direction, *ports, pid, comm, cgroup,
         payload) = line.rstrip("\n").split("\t")
        takes = component.endswith("/sockets") and direction == RX
        protocol = "tcp" if ports[0] else "udp"
        port = ports[(2 if takes else 0) + (protocol == "udp")]
        allowed = truth.get((netns, protocol, port))
        if allowed is None:
            continue
        key = f"{protocol} {netns.rpartition('-')[2]}:{port}"
        seen[key] = seen.get(key, 0) + 1
        if not pid:
            continue
        known[key] = known.get(key, 0) + 1
        if not is_right(allowed, pid, comm, cgroup, bytes.fromhex(payload), takes):
            wrong += 1
            print(f"frame {frame}, {component}, {key}: {pid}/{comm}/{cgroup}, {payload}")
    for key in sorted(seen):
        print(f"{key} {known.get(key, 0)} of {seen[key]}")
    return wrong == 0


def main():
    command, *arguments = sys.argv[1:]
    if command == "check":
        sys.exit(0 if check(*arguments) else 1)
    name, ready, *arguments = arguments
    take_name(name)
    COMMANDS[command](ready, *arguments)


if __name__ == "__main__":
    main()
