# SPDX-License-Identifier: GPL-2.0-or-later
"""The other end of a capture's output, for tests/live/feed.sh.

receive PORT FILE          takes one connection, and writes its data to FILE
send ADDRESS PORT          like nc: sends its standard input
late ADDRESS PORT SECONDS  the same, with a connection that begins SECONDS later
crowd ADDRESS PORT COUNT   the same, with COUNT connections, one of which is used
stranger ADDRESS PORT OWN_PORT     another connection, for a moment
sync                       hands its standard input over a pair of sockets to a child that prints it
pair ADDRESS PORT COMMAND ...      like sshd without a terminal: COMMAND's standard output is one end
                                   of a pair of sockets
terminal ADDRESS PORT COMMAND ...  like sshd with a terminal
direct ADDRESS PORT COMMAND ...    COMMAND's standard output is the connection itself
"""

import os
import pty
import signal
import socket
import subprocess
import sys
import time

SIZE = 1 << 16


def receive(port, path):
    listener = socket.create_server(("", int(port)))
    with open(path, "wb") as file:
        connection, _ = listener.accept()
        while data := connection.recv(SIZE):
            file.write(data)
            file.flush()


def copy(descriptor, connection):
    try:
        while data := os.read(descriptor, SIZE):
            connection.sendall(data)
    except OSError:  # the other end of the terminal was closed
        pass


def connect(address, port, **options):
    return socket.create_connection((address, int(port)), **options)


def send(address, port):
    copy(0, connect(address, port))


def late(address, port, seconds):
    data = os.read(0, SIZE)
    time.sleep(float(seconds))
    connection = connect(address, port)
    connection.sendall(data)
    copy(0, connection)


def run(command, output):
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child


def crowd(address, port, count):
    connections = [connect(address, port) for _ in range(int(count))]
    copy(0, connections[0])


def stranger(address, port, own_port):
    connect(address, port, source_address=("", int(own_port))).close()


def sync():
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while data := theirs.recv(SIZE):
            os.write(1, data)
        os._exit(0)
    theirs.close()
    os.close(1)
    copy(0, ours)
    ours.close()
    os.wait()


def pair(address, port, *command):
    connection = connect(address, port)
    ours, theirs = socket.socketpair()
    child = run(command, theirs)
    theirs.close()
    copy(ours.fileno(), connection)
    child.wait()


def terminal(address, port, *command):
    connection = connect(address, port)
    ours, theirs = pty.openpty()
    child = run(command, theirs)
    os.close(theirs)
    copy(ours, connection)
    child.wait()


def direct(address, port, *command):
    run(command, connect(address, port)).wait()


if __name__ == "__main__":
    commands = {
        f.__name__: f
        for f in (receive, send, late, crowd, stranger, sync, pair, terminal, direct)
    }
    commands[sys.argv[1]](*sys.argv[2:])
