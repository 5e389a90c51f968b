#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lockdown.sh SUITE: where a kernel of Debian is locked down, one sentence says so.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/../live/lib.sh"
# shellcheck source=tests/kernels/package.sh
source "$(dirname "$0")/package.sh"
# shellcheck source=tests/kernels/machine.sh
source "$(dirname "$0")/machine.sh"

kernel=$(kernel_root "$1")
run_machine "$kernel" lockdown=confidentiality pktmon_guest=refused.sh
expect_equal "status of the capture" 0 "$(between status)"
expect_match "what is said" "The kernel is locked down [^.]*: boot with lockdown=integrity, [^.]*[.]" \
    "$(between errors)"
