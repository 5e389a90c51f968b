# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The same, but all devices take the four datagrams as one packet: the receiver's kernel cuts it.
# shellcheck source=tests/live/groundtruth/networks/udp-gso.sh
source "$GROUNDTRUTH/networks/udp-gso.sh"

UDP_SEGMENTATION=on
