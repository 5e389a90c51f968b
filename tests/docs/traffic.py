#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""traffic.py serve PORT | send ADDRESS TCP_PORT UDP_PORT: some connections and datagrams per
second, until it is stopped."""
import socket
import sys
import time

PAUSE = 0.2  # seconds


def serve(port):
    with socket.create_server(("", int(port))) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(connection.recv(64))


def send(address, tcp_port, udp_port):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        datagrams.sendto(b"hello\n", (address, int(udp_port)))
        try:
            with socket.create_connection((address, int(tcp_port)), timeout=1) as connection:
                connection.sendall(b"hello\n")
                connection.recv(64)
        except OSError:
            pass  # the server is not there yet
        time.sleep(PAUSE)


if __name__ == "__main__":
    {"serve": serve, "send": send}[sys.argv[1]](*sys.argv[2:])
