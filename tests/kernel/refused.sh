#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the machine: tries to capture on a kernel that does not allow it, as the user of guest.sh,
# and writes the messages to the console.
set -euo pipefail

# shellcheck source=tests/kernel/guest-lib.sh
source /guest-lib.sh

# refused MARKER [OPTION ...]: the marker gets its own line, after anything that the firmware left
# on the console.
refused() {
    local marker=$1 status=0
    shift
    (exec_with_capabilities timeout 60 /pktmon/extcap/pktmondump --capture \
        --extcap-interface pktmon --fifo /tmp/capture "$@" 2>/tmp/errors) || status=$?
    printf '\n<%s>\n%s\n</%s>\n' "$marker" "$(cat /tmp/errors)" "$marker"
    ((status != 0))
}

refused locked --provider ebpf
refused locked-filter --provider ebpf --extcap-capture-filter icmp
umount /sys/kernel/security
refused locked-unseen --provider ebpf
mount -t tmpfs tmpfs /sys/kernel/btf
refused no-btf --provider ebpf
umount -l /sys
refused no-sys --provider ebpf
