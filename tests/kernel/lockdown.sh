#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lockdown.sh SUITE: if a Debian kernel does not let the capture begin, because it is locked down or
# has no BTF, one sentence says so and what to do.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/../live/lib.sh"
# shellcheck source=tests/kernel/package.sh
source "$(dirname "$0")/package.sh"
# shellcheck source=tests/kernel/machine.sh
source "$(dirname "$0")/machine.sh"

INSTEAD="or capture with --provider pcap[.]"
LOCKED="The kernel is locked down \(mode confidentiality\)[^.]*: boot with lockdown=integrity, $INSTEAD"

# expect_sentence MARKER EXTENDED_REGULAR_EXPRESSION: the output is this sentence only.
expect_sentence() {
    expect_match "what is said ($1)" "^pktmondump: $2\$" "$(between "$1")"
}

kernel=$(kernel_root "$1")
run_machine "$kernel" lockdown=confidentiality pktmon_guest=refused.sh
expect_equal "status of the captures" 0 "$(between status)"
expect_sentence locked "$LOCKED"
expect_sentence locked-filter "$LOCKED"
expect_sentence locked-unseen "$LOCKED"
expect_sentence no-btf "This kernel has no BTF [^:]*: use a kernel built with CONFIG_DEBUG_INFO_BTF, $INSTEAD"
expect_sentence no-sys "/sys is not mounted, [^:]*: mount it \(mount -t sysfs sysfs /sys\), $INSTEAD"
