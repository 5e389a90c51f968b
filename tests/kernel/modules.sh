#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks of modules on the kernel of a Debian suite: the capture shows the places and the fate of
# each packet, as networks/NAME.sh has them, and counts what the kernel counts.
#
#   modules.sh SUITE [NETWORK ...]     by default all of networks/ that are not marked as failing
#
#   MODULES_PACKETS  packets of each class, 100 by default
#   MODULES_KEEP     a directory to which captures, truths, logs and the console are copied
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/../live/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/../live/journey.sh"
# shellcheck source=tests/live/groundtruth/judge.sh
source "$(dirname "$0")/../live/groundtruth/judge.sh"
# shellcheck source=tests/kernel/package.sh
source "$(dirname "$0")/package.sh"
# shellcheck source=tests/kernel/machine.sh
source "$(dirname "$0")/machine.sh"

export GROUNDTRUTH_SAMPLE=1 # the fates of all packets
MACHINE_SECONDS=800
MODULES+=(virtio_pci virtio_blk)
PROGRAMS+=(tc nft ethtool nstat wg)
# Two, joined inside qemu.
# shellcheck disable=SC2054 # the commas are of qemu's options
CARDS=(-netdev hubport,id=one,hubid=0 -netdev hubport,id=other,hubid=0
    -device vmxnet3,netdev=one -device vmxnet3,netdev=other)
TEST_PROGRAMS=(tests/live/numbered tests/kernel/datapath)
NETWORKS=$HERE/networks
declare -A RELEASES=([bookworm]=6.1 [trixie]=6.12)
# What these kernels do not let the capture see, as in capture.sh.
declare -A MISSING=([bookworm]="fragments ingress hooks" [trixie]="")

# all_networks RELEASE: the networks without a line "# FAILS: WHY", or "# FAILS on RELEASE: WHY".
all_networks() {
    grep -LE "^# FAILS( on $1)?:" "$NETWORKS"/*.sh | xargs -n 1 basename -s .sh
}

# modules_of NETWORK
modules_of() (
    modules=() late_modules=()
    # shellcheck source=/dev/null
    source "$NETWORKS/$1.sh"
    echo "${modules[@]}" "${late_modules[@]}"
)

# checker_of NETWORK: the script that checks it, if not check.py.
checker_of() (
    checker=''
    # shellcheck source=/dev/null
    source "$NETWORKS/$1.sh"
    echo "$checker"
)

# visible_truth TRUTH: prints it without what the capture cannot see on this kernel. "[WHAT]" marks
# places that are visible only if WHAT is not missing: "[ingress]" is visible only at tc ingress.
visible_truth() {
    local script what
    for what in $missing; do
        script+="/\\[$what\\]/d"$'\n'
    done
    script+='s/ *\[[a-z]*\]$//'
    [[ $missing != *hooks* ]] || script+=$'\n''/\/netfilter [a-z]* In$/d'
    # Packets that a socket took are observed where the kernel frees them.
    [[ $missing != *sockets* ]] || script+=$'\n''s/\/sockets Lower Rx$/\/ipv4 - Rx/; s/^\(class .*\) delivered/\1 consumed/'
    sed "$script" "$1"
}

# compare_counters NETWORK: compares the kernel's numbers with ours.
compare_counters() {
    local network=$1 case counter theirs ours
    python3 -B "$HERE/counters.py" "$outcome/capture" "$NAME-" <"$outcome/counters" >"$SCRATCH/rows"
    while IFS=$'\t' read -r case counter theirs ours; do
        case_row "$case" "$counter" "$theirs" "$ours" "Debian's Linux $kernel_release"
        [[ $theirs == "$ours" ]] || {
            echo "    $case: $counter is $theirs, the capture has $ours"
            bad=$((bad + 1))
        }
    done <"$SCRATCH/rows"
}

# judge_network NETWORK
judge_network() {
    local network=$1 outcome=$SCRATCH/outcomes/$1 NAME=$NAME-$1 checker
    if [[ $(cat "$outcome/status") != 0 ]]; then
        echo "$network did not run: $(cat "$outcome/output")"
        bad=$((bad + 1))
        return
    fi
    # shellcheck disable=SC2046 # two numbers
    python3 -B "$HERE/part.py" "$SCRATCH/outcomes/capture" "$NAME-" $(cat "$outcome/window") \
        "$outcome/capture"
    visible_truth "$outcome/truth" >"$SCRATCH/truth"
    checker=$(checker_of "$network")
    judge "$network" stack no "$outcome/capture" "$SCRATCH/truth"
    compare_counters "$network"
}

keep_outcomes() {
    [[ -n ${MODULES_KEEP:-} ]] || return 0
    mkdir -p "$MODULES_KEEP"
    cp -r "$SCRATCH/outcomes/." "$console" "$MODULES_KEEP"
}

main() {
    local suite=$1 release=${RELEASES[$1]} missing=${MISSING[$1]} network kernel kernel_release
    shift
    # shellcheck disable=SC2046 # lists
    (($# > 0)) || set -- $(all_networks "$release")
    for network in "$@"; do
        # shellcheck disable=SC2207
        ON_DEMAND+=($(modules_of "$network"))
    done
    mapfile -t GUEST_FILES < <(cd "$PROJECT" && printf '%s\n' tests/expect.sh tests/live/journey.sh \
        tests/live/groundtruth/make.sh tests/kernel/networks/*)
    kernel=$(kernel_root "$suite")
    kernel_release=$(kernel_release "$kernel")
    expect_match "release" "^$release\\." "$kernel_release"
    run_machine "$kernel" pktmon_guest=guest-modules.sh pktmon_packets="${MODULES_PACKETS:-100}" \
        pktmon_networks="$(IFS=,; echo "$*")"
    mkdir "$SCRATCH/outcomes"
    tar -x -C "$SCRATCH/outcomes" -f "$results" 2>"$SCRATCH/tar.err" || true
    [[ -e $SCRATCH/outcomes/status ]] || fail "no results: $(tail -n 40 "$console")"
    grep -a ' after [0-9.]* s$' "$console"
    expect_equal "exit status of the capture" 0 "$(cat "$SCRATCH/outcomes/status")"
    expect_empty "standard error of the capture" "$SCRATCH/outcomes/errors"
    print_head
    for network in "$@"; do
        judge_network "$network"
    done
    keep_outcomes
    ((bad == 0)) || fail "$bad networks or counters differ from the truth"
}

main "$@"
