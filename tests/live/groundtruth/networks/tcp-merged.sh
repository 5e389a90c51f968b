# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TCP packets that are cut into segments in front of A's device, merged by the router's, cut again
# in front of its other device, and merged again by B's. The router loses some merged packets.
# shellcheck source=tests/live/groundtruth/tcp.sh
source "$GROUNDTRUTH/tcp.sh"

build_network() {
    make_stream_network 3 97
    offloads a eth0 tso off
    offloads r to-a gro on
    offloads r to-b tso off
    offloads b eth0 gro on
}
