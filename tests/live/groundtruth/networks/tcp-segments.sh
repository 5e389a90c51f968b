# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TCP packets that the kernel cuts into segments in front of A's device; some segments are lost at
# the router, and B's device merges the others (as veth does only if its peer has no TSO).
# shellcheck source=tests/live/groundtruth/tcp.sh
source "$GROUNDTRUTH/tcp.sh"

build_network() {
    make_stream_network 2 397
    offloads a eth0 tso off
    offloads r to-b tso off
    offloads b eth0 gro on
}
