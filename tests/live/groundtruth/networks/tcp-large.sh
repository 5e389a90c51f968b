# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TCP packets of many segments that are never cut, because all devices on the path take them whole;
# some are lost.
# shellcheck source=tests/live/groundtruth/tcp.sh
source "$GROUNDTRUTH/tcp.sh"

build_network() {
    make_stream_network 1 97
}
