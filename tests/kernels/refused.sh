#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the machine: tries to capture where the kernel does not let it, as the user of guest.sh, and
# writes what is said to the console.
set -euo pipefail

uid=65534
capabilities=+bpf,+perfmon,+net_admin,+net_broadcast,+sys_admin,+sys_ptrace,+dac_read_search

status=0
# By its path: busybox has another one of this name.
timeout 60 /usr/bin/setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps "$capabilities" \
    --ambient-caps "$capabilities" /pktmon/extcap/pktmondump --capture --provider ebpf \
    --extcap-interface pktmon --fifo /tmp/capture 2>/tmp/errors || status=$?
# A line of its own, behind what the firmware left on the console.
printf '\n<errors>\n%s\n</errors>\n' "$(cat /tmp/errors)"
((status != 0))
