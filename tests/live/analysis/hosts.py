#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What hosts say to each other, for analysis.sh.

    hosts.py serve                       HTTP, names and echo on all addresses, until it is ended
    hosts.py talk ADDRESS [ADDRESS6]     downloads, queries, echoes, pings, fragments, an error
    hosts.py fetch ADDRESS [ADDRESS6]    three downloads of 3 MB and two pings, as in docs/journeys.md
"""

import http.client
import http.server
import selectors
import socket
import subprocess
import sys
import threading

HTTP_PORT, DNS_PORT, ECHO_PORT, CLOSED_PORT = 80, 53, 7, 9
SIZE, FETCHED = 1 << 20, 3_000_000  # bytes of a download
DOWNLOADS, QUERIES, ECHOES, PINGS = 3, 3, 3, 2
LARGE = 4000  # bytes: three fragments on Ethernet
TIMEOUT = 10


def body(size):
    return (bytes(range(256)) * (size // 256 + 1))[:size]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """The path is the size."""
        sent = body(int(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6  # and IPv4

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super(http.server.HTTPServer, self).server_bind()


def answer(query):
    """To a query of one name: its address is 192.0.2.1."""
    record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04" + bytes((192, 0, 2, 1))
    return query[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:] + record


def query(number):
    name = b"".join(bytes((len(word),)) + word for word in (b"host%d" % number, b"example"))
    return (1000 + number).to_bytes(2, "big") + b"\x01\0\0\x01\0\0\0\0\0\0" + name + b"\0\0\x01\0\x01"


def bound(port):
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    made.bind(("::", port))
    return made


def serve():
    threading.Thread(target=Server(("::", HTTP_PORT), Handler).serve_forever, daemon=True).start()
    replies = {bound(DNS_PORT): answer, bound(ECHO_PORT): bytes}
    selector = selectors.DefaultSelector()
    for made in replies:
        selector.register(made, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            data, peer = key.fileobj.recvfrom(65536)
            key.fileobj.sendto(replies[key.fileobj](data), peer)


def connected(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.settimeout(TIMEOUT)
    made.connect((address, port))
    return made


def download(address, size=SIZE):
    connection = http.client.HTTPConnection(address, HTTP_PORT, timeout=TIMEOUT)
    connection.request("GET", f"/{size}")
    assert connection.getresponse().read() == body(size)
    connection.close()


def exchange(address, port, datagrams):
    with connected(address, port) as client:
        for datagram in datagrams:
            client.send(datagram)
            client.recv(65536)


def be_refused(address):
    with connected(address, CLOSED_PORT) as client:
        client.send(b"to nobody")
        try:
            client.recv(1)
        except ConnectionRefusedError:
            return
    raise AssertionError("no error")


def ping(address, *options):
    subprocess.run(["ping", "-q", "-c", str(PINGS), "-i", "0.1", "-W", str(TIMEOUT), *options, address],
                   check=True, stdout=subprocess.DEVNULL)


def talk(addresses):
    for address in addresses:
        for _ in range(DOWNLOADS):
            download(address)
        exchange(address, DNS_PORT, [query(number) for number in range(QUERIES)])
        exchange(address, ECHO_PORT, [b"echo %d" % number for number in range(ECHOES)])
        exchange(address, ECHO_PORT, [bytes(LARGE)])
        ping(address)
        ping(address, "-s", str(LARGE))
        be_refused(address)


def fetch(addresses):
    for address in addresses:
        for _ in range(DOWNLOADS):
            download(address, FETCHED)
        ping(address)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    {"talk": talk, "fetch": fetch}[sys.argv[1]](sys.argv[2:])
